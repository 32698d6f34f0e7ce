"""Chunked transfer coding (RFC 9112 7.1), many chunks at a time."""

import re
from enum import Enum
from itertools import accumulate
from operator import add

SIZES = {form % size: size for size in range(1, 1 << 12) for form in (b"%x", b"%X")}
LINE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\Z")
LINE_MAX = 16 << 10
EOL = b"\r\n"


class Ending(Enum):
    """Why reading stopped: more bytes must come, the last chunk was reached, or no chunk stands here."""

    PARTIAL = 0
    LAST = 1
    BROKEN = 2


class Chunks:
    """The chunks in ``data[pos:]``.

    Attributes:
        pos: where the first unread byte stands; behind the chunk line of the last chunk once that was reached.
        left: bytes of the chunk under way that are still to come.
        lined: the line end of a chunk's data stands before the next chunk line.
        parts: what the chunks hold. starts, wires: where each part begins among them, and in the stream.
    """

    __slots__ = ("_base", "_data", "_total", "left", "lined", "parts", "pos", "starts", "wires")

    def __init__(self, data: bytes, pos: int, base: int, left: int, lined: bool) -> None:
        """`base`: where ``data[0]`` stands in the stream."""
        self.pos = pos
        self.left = left
        self.lined = lined
        self.parts: list[bytes] = []
        self.starts: list[int] = []
        self.wires: list[int] = []
        self._base = base
        self._data = data
        self._total = 0

    def read(self) -> Ending:
        """Read as far as the bytes reach."""
        if self.left:
            self._take(self.pos, self.left)
        first = True
        while not self.left:
            if self.lined and (ending := self._line_end()):
                return ending
            if first:
                self._many()
                first = False
            if ending := self._one():
                return ending
        return Ending.PARTIAL

    def _take(self, start: int, size: int) -> None:
        part = self._data[start : start + size]
        self.parts.append(part)
        self.starts.append(self._total)
        self.wires.append(self._base + start)
        self._total += len(part)
        self.pos = start + len(part)
        self.left = size - len(part)
        self.lined = True

    def _line_end(self) -> Ending | None:
        data, pos = self._data, self.pos
        if data.startswith(EOL, pos):
            self.pos += 2
        elif data.startswith(b"\n", pos):
            self.pos += 1
        else:
            return Ending.PARTIAL if data[pos:] in (b"", b"\r") else Ending.BROKEN
        self.lined = False
        return None

    def _many(self) -> None:
        """All whole chunks from here on, as long as none holds a CRLF and none has an extension: then the bytes are
        chunk line, data, chunk line, data, each up to a CRLF."""
        lines = self._data[self.pos :].split(EOL)
        lines.pop()
        lengths = list(map(len, lines))
        sizes = lengths[1::2]
        said = list(map(SIZES.get, lines[0 : 2 * len(sizes) : 2]))
        count = len(sizes)
        if said != sizes:
            count = next(i for i, (a, b) in enumerate(zip(said, sizes, strict=True)) if a != b)
            sizes = sizes[:count]
        if not count:
            return
        behind = list(accumulate(lengths[: 2 * count]))
        first = self._base + self.pos + len(EOL)
        self.wires += map(add, behind[0::2], range(first, first + 4 * count, 4))
        self.starts += accumulate(sizes[:-1], initial=self._total)
        self.parts += lines[1 : 2 * count : 2]
        self._total += sum(sizes)
        self.pos += behind[-1] + 4 * count

    def _one(self) -> Ending | None:
        """The chunk that begins here."""
        data, pos = self._data, self.pos
        eol = data.find(b"\n", pos)
        line = data[pos : eol if eol >= 0 else None]
        match = LINE.match(line.rstrip(b"\r"))
        if eol < 0:
            possible = len(line) <= LINE_MAX and (match or line in (b"", b"\r"))
            return Ending.PARTIAL if possible else Ending.BROKEN
        if not match:
            return Ending.BROKEN
        size = int(match[1], 16)
        if size:
            self._take(eol + 1, size)
            return None
        self.pos = eol + 1
        return Ending.LAST
