"""Chunked transfer coding (RFC 9112 7.1), many chunks at a time."""

import re
from enum import Enum

import numpy as np

from ..model.packet import Ints
from .whole_chunks import whole_chunks

LINE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,16})[ \t]*(?:;[^\n]*)?\Z")
LINE_MAX = 16 << 10
BULK = 1500
"""Bytes from which on looking at all chunks at once pays."""


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

    __slots__ = ("_base", "_begins", "_data", "_parts", "_sizes", "left", "lined", "pos")

    def __init__(self, data: bytes, pos: int, base: int, left: int, lined: bool) -> None:
        """`base`: where ``data[0]`` stands in the stream."""
        self.pos = pos
        self.left = left
        self.lined = lined
        self._parts: list[bytes] = []
        self._begins: list[Ints] = []  # where parts begin in `data`
        self._sizes: list[Ints] = []
        self._base = base
        self._data = data

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

    def data(self) -> bytes:
        """What the chunks hold."""
        return b"".join(self._parts)

    def places(self) -> tuple[Ints, Ints]:
        """Where each part begins in what the chunks hold, and in the stream."""
        sizes = np.concatenate(self._sizes)
        return np.cumsum(sizes) - sizes, np.concatenate(self._begins) + self._base

    def _take(self, start: int, size: int) -> None:
        part = self._data[start : start + size]
        self._parts.append(part)
        self._begins.append(np.array([start]))
        self._sizes.append(np.array([len(part)]))
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

    def _many(self) -> None:
        """All chunks from here on that are whole and plain."""
        if len(self._data) - self.pos < BULK:
            return
        begins, ends = whole_chunks(self._data, self.pos)
        if len(begins):
            self._parts += map(self._data.__getitem__, map(slice, begins.tolist(), ends.tolist()))
            self._begins.append(begins)
            self._sizes.append(ends - begins)
            self.pos = ends.item(-1) + 2

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
