"""The interfaces that a pcapng file describes: link type, clock and byte order, as tables for whole batches."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..model.packet import Ints
from .records import LAST_TIME

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Interface:
    """One Interface Description Block.

    Attributes:
        link: LINKTYPE_* number.
        snaplen: bytes kept of each packet, 0 for all.
        units: clock units in a second (if_tsresol).
        offset: seconds to add to each time (if_tsoffset).
        big: its section is big-endian.
    """

    link: int
    snaplen: int
    units: int = MICROSECONDS
    offset: int = 0
    big: bool = False

    def time_us(self, ticks: int) -> int:
        return min(max(ticks * MICROSECONDS // self.units + self.offset * MICROSECONDS, 0), LAST_TIME)

    @property
    def scale(self) -> tuple[int, int] | None:
        """Divisor and factor that make microseconds of 64-bit ticks; None where it takes more than one of them."""
        if self.units % MICROSECONDS == 0 and self.units < 1 << 63:
            return self.units // MICROSECONDS, 1
        if MICROSECONDS % self.units == 0:
            return 1, MICROSECONDS // self.units
        return None


class Interfaces:
    """All interfaces of a file, over all its sections, in the order of their blocks."""

    def __init__(self) -> None:
        self._all: list[Interface] = []
        self._columns: tuple[Ints, NDArray[np.bool_], NDArray[np.uint64], NDArray[np.uint64], Ints, Ints] | None = None

    def __len__(self) -> int:
        return len(self._all)

    def __getitem__(self, index: int) -> Interface:
        return self._all[index]

    def add(self, interface: Interface) -> None:
        self._all.append(interface)
        self._columns = None

    def links(self, owner: Ints) -> Ints:
        return self._table()[0][owner]

    def big(self, owner: Ints) -> NDArray[np.bool_]:
        """Which of the packets with these owners lie in a big-endian section."""
        return self._table()[1][owner]

    def times(self, owner: Ints, ticks: NDArray[np.uint64]) -> Ints:
        """Microseconds since the epoch, held between 1970 and 9999."""
        _, _, divisors, factors, offsets, unusual = self._table()
        factor = factors[owner]
        scaled = np.minimum(ticks // divisors[owner], np.uint64(LAST_TIME) // factor) * factor
        times: Ints = np.clip(scaled.astype(np.int64) + offsets[owner], 0, LAST_TIME)
        if len(unusual):
            for row in np.flatnonzero(np.isin(owner, unusual)).tolist():
                times[row] = self._all[owner[row]].time_us(int(ticks[row]))
        return times

    def _table(self) -> tuple[Ints, NDArray[np.bool_], NDArray[np.uint64], NDArray[np.uint64], Ints, Ints]:
        if self._columns is None:
            scales = [interface.scale for interface in self._all]
            furthest = LAST_TIME // MICROSECONDS
            self._columns = (
                np.array([interface.link for interface in self._all], dtype=np.int64),
                np.array([interface.big for interface in self._all], dtype=np.bool_),
                np.array([scale[0] if scale else 1 for scale in scales], dtype=np.uint64),
                np.array([scale[1] if scale else 1 for scale in scales], dtype=np.uint64),
                np.array(
                    [min(max(interface.offset, -furthest), furthest) * MICROSECONDS for interface in self._all],
                    dtype=np.int64,
                ),
                np.array([index for index, scale in enumerate(scales) if scale is None], dtype=np.int64),
            )
        return self._columns
