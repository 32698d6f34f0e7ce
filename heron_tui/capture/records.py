"""What a walk over a piece of a capture finds, and how its fields become columns."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..model.packet import Buffer, Ints

SPAN = 32 << 20
"""Bytes of the capture that one walk goes over at most, so that a batch of huge packets stays small."""

SNAPLEN = 262_144
"""The largest packet that libpcap writes (MAXIMUM_SNAPLEN); a longer one in a file is damage."""

LARGEST = 16 << 20
"""The largest packet believed of a file whose own header announces more than SNAPLEN."""

LAST_TIME = 253_402_300_799_999_999
"""9999-12-31T23:59:59.999999Z in microseconds: later packet times are set to it, so that they can be shown."""


@dataclass(slots=True)
class Records:
    """The packets of one walk, as columns that are parallel to each other.

    Attributes:
        pos, caplen, length, time_us, link: as in PacketBatch; `pos` counts in the buffer that was walked.
        next: where the next walk begins; it lies behind the end of the buffer when a long block is to be skipped.
        need: bytes from `next` on without which no further walk gets on; 0 where it stopped for another reason.
        damage: why reading cannot go on behind `next`, if so.
        notes: comments by index of the packet in this walk.
    """

    pos: Ints
    caplen: Ints
    length: Ints
    time_us: Ints
    link: Ints
    next: int
    need: int = 0
    damage: str | None = None
    notes: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pos)


class Walker(Protocol):
    """Reader of one capture format, without any input of its own."""

    format: str
    packets: int  # found so far
    links: set[int]  # link types seen so far

    @property
    def dropped(self) -> int:
        """Packets that the capturing side says it lost."""
        ...

    def walk(self, data: Buffer, start: int, limit: int) -> Records:
        """Find up to `limit` packets in `data` from `start` on. Never raises."""
        ...

    def notes(self) -> list[str]:
        """What a person should know of the records read so far, one line each."""
        ...


def words(data: Buffer, offsets: Ints, count: int) -> NDArray[np.uint32]:
    """`count` little-endian 32-bit words at each of `offsets`, which need no alignment: shape (offsets, count)."""
    width = count * 4
    view = np.ndarray((len(data) - width + 1,), dtype=f"V{width}", buffer=data, strides=(1,))
    return view[offsets].view("<u4").reshape(-1, count)


def empty() -> Ints:
    return np.empty(0, dtype=np.int64)
