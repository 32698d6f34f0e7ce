"""The bytes of one direction that have come and were not read yet, with the packets that carried them."""

import numpy as np

from ..model.flow import Chunk, Flow, Marks, Side
from ..model.http import Place

NONE = Marks(*(np.zeros(0, np.int64) for _ in range(3)))


class Tape:
    """Unread bytes of a direction.

    ``data[pos:]`` is unread; ``data[0]`` stands at `base` of the stream.
    """

    __slots__ = ("base", "data", "marks", "pos")

    def __init__(self) -> None:
        self.data = b""
        self.base = 0
        self.pos = 0
        self.marks = NONE

    def __len__(self) -> int:
        return len(self.data) - self.pos

    @property
    def offset(self) -> int:
        """Place in the stream of the next unread byte."""
        return self.base + self.pos

    def append(self, chunk: Chunk) -> None:
        """Put `chunk` behind what is unread."""
        if self.pos >= len(self.data):
            self.data, self.base, self.pos, self.marks = chunk.data, chunk.offset, 0, chunk.marks
            return
        keep = self.marks.index(self.offset)
        old, new = self.marks, chunk.marks
        base = chunk.offset - len(self)
        self.marks = Marks(
            np.concatenate((np.maximum(old.starts[keep:], base), new.starts)),
            np.concatenate((old.packets[keep:], new.packets)),
            np.concatenate((old.times[keep:], new.times)),
        )
        self.data = self.data[self.pos :] + chunk.data
        self.base, self.pos = base, 0

    def release(self) -> None:
        """Hold no bytes that were read: the next chunk may be long in coming. Their packets stay known."""
        if self.pos >= len(self.data):
            self.data, self.base, self.pos = b"", self.offset, 0

    def clear(self) -> int:
        """Forget what is unread; answers how many bytes that were."""
        size = len(self)
        self.pos = len(self.data)
        return size

    def rest(self, flow: Flow, side: Side) -> list[Chunk]:
        """What is unread as a chunk (or none), which is then no longer here."""
        if not len(self):
            return []
        chunk = Chunk(flow, side, self.offset, self.data[self.pos :], self.marks)
        self.clear()
        return [chunk]

    def at(self, offset: int) -> tuple[int, int]:
        """Packet and time of the byte at `offset` of the stream."""
        return self.marks.at(offset)

    def place(self, start: int, end: int) -> Place:
        """The place of the bytes [start, end) of the stream."""
        first, t_first = self.at(start)
        last, t_last = self.at(max(end - 1, start))
        return Place(start, end, first, last, t_first, t_last)
