"""Message heads of HTTP/1: the start line, the header lines, and what they say about the body (RFC 9112)."""

import re
from dataclasses import dataclass
from typing import Literal

from ..model.headers import Headers, header, header_values
from ..model.http import Place

REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,40})[ \t]+(\S+)[ \t]+HTTP/(1\.\d)[ \t]*\Z")
STATUS_LINE = re.compile(rb"HTTP/(1\.\d)[ \t]+([1-9]\d\d)(?:[ \t]+(.*))?\Z", re.S)
HEAD_END = re.compile(rb"\n\r?\n")
"""A head's last line end, and the blank line; a CR before it is stripped with the line."""
BLANKS = " \t\r"
FOLD = re.compile(rb"[ \t]*\r?\n[ \t]+")


@dataclass(frozen=True, slots=True)
class RequestHead:
    method: str
    target: str
    headers: Headers
    place: Place


@dataclass(frozen=True, slots=True)
class StatusHead:
    status: int
    reason: str
    headers: Headers
    place: Place


@dataclass(frozen=True, slots=True)
class Framing:
    """How long a body is: `size` bytes, chunks, or all until the connection closes.

    kind `broken`: the head contradicts itself, and where the body ends cannot be known.
    """

    kind: Literal["none", "sized", "chunked", "close", "broken"]
    size: int = 0


def parse_request(data: bytes, place: Place) -> RequestHead | None:
    """The head of a request from its bytes (start line to the last header line), or None if it is none."""
    line, _, rest = data.partition(b"\n")
    match = REQUEST_LINE.match(line.rstrip(b"\r"))
    return RequestHead(text(match[1]), text(match[2]), parse_headers(rest), place) if match else None


def parse_status(data: bytes, place: Place) -> StatusHead | None:
    """The head of a response, or None if it is none."""
    line, _, rest = data.partition(b"\n")
    match = STATUS_LINE.match(line.rstrip(b"\r"))
    return StatusHead(int(match[2]), text((match[3] or b"").strip()), parse_headers(rest), place) if match else None


def parse_headers(data: bytes) -> Headers:
    """Header lines. Continuation lines are joined by one space (obs-fold, RFC 9112 5.2); lines without colon are left
    out."""
    if b"\n " in data or b"\n\t" in data:
        data = FOLD.sub(b" ", data)
    lines = data.decode().split("\n") if data.isascii() else map(text, data.split(b"\n"))
    found = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            found.append((name.strip(BLANKS), value.strip(BLANKS)))
    return tuple(found)


def text(raw: bytes) -> str:
    """Header text: UTF-8 where it is, else Latin-1 (RFC 9110 5.5 allows any byte)."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def tokens(headers: Headers, name: str) -> list[str]:
    """All elements of a list-valued header, in lower case, without parameters; `name` in lower case."""
    values = header_values(headers).get(name)
    if values is None:
        return []
    found = [part.partition(";")[0].strip().lower() for value in values for part in value.split(",")]
    return [part for part in found if part]


def request_framing(head: RequestHead) -> Framing:
    """RFC 9112 6.3 for requests: a body only where the head announces one."""
    return _framing(head.headers, Framing("none"), Framing("broken"))


def response_framing(head: StatusHead, method: str) -> Framing:
    """RFC 9112 6.3 for a response to a request with `method`."""
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return Framing("none")
    if method == "CONNECT" and head.status < 300:
        return Framing("none")
    return _framing(head.headers, Framing("close"), Framing("close"))


def _framing(headers: Headers, default: Framing, unchunked: Framing) -> Framing:
    if codings := tokens(headers, "transfer-encoding"):
        return Framing("chunked") if codings[-1] == "chunked" else unchunked
    lengths = set(tokens(headers, "content-length"))
    if not lengths:
        return default
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()) or len(length) > 18:
        return Framing("broken")
    return Framing("sized", int(length))


def codings(headers: Headers) -> list[str]:
    """What was done to the content before it was framed, in the order in which it was done."""
    transfer = [coding for coding in tokens(headers, "transfer-encoding") if coding != "chunked"]
    return [coding for coding in (*tokens(headers, "content-encoding"), *transfer) if coding != "identity"]


def content_encoding(headers: Headers) -> str | None:
    """The Content-Encoding as on the wire; None for identity."""
    if not set(tokens(headers, "content-encoding")) - {"identity"}:
        return None
    return ", ".join(header_values(headers)["content-encoding"])


def upgrade(headers: Headers) -> str | None:
    """The protocol that a message wants to go on with: `websocket`, `h2c`, or another word."""
    if "upgrade" not in tokens(headers, "connection"):
        return None
    wanted = tokens(headers, "upgrade")
    return wanted[0] if wanted else None


def media_type(headers: Headers) -> str:
    """The Content-Type without parameters, in lower case; "" where it is missing."""
    return (header(headers, "content-type") or "").partition(";")[0].strip().lower()
