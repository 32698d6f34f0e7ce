"""The bytes of a connection in the order of its two streams: by sequence numbers, each byte where it was first read."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from ...model.packet_kind import Kind
from ...store.reader import Reader
from ..evidence.carried import segments

HALF, WHOLE = 1 << 31, 1 << 32
MOST_READ = 256 << 20
"""Bytes of a connection that are read to put it in order."""
GIVEN = frozenset({Kind.DATA, Kind.OUT_OF_ORDER, Kind.SYN, Kind.FIN})
"""Kinds of packets with payload that are part of a stream, as far as it is new."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one packet's payload, from `skip` on, and where they stand in the stream of their side.

    Attributes:
        turn: the packet with which they could be read: those before them were there by then.
    """

    number: int
    side: int
    skip: int
    size: int
    t_us: int
    offset: int
    turn: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say between pieces: bytes that are missing, or came again."""

    words: str
    number: int
    side: int
    t_us: int
    offset: int
    turn: int
    role: str = "warn"


Item = Piece | Remark


@dataclass(slots=True)
class _Side:
    """One stream while its segments come. `holes` are ranges below `top` that no segment has filled, in order."""

    side: int
    pieces: list[Piece] = field(default_factory=list)
    again: list[Remark] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)
    base: int | None = None
    top: int = 0

    def take(self, number: int, sequence: int, size: int, t_us: int, kind: int) -> None:
        if self.base is None:
            self.base, self.holes = sequence, [(-HALF, 0)]  # what comes late may stand before what came first
        start = self.top + (sequence - self.base - self.top + HALF) % WHOLE - HALF
        end = start + size
        fresh = list(self._fill(start, end)) if kind in GIVEN else []
        for first, last in fresh:
            piece = Piece(number, self.side, first - start, last - first, t_us, first, number)
            self.pieces.append(piece)
        if not fresh and kind == Kind.RETRANSMISSION:
            self._say(f"packet {number:,} sent {size:,} bytes again", number, t_us, start)
        elif kind == Kind.LATE:
            self._say(f"packet {number:,}: {size:,} bytes behind the end of the connection", number, t_us, start)

    def _say(self, words: str, number: int, t_us: int, offset: int) -> None:
        self.again.append(Remark(words, number, self.side, t_us, offset, number, "muted"))

    def _fill(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The parts of [start, end) that are new."""
        for hole in [hole for hole in self.holes if hole[0] < end and hole[1] > start] if start < self.top else ():
            first, last = max(start, hole[0]), min(end, hole[1])
            self.holes.remove(hole)
            for rest in ((hole[0], first), (last, hole[1])):
                if rest[0] < rest[1]:
                    insort(self.holes, rest)
            yield first, last
        if end > self.top:
            if start > self.top:
                self.holes.append((self.top, start))
            yield max(start, self.top), end
            self.top = end

    def items(self) -> list[Item]:
        """All of it in order, from offset 0 on."""
        if not self.pieces:
            return list(self.again)
        pieces = sorted(self.pieces, key=attrgetter("offset"))
        starts = [piece.offset for piece in pieces]
        low = pieces[0].offset
        missing = {bisect_right(starts, start): end - start for start, end in self.holes if start >= low}
        made: list[Item] = []
        turn = 0
        again = [replace(remark, offset=remark.offset - low) for remark in self.again]
        for place, piece in enumerate(pieces):
            turn = max(turn, piece.number)
            at = piece.offset - low
            if lost := missing.get(place):
                words = f"{lost:,} bytes are missing here: the capture does not have them"
                made.append(Remark(words, piece.number, self.side, piece.t_us, at - lost, turn))
            made.append(Piece(piece.number, self.side, piece.skip, piece.size, piece.t_us, at, turn))
        return [*made, *again]


def in_order(reader: Reader, flow: str) -> list[Item]:
    """What both sides of a connection sent, as it could be read.

    Raises:
        SourceError: the captured bytes cannot be had.
    """
    columns = reader.payload_packets(flow)
    rows = zip(*(columns[name].tolist() for name in ("number", "side", "time_us", "kind")), strict=True)
    known = {number: (side, t_us, kind) for number, side, t_us, kind in rows}
    sides = _Side(0), _Side(1)
    for number, sequence, _, payload in segments(reader.flow_carriers(flow)):
        side, t_us, kind = known.get(number, (-1, 0, Kind.OTHER))
        if side in (0, 1) and (kind in GIVEN or sides[side].base is not None):
            sides[side].take(number, sequence, len(payload), t_us, kind)
    return sorted([*sides[0].items(), *sides[1].items()], key=attrgetter("turn"))


def between(items: Sequence[Item], side: int, first: int, last: int) -> Iterator[Item]:
    """Those of a side from the first bytes of packet `first` to the last ones of packet `last`."""
    own = [item for item in items if item.side == side]
    pieces = [item for item in own if isinstance(item, Piece) and item.number in (first, last)]
    low = min((piece.offset for piece in pieces if piece.number == first), default=None)
    high = max((piece.offset + piece.size for piece in pieces if piece.number == last), default=None)
    for item in own:
        if first <= item.number <= last if low is None or high is None else low <= item.offset < high:
            yield item
