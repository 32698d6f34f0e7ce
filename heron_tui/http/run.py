"""Consecutive body bytes, and the way back from each of them to its packet."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..model.flow import Marks

BULK = 24  # from so many offsets on, numpy's overhead pays


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
    starts: list[int]
    wire: list[int]
    marks: Marks
    exact: bool = True

    @property
    def end(self) -> int:
        """Offset in the stream behind the last byte."""
        return self.wire[-1] + (len(self.data) - self.starts[-1] if self.exact else 1)

    def segment(self, offset: int) -> int:
        """Index in `marks` of the segment that carried ``data[offset]``."""
        piece = max(bisect_right(self.starts, offset) - 1, 0)
        return self.marks.index(self.wire[piece] + (offset - self.starts[piece] if self.exact else 0))

    def at(self, offset: int) -> tuple[int, int]:
        """Packet and time of ``data[offset]``."""
        segment = self.segment(offset)
        return self.marks.packets[segment], self.marks.times[segment]

    def places(self, offsets: list[int]) -> tuple[list[int], list[int]]:
        """Packets and times of many bytes of `data`."""
        segments = self._segments(offsets) if len(offsets) > BULK else list(map(self.segment, offsets))
        packets, times = self.marks.packets, self.marks.times
        return list(map(packets.__getitem__, segments)), list(map(times.__getitem__, segments))

    def _segments(self, offsets: list[int]) -> list[int]:
        if len(self.marks.starts) == 1:
            return [0] * len(offsets)
        wanted = np.array(offsets, np.int64)
        wire = np.array(self.wire, np.int64)
        if len(self.starts) == 1:
            places = wanted + wire[0] if self.exact else np.repeat(wire, len(offsets))
        else:
            starts = np.array(self.starts, np.int64)
            piece = np.maximum(starts.searchsorted(wanted, "right") - 1, 0)
            places = wire[piece] + (wanted - starts[piece]) if self.exact else wire[piece]
        found = np.array(self.marks.starts, np.int64).searchsorted(places, "right") - 1
        segments: list[int] = np.maximum(found, 0).tolist()
        return segments

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """The bytes cut where a piece or a segment begins: (place in the stream, bytes)."""
        marks = self.marks.starts
        ends = [*self.starts[1:], len(self.data)]
        for start, end, wire in zip(self.starts, ends, self.wire, strict=True):
            segment = bisect_right(marks, wire)
            while start < end:
                stop = end
                if segment < len(marks):
                    stop = min(end, start + marks[segment] - wire)
                yield wire, self.data[start:stop]
                wire += stop - start
                start = stop
                segment += 1
