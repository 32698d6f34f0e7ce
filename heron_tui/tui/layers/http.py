"""What of HTTP/1 stands in plain text at the beginning of a segment: start line, headers, and then body."""

import re

from ...core.redact import SECRET_HEADERS, SECRET_NAME, SECRET_QUERY
from .field import Field

START = re.compile(rb"(?:[A-Z]{3,10} \S+ HTTP/1\.[01]|HTTP/1\.[01] \d{3}[^\r\n]*)\r?\n")
LINE = re.compile(rb"([^\r\n]*)(\r?\n|$)")
NAMED_SECRET = re.compile(rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]+)", re.M)


def is_secret(name: str) -> bool:
    """Whether a header's value must not be shown."""
    name = name.lower()
    return name in SECRET_HEADERS or SECRET_NAME.search(name) is not None


def secrets(data: bytes, start: int) -> list[tuple[int, int]]:
    """Ranges of `data` from `start` on that hold values of secret headers, or secrets in a request target.

    A head may begin in an earlier segment, so any line that looks like a secret header counts.
    """
    found = [
        (start + line.start(2), start + line.end(2))
        for line in NAMED_SECRET.finditer(data[start:])
        if is_secret(line[1].decode("ascii", "replace"))
    ]
    if first := START.match(data, start):
        target = first[0].decode("latin-1")
        found += [(start + m.start(2), start + m.end(2)) for m in SECRET_QUERY.finditer(target.split(" HTTP/")[0])]
    return found


def head(data: bytes, start: int) -> Field | None:
    """The HTTP layer of a segment that begins with a start line."""
    first = START.match(data, start)
    if first is None:
        return None
    line = first[0].strip().decode("latin-1")
    layer = Field("HTTP", line, start, first.end(), open=True)
    at = first.end()
    while at < len(data):
        found = LINE.match(data, at)
        if found is None or not found[1]:
            at = found.end() if found else at
            break
        name, _, value = found[1].decode("latin-1").partition(":")
        child = layer.add(name, value.strip(), at, found.end(1))
        child.secret = is_secret(name)
        at = found.end()
    layer.end = at
    if at < len(data):
        layer.add("body", f"{len(data) - at:,} bytes here", at, len(data))
    return layer
