"""Consecutive body bytes, and the way back from each of them to its packet."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..model.flow import Marks

BULK = 12  # from so many stretches on, numpy's overhead pays


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
        if len(self.marks.starts) == 1:
            return 0
        piece = max(bisect_right(self.starts, offset) - 1, 0)
        return self.marks.index(self.wire[piece] + (offset - self.starts[piece] if self.exact else 0))

    def at(self, offset: int) -> tuple[int, int]:
        """Packet and time of ``data[offset]``."""
        segment = self.segment(offset)
        return self.marks.packets[segment], self.marks.times[segment]

    def places(
        self, starts: list[int], ends: list[int], base: int
    ) -> tuple[list[int], list[int], list[int], list[int]]:
        """Packets and times of the first bytes, and of the last bytes, of stretches [start, end) of `data`.

        Args:
            starts, ends: count from `base`.
        """
        if len(starts) > BULK:
            first, last = self._segments(starts, ends, base)
        else:
            first = [self.segment(start - base) for start in starts]
            last = [self.segment(end - base - 1) for end in ends]
        packets, times = self._carried(first)
        if first == last:
            return packets, times, packets[:], times[:]
        return packets, times, *self._carried(last)

    def _carried(self, segments: list[int]) -> tuple[list[int], list[int]]:
        """Packets and times of segments."""
        packets, times = self.marks.packets, self.marks.times
        begin, end = segments[0], segments[-1] + 1
        if end - begin == len(segments) and segments == list(range(begin, end)):
            return packets[begin:end], times[begin:end]
        return list(map(packets.__getitem__, segments)), list(map(times.__getitem__, segments))

    def _segments(self, starts: list[int], ends: list[int], base: int) -> tuple[list[int], list[int]]:
        count = len(starts)
        if len(self.marks.starts) == 1:
            return [0] * count, [0] * count
        wanted = np.array([*starts, *ends], np.int64) - base
        wanted[count:] -= 1
        wire = np.array(self.wire, np.int64)
        if len(self.starts) == 1:
            places = wanted + wire[0] if self.exact else np.repeat(wire, 2 * count)
        else:
            pieces = np.array(self.starts, np.int64)
            piece = np.maximum(pieces.searchsorted(wanted, "right") - 1, 0)
            places = wire[piece] + (wanted - pieces[piece]) if self.exact else wire[piece]
        found = np.array(self.marks.starts, np.int64).searchsorted(places, "right") - 1
        segments: list[int] = np.maximum(found, 0).tolist()
        return segments[:count], segments[count:]

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
