"""The segments of a batch in the order of their flows, and where each follows the one before without a question."""

from dataclasses import dataclass

import numpy as np

from ..model.packet import Ints
from .columns import Bools, Segments
from .dissect import ACK, FIN, RST, SYN
from .limits import Limits

Key = tuple[int, int, int, int, int]
APART = 1 << 32
"""In the last number of a key, beside the ports."""

_MIX = [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F]
_FAR = 1 << 36  # below any place in a stream that a batch can speak of
_SHIFT = 1 << 40  # between the places of one flow and the next


@dataclass(slots=True)
class Groups:
    """Segments sorted by flow, each flow's in the order of capture.

    Attributes:
        rows: the segments' places in their table. way: 0 where the packet comes from the lower endpoint.
        group: number of the flow in this batch; flow `g` holds the places ``[bounds[g], bounds[g + 1])``.
        keys: the two endpoints of each flow.
    """

    rows: Ints
    way: Ints
    group: Ints
    bounds: list[int]
    keys: list[Key]


def group(segments: Segments, apart: Bools | None = None) -> Groups:
    """Sort by flow. Equal hashes of different flows are told apart, so the result is exact.

    Args:
        apart: segments that belong to other flows than those with the same endpoints that are not `apart`.
    """
    high, low, port = segments.source_high, segments.source_low, segments.source_port
    high2, low2, port2 = segments.target_high, segments.target_low, segments.target_port
    way = (high > high2) | ((high == high2) & ((low > low2) | ((low == low2) & (port > port2))))
    key = [
        np.where(way, high2, high),
        np.where(way, low2, low),
        np.where(way, high, high2),
        np.where(way, low, low2),
        np.where(way, (port2 << 16) | port, (port << 16) | port2),
    ]
    if apart is not None:
        key[4] |= apart * APART
    mixed = np.zeros(len(way), np.uint64)
    for column, factor in zip(key, _MIX, strict=True):
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ column.view(np.uint64)) * np.uint64(factor)
    # Two sorts by 16 bits each are radix sorts, and together many times faster than one by 64.
    rows = np.argsort((mixed >> np.uint64(32)).astype(np.uint16), kind="stable")
    rows = rows[np.argsort((mixed >> np.uint64(48)).astype(np.uint16)[rows], kind="stable")]
    starts, keys = _runs(key, rows)
    if len(set(keys)) < len(keys):
        rows = np.lexsort(key)
        starts, keys = _runs(key, rows)
    sizes = np.diff(starts, append=len(rows))
    return Groups(
        rows, way[rows].astype(np.int64), np.repeat(np.arange(len(keys)), sizes), [*starts.tolist(), len(rows)], keys
    )


def _runs(key: list[Ints], rows: Ints) -> tuple[Ints, list[Key]]:
    """Where a new key begins in the sorted rows, and the keys."""
    if not len(rows):
        return np.zeros(0, np.int64), []
    new = np.zeros(len(rows), np.bool_)
    new[0] = True
    for column in key:
        values = column[rows]
        new[1:] |= values[1:] != values[:-1]
    starts = np.flatnonzero(new)
    return starts, list(zip(*(column[rows[starts]].tolist() for column in key), strict=True))


@dataclass(slots=True)
class Carry:
    """What is known of the flows of a batch from before it, by flow and way (two columns, -1 where nothing is).

    Attributes:
        seq: sequence number expected next.
        print_one, print_two, time_us: of the last packet.
    """

    seq: Ints
    print_one: Ints
    print_two: Ints
    time_us: Ints

    @classmethod
    def empty(cls, groups: int) -> "Carry":
        return cls(*(np.full((groups, 2), -1, np.int64) for _ in range(4)))


@dataclass(slots=True)
class Line:
    """The segments in the order of their groups: what reassembly needs of them (see `Segments`).

    Attributes:
        print_one, print_two: what two copies of one packet have in common, exactly.
        time_us, clock: capture time, and the tracker's clock.
    """

    index: Ints
    seq: Ints
    ack: Ints
    flags: Ints
    start: Ints
    have: Ints
    size: Ints
    print_one: Ints
    print_two: Ints
    time_us: Ints
    clock: Ints

    @classmethod
    def up(cls, segments: Segments, rows: Ints, time_us: Ints, clock: Ints) -> "Line":
        """`rows` is the order; `time_us` and `clock` are those of the whole batch."""
        same = (segments.size << 40) | (segments.flags << 32) | (segments.window << 16)
        same |= segments.checksum ^ segments.id
        index = segments.index[rows]
        seq, ack = segments.seq[rows], segments.ack[rows]
        return cls(
            index=index,
            seq=seq,
            ack=ack,
            flags=segments.flags[rows],
            start=segments.start[rows],
            have=segments.have[rows],
            size=segments.size[rows],
            print_one=(seq << 32) | ack,
            print_two=same[rows],
            time_us=time_us[index],
            clock=clock[index],
        )


@dataclass(slots=True)
class Order:
    """Which segments of `Groups` follow smoothly. All columns in the order of the groups.

    Attributes:
        questionable: places, rising, that must be looked at one by one; all between them may be taken in bulk.
        doubled: second copies of the packet before them in their direction.
        last: place of each flow's last packet in this batch, by flow and way; -1 for none.
        reached: by way and place, how far that way's bytes went before this place, counted from the sequence number
            `base` of the flow and way; below zero by far where nothing had come.
    """

    questionable: list[int]
    doubled: Bools
    last: Ints
    reached: Ints
    base: Ints

    def expected(self, group: int, way: int, place: int) -> int | None:
        """The sequence number that would go on smoothly at this place; None before a direction's first packet."""
        reached = self.reached.item(way, place)
        return None if reached <= -_FAR else (self.base.item(group * 2 + way) + reached) & 0xFFFFFFFF


def follow(groups: Groups, line: Line, carry: Carry, limits: Limits) -> Order:
    """Compare each segment with the ones before it in its flow."""
    count, way, flow = len(groups.rows), groups.way, groups.group
    cell = flow * 2 + way
    place = np.arange(count)
    start = np.array(groups.bounds[:-1], np.int64)
    begins = start[flow]

    # Sequence numbers become places relative to what was expected, or to the direction's first packet here.
    base = np.zeros(len(groups.keys) * 2, np.int64)
    base[cell[::-1]] = line.seq[::-1]
    known = carry.seq.ravel() >= 0
    base = np.where(known, carry.seq.ravel(), base)
    begin = np.where(known, 0, -_FAR)
    at = _signed(line.seq - base[cell])
    control = line.flags & (SYN | FIN | RST)
    end = at + line.size + ((control & SYN) >> 1) + (control & FIN)

    reached, before = [], []
    last = np.full((len(groups.keys), 2), -1, np.int64)
    for each in (0, 1):
        mine = way == each
        ends = np.where(mine, end, -_FAR) + flow * _SHIFT
        furthest = np.empty(count, np.int64)
        furthest[:1] = -_FAR
        np.maximum.accumulate(ends[:-1], out=furthest[1:])
        reached.append(np.maximum(furthest - flow * _SHIFT, begin[flow * 2 + each]))
        latest = np.maximum.accumulate(np.where(mine, place, -1))
        final = latest[np.array(groups.bounds[1:], np.int64) - 1]
        last[:, each] = np.where(final >= start, final, -1)
        before.append(np.concatenate(([-1], latest[:-1])))
    own, other = np.where(way == 0, reached, reached[::-1])
    previous = np.where(way == 0, *before)

    acked = _signed(line.ack - base[cell ^ 1])
    ahead = ((line.flags & ACK) > 0) & (other > -_FAR) & (acked > other)
    question = (at != own) | (control > 0) | ahead | (line.have < line.size) | (line.start < 0)
    question[1:] |= (np.diff(line.clock) > limits.idle_us) & (flow[1:] == flow[:-1])

    inside = previous >= begins
    passed = line.time_us - np.where(inside, line.time_us[previous], carry.time_us.ravel()[cell])
    doubled = line.print_one == np.where(inside, line.print_one[previous], carry.print_one.ravel()[cell])
    doubled &= line.print_two == np.where(inside, line.print_two[previous], carry.print_two.ravel()[cell])
    doubled &= np.abs(passed) <= limits.doubled_us
    questionable = np.flatnonzero(question & ~doubled).tolist()
    return Order(questionable, doubled, last, np.array(reached), base)


def _signed(difference: Ints) -> Ints:
    """Differences of sequence numbers, which wrap at 2^32, as signed numbers."""
    return difference.astype(np.uint32).view(np.int32).astype(np.int64)
