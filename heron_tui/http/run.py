"""Consecutive body bytes, and the way back from each of them to its packet."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..model.flow import Marks
from ..model.packet import Ints

HEAD: Ints = np.zeros(1, np.int64)
"""`Run.starts` of a single piece."""


@dataclass(slots=True)
class Run:
    """Bytes of a body that came together, without what framed them.

    Attributes:
        data: the bytes.
        starts: where its pieces begin in `data`; a piece is what one chunk, frame or segment carried.
        wire: where in the direction's stream the first byte of each piece stood.
        marks: absolute offsets in the stream -> packet, time.
        exact: pieces stand on the wire byte for byte. False for decompressed bytes, which are all ascribed to the place
            in `wire` of their piece.
    """

    data: bytes
    starts: Ints
    wire: Ints
    marks: Marks
    exact: bool = True

    @property
    def end(self) -> int:
        """Offset in the stream behind the last byte."""
        return self.wire.item(-1) + (len(self.data) - self.starts.item(-1) if self.exact else 1)

    @property
    def last(self) -> tuple[int, int]:
        """Packet and time of the last byte."""
        return self.marks.at(self.end - 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Packet and time of ``data[offset]``."""
        piece = max(int(self.starts.searchsorted(offset, "right")) - 1, 0) if len(self.starts) > 1 else 0
        return self.marks.at(self.wire.item(piece) + (offset - self.starts.item(piece) if self.exact else 0))

    def places(self, starts: Ints, ends: Ints, base: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Packets and times of the first bytes, and of the last bytes, of stretches [start, end) of `data`.

        Args:
            starts, ends: count from `base`.
        """
        count = len(starts)
        offsets = np.concatenate((starts, ends - 1)) - base
        piece = np.maximum(self.starts.searchsorted(offsets, "right") - 1, 0)
        wire = offsets + (self.wire - self.starts)[piece] if self.exact else self.wire[piece]
        segments = np.maximum(self.marks.starts.searchsorted(wire, "right") - 1, 0)
        packets, times = self.marks.packets[segments], self.marks.times[segments]
        return packets[:count], times[:count], packets[count:], times[count:]

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """The bytes cut where a piece or a segment begins: (place in the stream, bytes)."""
        marks = self.marks.starts.tolist()
        starts = self.starts.tolist()
        for start, end, wire in zip(starts, [*starts[1:], len(self.data)], self.wire.tolist(), strict=True):
            segment = bisect_right(marks, wire)
            while start < end:
                stop = end
                if segment < len(marks):
                    stop = min(end, start + marks[segment] - wire)
                yield wire, self.data[start:stop]
                wire += stop - start
                start = stop
                segment += 1
