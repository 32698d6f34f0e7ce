"""Server-sent events as the WHATWG has them (HTML, 9.2.6 "Interpreting an event stream")."""

import re

import numpy as np

from .events import Found

BOM = b"\xef\xbb\xbf"
LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)")
# A CR at the very end is no line end yet: an LF may still come.
BLANK = re.compile(rb"(?:\r\n|\n|\r(?=[^\n]))(?:\r\n|\n|\r(?=[^\n]))")
EVENT, DATA = b"event: ", b"data: "
# Begun at a line's beginning only: a line is then looked at once, whatever it holds.
NAMED = re.compile(rb"^event: (.*)\ndata: (.*)\n\n", re.M)
UNNAMED = re.compile(rb"^data: (.*)\n\n", re.M)


class Sse:
    """Splits an event stream, however its bytes are cut.

    An event ends with a blank line; what stands behind the last one is never told (`unfinished` says how many bytes).
    Its first byte is the one behind the blank line before it. After a gap everything up to the next blank line is left
    out, because it may be the rest of an event whose beginning is lost.

    Attributes:
        start: offset in the body of the first byte of the event under way.
        overflows: events that grew beyond the limit and were left out.
    """

    kind = "sse"

    def __init__(self, limit: int) -> None:
        self.start = 0
        self.overflows = 0
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self._tail = b""
        self._skipping = False
        self._bom = True

    @property
    def unfinished(self) -> int:
        return self._held

    def feed(self, data: bytes) -> Found:
        """The events that the next bytes of the body complete."""
        if self._bom and not (data := self._without_bom(data)):
            return Found()
        if self._skipping and not (data := self._skip(data)):
            return Found()
        if not self._held:
            text = data.lstrip(b"\r\n")
            self.start += len(data) - len(text)
            data = text
        window = self._tail + data if self._tail else data
        cut = _last_boundary(window)
        if cut is None:
            self._hold(data)
            return Found()
        text = b"".join((*self._parts, data)) if self._parts else data
        cut += len(text) - len(window)
        block, start = text[:cut], self.start
        self._restart(start + cut, text[cut:])
        return plain(block, start) or exact(block, start)[0]

    def gap(self) -> None:
        """Bytes are missing here."""
        self._restart(self.start + self._held, b"")
        self._skipping = True
        self._bom = False

    def close(self, _whole: bool) -> Found:
        """The body is over: a CR at its end was a line end after all."""
        text = b"".join(self._parts)
        found, rest = exact(text, self.start) if text.endswith(b"\r") and not self._skipping else (Found(), 0)
        if found:
            self._restart(self.start + rest, text[rest:])
        return found

    def _restart(self, start: int, rest: bytes) -> None:
        """An event may begin at `start`; blank lines before it belong to none."""
        text = rest.lstrip(b"\r\n")
        self.start = start + len(rest) - len(text)
        self._parts = []
        self._held = 0
        self._tail = b""
        self._hold(text)

    def _hold(self, data: bytes) -> None:
        if not data:
            return
        self._parts.append(data)
        self._held += len(data)
        self._tail = (self._tail + data[-3:])[-3:]
        if self._held > self._limit:
            self.overflows += 1
            self.gap()

    def _without_bom(self, data: bytes) -> bytes:
        text = b"".join((*self._parts, data))
        if len(text) < len(BOM) and BOM.startswith(text):
            self._parts, self._held = [text], len(text)
            return b""
        self._parts, self._held, self._bom = [], 0, False
        if text.startswith(BOM):
            self.start += len(BOM)
            return text[len(BOM) :]
        return text

    def _skip(self, data: bytes) -> bytes:
        text = self._tail + data
        blank = BLANK.search(text)
        if blank is None:
            self.start += len(data)
            self._tail = text[-3:]
            return b""
        self._skipping = False
        self.start += blank.end() - len(self._tail)
        self._tail = b""
        return text[blank.end() :]


def _last_boundary(text: bytes) -> int | None:
    """Where the last blank line in `text` ends."""
    if b"\r" not in text:
        at = text.rfind(b"\n\n")
        return None if at < 0 else at + 2
    ends = [blank.end() for blank in BLANK.finditer(text)]
    return ends[-1] if ends else None


def plain(text: bytes, offset: int) -> Found | None:
    """The events of `text` if all of them are a data line, or all an event line and a data line, as the APIs known here
    write them; None otherwise. `offset` is where `text` begins in the body; it ends with a blank line.

    Cutting out all that looks like such an event must leave nothing over.
    """
    if b"\r" in text:
        return None
    heads: list[bytes] = []
    if text.startswith(EVENT):
        parts = NAMED.split(text)
        rest, heads, data = parts[::3], parts[1::3], parts[2::3]
    elif text.startswith(DATA):
        parts = UNNAMED.split(text)
        rest, data = parts[::2], parts[1::2]
    else:
        return None
    if any(rest):
        return None
    count = len(data)
    sizes = np.fromiter(map(len, data), np.int64, count) + len(b"data: \n\n")
    names = [""] * count
    if heads:
        sizes += np.fromiter(map(len, heads), np.int64, count) + len(b"event: \n")
        known = {head: head.decode("utf-8", "replace") for head in set(heads)}
        names = list(map(known.__getitem__, heads))
    borders = np.empty(count + 1, np.int64)
    borders[0] = offset
    np.add(sizes.cumsum(), offset, out=borders[1:])
    return Found(names, data, borders[:-1], borders[1:])


def exact(text: bytes, offset: int) -> tuple[Found, int]:
    """The events of `text`, line by line as the standard has it, and where in `text` the first unfinished one begins.

    A CR at the end of `text` counts as a line end.
    """
    names: list[str] = []
    told: list[bytes] = []
    places: list[tuple[int, int]] = []
    start = end = 0
    name = b""
    data: list[bytes] = []
    for match in LINE.finditer(text):
        line = match[1]
        end = match.end()
        if not line:
            if data:
                names.append(name.decode("utf-8", "replace"))
                told.append(b"\n".join(data))
                places.append((offset + start, offset + end))
            name, data, start = b"", [], end
            continue
        key, _, value = line.partition(b":")
        if key == b"data":
            data.append(value.removeprefix(b" "))
        elif key == b"event":
            name = value.removeprefix(b" ")
    starts, ends = np.array(places, np.int64).reshape(-1, 2).T
    return Found(names, told, starts, ends), start
