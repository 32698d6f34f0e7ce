"""Server-sent events as the WHATWG has them (HTML, 9.2.6 "Interpreting an event stream")."""

import re
from dataclasses import dataclass, field
from itertools import accumulate

BOM = b"\xef\xbb\xbf"
LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)")
# A CR at the very end is no line end yet: an LF may still come.
BLANK = re.compile(rb"(?:\r\n|\n|\r(?=[^\n]))(?:\r\n|\n|\r(?=[^\n]))")
PLAIN = re.compile(rb"(?:event: ([^\n]+)\n)?data: ([^\n]*)\n\n")
FIELD = len(b"data: " + b"\n\n")  # as long as b"event: " + b"\n"


@dataclass(slots=True)
class Found:
    """Events in order, as parallel lists; bytes [start, end) of each in the decoded body."""

    names: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.data)


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
        window = self._tail + data
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

    def close(self) -> Found:
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
    """The events of `text` if all of them are a data line with at most an event line before it, as every API known here
    writes them; None otherwise. `offset` is where `text` begins in the body."""
    if b"\r" in text:
        return None
    pairs = PLAIN.findall(text)
    if not pairs:
        return None
    names, data = map(list, zip(*pairs, strict=True))
    sizes = [FIELD + len(item) for item in data]
    if any(names):
        sizes = [size + FIELD + len(name) if name else size for size, name in zip(sizes, names, strict=True)]
    ends = list(accumulate(sizes, initial=offset))
    if ends[-1] != offset + len(text):
        return None
    known = {name: name.decode("utf-8", "replace") for name in set(names)}
    return Found([known[name] for name in names], data, ends[:-1], ends[1:])


def exact(text: bytes, offset: int) -> tuple[Found, int]:
    """The events of `text`, line by line as the standard has it, and where in `text` the first unfinished one begins.

    A CR at the end of `text` counts as a line end.
    """
    found = Found()
    start = end = 0
    name = b""
    data: list[bytes] = []
    for match in LINE.finditer(text):
        line = match[1]
        end = match.end()
        if not line:
            if data:
                found.names.append(name.decode("utf-8", "replace"))
                found.data.append(b"\n".join(data))
                found.starts.append(offset + start)
                found.ends.append(offset + end)
            name, data, start = b"", [], end
            continue
        key, _, value = line.partition(b":")
        if key == b"data":
            data.append(value.removeprefix(b" "))
        elif key == b"event":
            name = value.removeprefix(b" ")
    return found, start
