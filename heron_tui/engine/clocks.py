"""How far capture time has come where each capture was made: several files need not have watched the same hours."""

from collections.abc import Iterator, Mapping

import numpy as np

from ..model.packet import PacketBatch, PacketColumns


class Clocks(Mapping[int, int]):
    """By file: the time of the latest packet of it, or of a file that was captured at the same place.

    Files that hold packets of one connection were: pieces of a rotated capture, say. What a file does not show behind
    its last packet was not watched, whatever the others go on to show.
    """

    def __init__(self) -> None:
        self._reached: dict[int, int] = {}
        self._same: dict[int, int] = {}
        self._first: dict[int, int] = {}

    def feed(self, batch: PacketBatch, columns: PacketColumns) -> None:
        for file in np.unique(batch.file).tolist():
            latest = int(batch.time_us[batch.file == file].max())
            self._same.setdefault(file, file)
            self._reached[file] = max(self._reached.get(file, latest), latest)
        carried = columns.flow >= 0
        pairs = np.unique(np.stack([columns.flow[carried], batch.file[carried]]), axis=1)
        for flow, file in pairs.T.tolist():
            self._join(file, self._first.setdefault(flow, file))

    def forget(self, flow: int) -> None:
        """A connection, by its ordinal, is over."""
        self._first.pop(flow, None)

    def __getitem__(self, file: int) -> int:
        place = self._same[file]
        return max(time_us for other, time_us in self._reached.items() if self._same[other] == place)

    def __iter__(self) -> Iterator[int]:
        return iter(self._reached)

    def __len__(self) -> int:
        return len(self._reached)

    def _join(self, one: int, other: int) -> None:
        old, new = self._same[one], self._same[other]
        if old != new:
            self._same = {file: new if place == old else place for file, place in self._same.items()}
