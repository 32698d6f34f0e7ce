"""What a connection speaks, by its first bytes; and where the next HTTP/1 message begins."""

import re
from enum import Enum

from .head import STATUS_LINE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
METHODS = (
    b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE",
    b"PROPFIND", b"PROPPATCH", b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"REPORT", b"SEARCH", b"QUERY",
)  # fmt: skip
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
REQUEST_BEGINS = re.compile(
    TOKEN + rb"{1,40}(?:[ \t]+(?:\S+(?:[ \t]+(?:H(?:T(?:T(?:P(?:/(?:1(?:\.(?:\d[ \t]*\r?)?)?)?)?)?)?)?)?)?)?)?\Z"
)
REQUEST_LINE = re.compile(TOKEN + rb"{1,40}[ \t]+\S+[ \t]+HTTP/1\.\d[ \t]*\r?\Z")
STATUS_BEGINS = b"HTTP/1."
METHOD_BEFORE = re.compile(rb"(?:" + b"|".join(METHODS) + rb")\Z")
VERSION_AFTER = re.compile(rb" HTTP/1\.[01]\r?\n(?:" + TOKEN + rb"{1,200}:|\r?\n)")
STATUS_AFTER = re.compile(rb"HTTP/1\.[01] [1-5]\d\d[^\r\n]{0,200}\r?\n(?:" + TOKEN + rb"{1,200}:|\r?\n)")
REQUEST_TAIL = 8 << 10
STATUS_TAIL = 512


class Kind(Enum):
    """What a direction begins with. PARTIAL: too few bytes to tell."""

    PARTIAL = 0
    REQUEST = 1
    STATUS = 2
    HTTP2 = 3
    HTTP2_SERVER = 4
    WEBSOCKET = 5
    WEBSOCKET_SERVER = 6
    TLS = 7
    OTHER = 8


def sniff(data: bytes) -> Kind:
    """What the first bytes of a direction are."""
    if data[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and data[1:2] in (b"", b"\x03"):
        return Kind.TLS if len(data) > 2 else Kind.PARTIAL
    if data[:1] == b"\0":
        return _settings(data)
    data = data.lstrip(b"\r\n")
    if PREFACE.startswith(data[: len(PREFACE)]):
        return Kind.HTTP2 if len(data) >= len(PREFACE) else Kind.PARTIAL
    if begins_status(data):
        return Kind.STATUS if len(data) > len(STATUS_BEGINS) else Kind.PARTIAL
    if not begins_request(data):
        return Kind.OTHER
    method, space, _ = data.partition(b" ")
    return Kind.REQUEST if b"\n" in data or (space and method in METHODS) else Kind.PARTIAL


def _settings(data: bytes) -> Kind:
    """An HTTP/2 server begins with a settings frame (RFC 9113 3.4)."""
    if len(data) < 9:
        return Kind.PARTIAL
    size = int.from_bytes(data[:3])
    is_settings = data[3] == 4 and data[4] == 0 and data[5:9] == bytes(4) and size % 6 == 0 and size < 120
    return Kind.HTTP2_SERVER if is_settings else Kind.OTHER


def begins_request(data: bytes, pos: int = 0) -> bool:
    """Whether a request may begin at `pos`, as far as its bytes are there."""
    eol = data.find(b"\n", pos)
    if eol < 0:
        return REQUEST_BEGINS.match(data, pos) is not None
    return REQUEST_LINE.match(data[pos:eol]) is not None


def begins_status(data: bytes, pos: int = 0) -> bool:
    """Whether a response may begin at `pos`, as far as its bytes are there."""
    begin = data[pos : pos + len(STATUS_BEGINS)]
    eol = data.find(b"\n", pos)
    if eol < 0:
        return STATUS_BEGINS.startswith(begin)
    return STATUS_LINE.match(data[pos:eol].rstrip(b"\r")) is not None


def find_request(data: bytes, pos: int) -> tuple[int | None, int]:
    """Where the next request begins at or behind `pos`, or None; and from where on `data` is needed to look further.

    Only a known method is believed, with a header line or a blank one behind the request line: bodies that talk of
    requests hold them in JSON strings, where no line ends.
    """
    at = pos
    while (at := data.find(b" HTTP/1.", at)) >= 0:
        space = data.rfind(b" ", max(pos, at - REQUEST_TAIL), at)
        target = data[space + 1 : at]
        if (
            space > pos
            and target.isascii()
            and not target[:1].isspace()
            and b"\n" not in target
            and b"\r" not in target
        ):
            method = METHOD_BEFORE.search(data[max(pos, space - 10) : space])
            start = space - len(method[0]) if method else 0
            if method and VERSION_AFTER.match(data, at):
                return start, start
            if method and len(data) - at < STATUS_TAIL and b"\n" not in data[at + 11 :]:
                return None, start
        at += 1
    return None, max(pos, len(data) - REQUEST_TAIL)


def find_status(data: bytes, pos: int) -> tuple[int | None, int]:
    """Where the next response begins at or behind `pos`, like `find_request`."""
    found = STATUS_AFTER.search(data, pos)
    return (found.start() if found else None), max(pos, len(data) - STATUS_TAIL)
