"""One TCP connection: opening and ending, who is the client, and what each packet of it was."""

import re
from collections.abc import Sequence
from typing import Literal

from ..core.ids import content_id
from ..model.flow import Close, Flow, Gap, Opened
from ..model.packet_kind import Kind
from .dissect import ACK, FIN, RST, SYN, Segment, endpoint
from .limits import Limits
from .outlet import Outlet
from .servers import Servers
from .stream import MASK, WINDOW, Arrival, Direction

# A request line, HTTP/2's preface, a TLS ClientHello (RFC 8446, 4.1.2). Then their answers, and an event of a stream,
# which may have a chunk (RFC 9112 7.1) or a DATA frame (RFC 9113 6.1) to itself.
_ASKS = re.compile(rb"[A-Z][A-Z-]{2,15} [!-~]|\x16\x03[\x00-\x04]..\x01", re.S)
_ANSWERS = re.compile(
    rb"HTTP/1\.|\x16\x03[\x00-\x04]..\x02"
    rb"|(?:[0-9A-Fa-f]{1,8}\r\n|...\x00[\x00\x01]\x00...)?(?:data: ?[{\[]|event: ?[a-z])",
    re.S,
)

Ending = Literal["rst", "idle", "reuse", "eof"]


class Connection:
    """State of one connection.

    Attributes:
        directions: by way (see `Outlet`).
        oriented: it is settled who is the client.
        clock: of the last packet. ended: clock of its end, None while it is open.
        prints: of the last packet of each way (see `Arrival`). last_packet: number of the last one.
    """

    __slots__ = (
        "_first_acks",
        "_limits",
        "_servers",
        "clock",
        "directions",
        "ended",
        "flow",
        "last_packet",
        "oriented",
        "outlet",
        "prints",
    )

    def __init__(self, n: int, segment: Segment, arrival: Arrival, limits: Limits, servers: Servers) -> None:
        source = endpoint(segment.source_high, segment.source_low, segment.source_port)
        target = endpoint(segment.target_high, segment.target_low, segment.target_port)
        syn = bool(arrival.flags & SYN)
        if syn:
            from_client = not arrival.flags & ACK
        elif source in servers or target in servers:
            from_client = target in servers
        else:
            from_client = segment.source_port >= segment.target_port
        self.flow = Flow(
            n=n,
            id=content_id("f", source, target, arrival.time_us, arrival.seq),
            client=source if from_client else target,
            server=target if from_client else source,
            t_start_us=arrival.time_us,
            t_end_us=arrival.time_us,
            first_packet=arrival.packet,
            midstream=not syn,
        )
        self.outlet = Outlet(self.flow)
        self.outlet.flip = arrival.way if from_client else 1 - arrival.way
        self.outlet.events.append(Opened(self.flow))
        self.directions = (Direction(0, self.outlet, limits), Direction(1, self.outlet, limits))
        self.oriented = syn
        self.clock = arrival.clock
        self.ended: int | None = None
        self.prints: list[tuple[int, int, int] | None] = [None, None]
        self._first_acks: list[int | None] = [None, None]
        self._limits = limits
        self._servers = servers
        self.last_packet = arrival.packet
        if syn:
            servers.add(self.flow.server)

    @property
    def waiting(self) -> bool:
        return self.directions[0].waiting or self.directions[1].waiting

    @property
    def held_bytes(self) -> int:
        return self.directions[0].held_bytes + self.directions[1].held_bytes

    @property
    def smooth(self) -> bool:
        """Segments that follow each other may be taken in bulk: nothing is undecided, missing or ended."""
        one, two = self.directions
        return self.oriented and not (one.closed or two.closed or one.waiting or two.waiting)

    def over(self, clock: int, flags: int, size: int, seq: int, way: int) -> Literal["idle", "reuse", "gone"] | None:
        """Why a packet with these ports belongs to a new connection, if it does."""
        self.expire(clock)
        if self.ended is None and clock - self.clock > self._limits.idle_us:
            return "idle"
        if self.ended is not None and (size or flags & SYN) and clock - self.ended > self._limits.linger_us:
            return "gone"
        if flags & SYN:
            first = (seq + 1) & MASK
            known = self.directions[way].first if self.directions[way].seq is not None else self._first_acks[1 - way]
            if known is not None and known != first:
                return "reuse"
        return None

    def take(self, arrival: Arrival) -> int:
        """Take one packet and say what it was (`Kind`)."""
        own, other = self.directions[arrival.way], self.directions[1 - arrival.way]
        flags, seq, kind = arrival.flags, arrival.seq, Kind.ACK
        if flags & RST:
            kind = Kind.RST
            self._hear_end(other, arrival)
            if own.seq is None or abs(own.place(seq) - own.offset) <= WINDOW:
                self.end("rst", arrival.clock, arrival.way, arrival.packet, arrival.time_us)
        else:
            if own.seq is None and flags & ACK:
                self._first_acks[arrival.way] = arrival.ack
            if flags & SYN:
                kind, seq = Kind.SYN, (seq + 1) & MASK
                self._synchronise(own, seq, arrival)
            if arrival.size:
                if not self.oriented:
                    self._orient(arrival)
                found = own.take(seq, arrival)
                kind = kind if flags & SYN else found
                self._count(found)
            elif own.seq is None:
                own.begin(seq, firm=False)
            elif not flags & (SYN | FIN) and own.place(seq) == own.offset - 1 and own.firm:
                kind = Kind.KEEPALIVE
            self._hear_end(other, arrival)
            if flags & FIN:
                kind = Kind.FIN
                own.finish((seq + arrival.size) & MASK, arrival)
            if flags & ACK:
                other.acknowledge(arrival)
            self._end_with_both()
        self.clock = arrival.clock
        return kind

    @staticmethod
    def _hear_end(other: Direction, arrival: Arrival) -> None:
        """An end that acknowledges one place more than there were bytes says that the other side had ended first: its
        FIN takes a place of its own (RFC 9293 3.4), and is missing in the capture."""
        ends = arrival.flags & (FIN | RST) and arrival.flags & ACK and other.firm and not other.held and not other.fin
        if ends and other.place(arrival.ack) == other.offset + 1:
            other.finish_here(arrival.clock, arrival.packet, arrival.time_us)

    def expire(self, clock: int) -> None:
        """Give up what is overdue at `clock`."""
        for direction in self.directions:
            if direction.acks or direction.held or direction.fin:
                direction.expire(clock)
        self._end_with_both()

    def _end_with_both(self) -> None:
        if self.ended is None and self.directions[0].closed and self.directions[1].closed:
            self._ended("fin", max(direction.closed_clock for direction in self.directions))

    def give_up_all(self) -> None:
        """Wait for nothing any more."""
        for direction in self.directions:
            direction.end()
        self.expire(self.clock)

    def end(self, how: Ending | Literal["fin"], clock: int, way: int | None, packet: int, time_us: int) -> None:
        """Both directions are over: deliver what is held, say what is missing, close."""
        if self.ended is not None:
            return
        for direction in self.directions:
            direction.end()
        if self.directions[0].closed and self.directions[1].closed:
            how = "fin"
        else:
            self.outlet.flush()
            side = None if way is None else self.outlet.side(way)
            self.outlet.events.append(Close(self.flow, side, how, packet, time_us))
        for direction in self.directions:
            direction.closed = True
        self._ended(how, clock)

    def end_as(self, said: Sequence[Gap | Close]) -> None:
        """End as the encrypted connection did whose plaintext this is.

        Behind what that one lacks nothing can be decrypted: here it is missing at the end, and who closed first says
        nothing then.
        """
        gaps = [event for event in said if isinstance(event, Gap)]
        for gap in gaps:
            self.directions[gap.side ^ self.outlet.flip].lose(gap.size, gap.packet, gap.time_us)
        for close in said:
            if not isinstance(close, Close):
                continue
            way = None if close.side is None else close.side ^ self.outlet.flip
            if close.how == "fin" and way is not None and not gaps:
                self.directions[way].finish_here(self.clock, close.packet, close.time_us)
                self._end_with_both()
            elif close.how != "fin" or gaps:
                how = "rst" if close.how == "fin" else close.how
                self.end(how, self.clock, None if gaps else way, close.packet, close.time_us)

    def _ended(self, how: str, clock: int) -> None:
        self.flow.closed = how
        self.ended = clock

    def _synchronise(self, own: Direction, seq: int, arrival: Arrival) -> None:
        """Take a SYN, behind which the bytes begin at `seq`; it may stand behind packets that it came before."""
        if self.flow.midstream and not own.firm and not self.directions[1 - arrival.way].firm:
            self._client_is(1 - arrival.way if arrival.flags & ACK else arrival.way)
        self.flow.midstream = False
        if not own.firm:
            own.begin(seq, firm=True)

    def _orient(self, arrival: Arrival) -> None:
        """Decide by the first payload who is the client; where it does not tell, the ports have."""
        if _ASKS.match(arrival.data):
            self._client_is(arrival.way)
        elif _ANSWERS.match(arrival.data):
            self._client_is(1 - arrival.way)
        self.oriented = True

    def _client_is(self, way: int) -> None:
        if self.outlet.flip != way:
            self.outlet.flip = way
            self.flow.client, self.flow.server = self.flow.server, self.flow.client
        self.oriented = True
        self._servers.add(self.flow.server)

    def _count(self, kind: int) -> None:
        if kind == Kind.RETRANSMISSION:
            self.flow.retransmissions += 1
        elif kind == Kind.OUT_OF_ORDER:
            self.flow.out_of_order += 1
