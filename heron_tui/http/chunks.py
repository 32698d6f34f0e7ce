"""Chunked transfer coding (RFC 9112 7.1), many chunks at a time."""

import re
from enum import Enum

import numpy as np

from ..model.packet import Ints
from .whole_chunks import whole_chunks

LINE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\Z")
LINE_MAX = 16 << 10
BULK = 1500
"""Bytes from which on looking at many chunks at once pays."""
SPAN = 64 << 10
"""Bytes looked at at once, so that little is looked at in vain where the body ends soon."""


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
    """

    __slots__ = ("_base", "_begins", "_data", "_look", "_parts", "left", "lined", "pos")

    def __init__(self, data: bytes, pos: int, base: int, left: int, lined: bool) -> None:
        """`base`: where ``data[0]`` stands in the stream."""
        self.pos = pos
        self.left = left
        self.lined = lined
        self._parts: list[bytes] = []
        self._begins: list[Ints] = []  # where parts begin in `data`
        self._look = 0  # from where on many are looked for at once
        self._base = base
        self._data = data

    def read(self) -> Ending:
        """Read as far as the bytes reach."""
        if self.left:
            self._take(self.pos, self.left)
        while not self.left:
            if self.lined and (ending := self._line_end()):
                return ending
            while self.pos >= self._look and self._many():
                pass
            if ending := self._one():
                return ending
        return Ending.PARTIAL

    def data(self) -> bytes:
        """What the chunks hold."""
        return b"".join(self._parts)

    def places(self) -> tuple[Ints, Ints]:
        """Where each part begins in what the chunks hold, and in the stream."""
        sizes = np.fromiter(map(len, self._parts), np.int64, len(self._parts))
        return sizes.cumsum() - sizes, np.concatenate(self._begins) + self._base

    def _take(self, start: int, size: int) -> None:
        part = self._data[start : start + size]
        self._parts.append(part)
        self._begins.append(np.array([start]))
        self.pos = start + len(part)
        self.left = size - len(part)
        self.lined = True

    def _line_end(self) -> Ending | None:
        data, pos = self._data, self.pos
        if data.startswith(b"\r\n", pos):
            self.pos += 2
        elif data.startswith(b"\n", pos):
            self.pos += 1
        else:
            return Ending.PARTIAL if data[pos:] in (b"", b"\r") else Ending.BROKEN
        self.lined = False
        return None

    def _many(self) -> bool:
        """All chunks from here on that are whole and plain, as far as it looks at once; False where there is none."""
        if len(self._data) - self.pos < BULK:
            return False
        self._look = self.pos + SPAN // 4  # so that it costs little where it finds little
        parts, begins = whole_chunks(self._data[self.pos : self.pos + SPAN])
        if not parts:
            return False
        self._parts += parts
        self._begins.append(begins + self.pos)
        self.pos += begins.item(-1) + len(parts[-1]) + 2
        return True

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
