"""One direction of a TCP connection (RFC 9293): its segments, as they come, become ordered bytes with gaps said."""

from bisect import bisect_right, insort
from typing import NamedTuple

from ..model.packet import Buffer, Ints
from ..model.packet_kind import Kind
from .limits import Limits
from .outlet import Outlet

MASK = 0xFFFFFFFF
WINDOW = 1 << 26  # no receiver here offers more: what is further behind than that is taken to be ahead
RECENT = 4
NEVER = 1 << 62


class Arrival(NamedTuple):
    """One packet of a connection, in the terms that reassembly needs.

    Attributes:
        way: its direction, by address.
        data: captured payload; `size` bytes were on the wire.
        clock: capture time that never runs back (see `Tracker`).
        print: what two copies of the very same packet have in common, and its time.
    """

    way: int
    seq: int
    ack: int
    flags: int
    data: bytes
    size: int
    packet: int
    time_us: int
    clock: int
    print: tuple[int, int, int]


class Held(NamedTuple):
    """A segment that waits for what is before it; bytes behind ``start + len(data)`` up to `end` were not captured."""

    start: int
    end: int
    packet: int
    time_us: int
    data: bytes


class Ack(NamedTuple):
    """The other side has everything before `offset`; `clock` is when it first said so much, or nearly."""

    clock: int
    offset: int
    packet: int
    time_us: int


class Direction:
    """Reassembles one direction.

    Attributes:
        seq: sequence number of the next byte expected, None until the first packet; `offset` is that byte's place.
        first: sequence number of the byte at offset 0.
        firm: bytes were delivered, or a SYN was seen: `first` will not move any more.
        fin: offset at which the sender's bytes end, once it said so. closed: all before it was delivered, at
            `closed_clock`.
        held, held_bytes: segments behind a hole, by their start.
        hole_since: when the present hole was first known by later bytes or a FIN that wait behind it.
        acks: how far the other side has acknowledged beyond what was seen, the oldest first.
    """

    __slots__ = (
        "acks",
        "closed",
        "closed_clock",
        "fin",
        "firm",
        "first",
        "held",
        "held_bytes",
        "hole_since",
        "limits",
        "offset",
        "outlet",
        "recent",
        "seq",
        "way",
    )

    def __init__(self, way: int, outlet: Outlet, limits: Limits) -> None:
        self.way = way
        self.outlet = outlet
        self.limits = limits
        self.seq: int | None = None
        self.first = 0
        self.offset = 0
        self.firm = False
        self.fin: tuple[int, int, int] | None = None
        self.closed = False
        self.closed_clock = 0
        self.acks: list[Ack] = []
        self.held: list[Held] = []
        self.held_bytes = 0
        self.hole_since = 0
        self.recent: list[tuple[int, int, int]] = []

    @property
    def waiting(self) -> bool:
        """Bytes are known to exist that were not seen."""
        if self.closed:
            return False
        return bool(self.held) or self.fin is not None or (bool(self.acks) and self.acks[-1].offset > self.offset)

    def begin(self, seq: int, firm: bool) -> None:
        """The stream's first byte has this sequence number. Nothing may have been delivered yet."""
        self.seq = self.first = seq
        self.acks.clear()
        self.firm = firm

    def place(self, seq: int) -> int:
        """The offset of a sequence number."""
        assert self.seq is not None
        ahead = (seq - self.seq) & MASK
        return self.offset + (ahead - MASK - 1 if ahead > MASK - WINDOW else ahead)

    def take(self, seq: int, arrival: Arrival) -> int:
        """Take the payload of a packet, which begins at `seq`, and say what it was (`Kind`)."""
        if self.seq is None:
            self.begin(seq, firm=False)
        start = self.place(seq)
        if not self.firm and not self.held and start != self.offset and start <= self.offset + 1:
            self.begin(seq, firm=False)  # joined at a keep-alive probe, or a little out of order
            start = self.offset
        end = start + arrival.size
        if end <= self.offset:
            if self._seen_just_now(arrival):
                return Kind.DOUBLED
            return Kind.KEEPALIVE if arrival.size == 1 and end == self.offset else Kind.RETRANSMISSION
        if self.closed:
            return Kind.LATE
        if start > self.offset:
            return self._hold(start, end, arrival)
        self._remember(arrival)
        self._deliver(Held(start, end, arrival.packet, arrival.time_us, arrival.data))
        self._go_on(arrival.clock)
        return Kind.DATA

    def bulk(self, size: int, parts: list[Buffer], marks: tuple[Ints, Ints, Ints]) -> None:
        """Take consecutive whole segments that begin exactly at `seq`, `size` bytes together."""
        assert self.seq is not None
        self.outlet.run(self.way, self.offset, parts, marks)
        self._advance(size)

    def finish(self, seq: int, arrival: Arrival) -> None:
        """Take a FIN that stands at `seq`."""
        if self.seq is None:
            self.begin(seq, firm=False)
        place = self.place(seq)
        if self.closed or self.fin is not None or place < self.offset:
            return
        self.fin = (place, arrival.packet, arrival.time_us)
        if not self.held:
            self.hole_since = arrival.clock
        self._close_at_fin(arrival.clock)

    def finish_here(self, clock: int, packet: int, time_us: int) -> None:
        """It ends behind what was delivered: that was said elsewhere."""
        if not self.closed:
            self.fin = (self.offset, packet, time_us)
            self._close_at_fin(clock)

    def acknowledge(self, arrival: Arrival) -> None:
        """The other side has acknowledged everything before ``arrival.ack``."""
        if self.seq is None or self.closed:
            return
        acked = self.place(arrival.ack)
        known = max(self.acks[-1].offset if self.acks else 0, self.offset + self._fin_place)
        if not known < acked <= self.offset + WINDOW:
            return
        clock = arrival.clock
        if self.acks and clock - self.acks[-1].clock < self.limits.ack_grace_us // 4:
            clock = self.acks.pop().clock
        self.acks.append(Ack(clock, acked, arrival.packet, arrival.time_us))

    def expire(self, clock: int) -> None:
        """Give up what is overdue at `clock`, in the order in which it became so."""
        while not self.closed:
            ripe = self.acks[0].clock + self.limits.ack_grace_us if self.acks else NEVER
            worn = self.hole_since + self.limits.hole_us if self.held or self.fin else NEVER
            if min(ripe, worn) > clock or min(ripe, worn) == NEVER:
                break
            if worn < ripe:
                self._skip(worn)
                continue
            ack = self.acks.pop(0)
            while not self.closed and self.offset + self._fin_place < ack.offset:
                self._skip(ripe, ack)

    def end(self) -> None:
        """No more packets will come: deliver what is held, and say what is missing."""
        self.expire(NEVER)

    @property
    def _fin_place(self) -> int:
        """An acknowledged byte that may have been a FIN, which was not captured, and is no loss then."""
        return 0 if self.held or self.fin else 1

    def _skip(self, clock: int, ack: Ack | None = None) -> None:
        """Say the first missing bytes lost, those that `ack` speaks of if it is given, and go on behind them."""
        ends = [(piece.start, piece.packet, piece.time_us) for piece in self.held[:1]]
        ends += [self.fin] if self.fin else []
        ends += [ack[1:]] if ack else []
        end, packet, time_us = min(ends, key=lambda place: place[0])
        self.lose(end - self.offset, packet, time_us)
        self._go_on(clock)

    def _hold(self, start: int, end: int, arrival: Arrival) -> int:
        before = bisect_right(self.held, start, key=lambda piece: piece.start)
        if before and end <= self.held[before - 1].end:
            return Kind.DOUBLED if self._seen_just_now(arrival) else Kind.RETRANSMISSION
        if self.fin is not None and end > self.fin[0]:
            return Kind.LATE
        if not self.held and self.fin is None:
            self.hole_since = arrival.clock
        self._remember(arrival)
        insort(self.held, Held(start, end, arrival.packet, arrival.time_us, arrival.data))
        self.held_bytes += len(arrival.data)
        while self.held_bytes > self.limits.held_bytes or len(self.held) > self.limits.held_segments:
            self._skip(arrival.clock)
        return Kind.OUT_OF_ORDER

    def _deliver(self, piece: Held) -> None:
        """Deliver what is new in a segment that begins at or before the next byte."""
        data = piece.data[self.offset - piece.start :] if piece.start < self.offset else piece.data
        self.firm = True
        if data:
            self.outlet.data(self.way, self.offset, data, piece.packet, piece.time_us)
            self._advance(len(data))
        if piece.end > self.offset:
            self.lose(piece.end - self.offset, piece.packet, piece.time_us)

    def lose(self, size: int, packet: int, time_us: int) -> None:
        """The next bytes will not come."""
        self.outlet.gap(self.way, self.offset, size, packet, time_us)
        self._advance(size)

    def _advance(self, size: int) -> None:
        assert self.seq is not None
        self.offset += size
        self.seq = (self.seq + size) & MASK
        self.firm = True

    def _go_on(self, clock: int) -> None:
        """Deliver what was held and is next now."""
        self.hole_since = clock
        done = 0
        while done < len(self.held) and self.held[done].start <= self.offset:
            piece = self.held[done]
            self.held_bytes -= len(piece.data)
            done += 1
            if piece.end > self.offset:
                self._deliver(piece)
        del self.held[:done]
        self._close_at_fin(clock)

    def _close_at_fin(self, clock: int) -> None:
        if self.fin is not None and self.offset >= self.fin[0]:
            self.closed, self.closed_clock = True, clock
            self.held.clear()
            self.held_bytes = 0
            self.outlet.fin(self.way, *self.fin[1:])

    def _remember(self, arrival: Arrival) -> None:
        self.recent = [*self.recent, arrival.print][-RECENT:]

    def _seen_just_now(self, arrival: Arrival) -> bool:
        *copy, time_us = arrival.print
        return any(
            [one, two] == copy and abs(time_us - before_us) <= self.limits.doubled_us
            for one, two, before_us in self.recent
        )
