"""Packets to flows: the net floor's door. Time comes from packets only."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from ..model.flow import Close, Damage, Flow, FlowEvent, Gap, NetResult
from ..model.packet import Ints, PacketBatch, PacketColumns
from ..model.packet_kind import Kind
from . import columns as table
from .columns import Bools
from .connection import Connection, Ending
from .feed import Feed
from .fragments import Fragments
from .limits import Limits
from .order import APART, Carry, Key, Line, follow, group
from .servers import Servers

LINKTYPE_RAW = 101


@dataclass(slots=True)
class Counters:
    """Totals of a run.

    Attributes:
        packets, segments: all packets; those that carried a TCP segment.
        truncated: packets of which the capture lacks bytes. damaged: packets below TCP that could not be read.
        fragments: IP fragments that did not complete their datagram. fragments_lost: datagrams that never became whole.
        doubled, retransmissions, out_of_order, late: packets by what they were (see `Kind`).
        flows: begun. gaps, lost_bytes: holes given up, and the bytes in them.
        evicted: connections closed because too many were open.
    """

    packets: int = 0
    segments: int = 0
    truncated: int = 0
    damaged: int = 0
    fragments: int = 0
    fragments_lost: int = 0
    doubled: int = 0
    retransmissions: int = 0
    out_of_order: int = 0
    late: int = 0
    flows: int = 0
    gaps: int = 0
    lost_bytes: int = 0
    evicted: int = 0


class Tracker:
    """Turns batches of packets into flows and their ordered bytes. Never raises on what the wire holds.

    All waiting is measured on one clock: capture time that never runs back (the highest so far), and that one packet
    alone with a wild time does not move. So the answer does not depend on how packets are cut into batches, as long as
    they come in the order of time and no bound on all connections together is reached.

    Attributes:
        plain: files that hold plaintext of connections which other files hold encrypted: flows of their own, that end
            when those do.
        servers: who took connections so far.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.counters = Counters()
        self.plain: set[int] = set()
        self.servers = Servers(self.limits.servers)
        self._fragments = Fragments(self.limits)
        self._open: OrderedDict[Key, Connection] = OrderedDict()  # the longest silent first
        self._ended: OrderedDict[Key, Connection] = OrderedDict()  # the longest ended first
        self._waiting: dict[Key, Connection] = {}
        self._changed: dict[int, Flow] = {}
        self._encrypted: dict[
            int, tuple[Key, list[Gap | Close]]
        ] = {}  # by ordinal: key of the plain one, what was said
        self._clock = -1

    def feed(self, batch: PacketBatch) -> tuple[PacketColumns, NetResult]:
        """Take the next packets of the capture."""
        count = len(batch)
        result = NetResult()
        flow, side, payload = np.full(count, -1), np.full(count, -1), np.zeros(count, np.int64)
        if not count:
            return PacketColumns(flow, side, payload, np.zeros(0, np.int64)), result
        clock = self._tick(batch)
        found = table.dissect(batch, self._fragments)
        segments = found.segments
        if len(segments):
            apart = self._apart(batch, segments.index)
            groups = group(segments, apart)
            carry = Carry.empty(len(groups.keys))
            connections = [self._find(key, carry, place) for place, key in enumerate(groups.keys)]
            line = Line.up(segments, groups.rows, batch.time_us, clock)
            order = follow(groups, line, carry, self.limits)
            feed = Feed(self, batch, segments, groups=groups, line=line, order=order)
            for place in np.argsort(groups.rows[groups.bounds[:-1]]).tolist():
                result.events += feed.flow(place, connections[place])
            flow[line.index], side[line.index] = feed.ordinal, feed.side
            payload[line.index] = line.size
            found.kind[line.index] = feed.kind
        self._sweep(self._clock, result.events)
        self._end_plain(result.events)
        self._damage(batch, found.broken, result)
        self._count(batch, len(segments), found.kind, result)
        return PacketColumns(flow, side, payload, found.kind), result

    def close(self) -> NetResult:
        """The capture has ended: what is held is delivered, what is missing is said, open flows close as `eof`."""
        result = NetResult()
        for key in [key for key in self._open if not key[4] & APART]:
            self.end(key, "eof", result.events)
        self._end_plain(result.events)
        for key in list(self._open):
            self.end(key, "eof", result.events)
        self._fragments.expire()
        self._damage(None, [], result)
        self._count_gaps(result)
        return result

    def take_changed(self) -> list[Flow]:
        """The flows that changed since this was last asked."""
        changed = list(self._changed.values())
        self._changed = {}
        return changed

    def begin(self, key: Key, connection: Connection) -> None:
        """A connection was seen for the first time."""
        self._ended.pop(key, None)
        self._open[key] = connection
        self.counters.flows += 1
        if self.plain and not key[4] & APART:
            self._encrypted[connection.flow.n] = (*key[:4], key[4] | APART), []

    def next_ordinal(self) -> int:
        return self.counters.flows

    def touch(self, key: Key, connection: Connection) -> None:
        """Packets of a connection were taken."""
        self._changed[connection.flow.n] = connection.flow
        if connection.ended is not None:
            if self._open.get(key) is connection:
                del self._open[key]
                self._ended[key] = connection
            self._waiting.pop(key, None)
            return
        self._open.move_to_end(key)
        if connection.waiting:
            self._waiting[key] = connection
        else:
            self._waiting.pop(key, None)

    def end(self, key: Key, how: Ending, events: list[FlowEvent]) -> None:
        """Close an open connection from here, not from the wire, and forget it."""
        connection = self._open.pop(key)
        self._waiting.pop(key, None)
        connection.end(how, connection.clock, None, connection.last_packet, connection.flow.t_end_us)
        self._changed[connection.flow.n] = connection.flow
        events += connection.outlet.take()

    def _apart(self, batch: PacketBatch, rows: Ints) -> Bools | None:
        """Which packets belong to flows apart from others between the same ends; None where that is all the same.

        Plaintext that was read beside the packets comes as raw IP packets, with the addresses of the connection that
        carries it encrypted: a recording of both holds them side by side.
        """
        if self.plain:
            return np.isin(batch.file[rows], list(self.plain))
        raw = batch.link[rows] == LINKTYPE_RAW
        return raw if raw.any() else None

    def _end_plain(self, events: list[FlowEvent]) -> None:
        """End the plaintext of encrypted connections that are over, in the way in which they ended."""
        told: dict[int, Flow] = {}
        for event in events:
            if isinstance(event, Gap | Close) and event.flow.n in self._encrypted:
                self._encrypted[event.flow.n][1].append(event)
                told[event.flow.n] = event.flow
        for n, flow in told.items():
            if flow.closed:
                key, said = self._encrypted.pop(n)
                if connection := self._open.get(key):
                    connection.end_as(said)
                    self._settle(key, connection, events)

    def _tick(self, batch: PacketBatch) -> Ints:
        """The clock at each packet."""
        times = batch.time_us.copy()
        np.minimum(times[:-1], batch.time_us[1:], out=times[:-1])
        clock: Ints = np.maximum.accumulate(np.maximum(times, self._clock))
        self._clock = int(clock[-1])
        return clock

    def _find(self, key: Key, carry: Carry, place: int) -> Connection | None:
        connection = self._open.get(key) or self._ended.get(key)
        if connection is not None:
            for way, direction in enumerate(connection.directions):
                if direction.seq is not None:
                    carry.seq[place, way] = direction.seq
                seen = connection.prints[way]
                if seen is not None:
                    carry.print_one[place, way], carry.print_two[place, way], carry.time_us[place, way] = seen
        return connection

    def _sweep(self, clock: int, events: list[FlowEvent]) -> None:
        """Give up what is overdue, and forget what is idle or too much."""
        for key, connection in list(self._waiting.items()):
            connection.expire(clock)
            self._settle(key, connection, events)
        held = {key: connection.held_bytes for key, connection in self._waiting.items()}
        total = sum(held.values())
        for key in sorted(held, key=held.__getitem__, reverse=True):
            if total <= self.limits.held_total:
                break
            total -= held[key]
            self._waiting[key].give_up_all()
            self._settle(key, self._waiting[key], events)
        while self._open:
            key, oldest = next(iter(self._open.items()))
            if len(self._open) > self.limits.flows:
                self.counters.evicted += 1
            elif clock - oldest.clock <= self.limits.idle_us:
                break
            self.end(key, "idle", events)
        while len(self._ended) > self.limits.closed_flows:
            self._ended.popitem(last=False)

    def _settle(self, key: Key, connection: Connection, events: list[FlowEvent]) -> None:
        told = connection.outlet.take()
        if told:
            events += told
            self.touch(key, connection)

    def _damage(self, batch: PacketBatch | None, broken: list[tuple[int, str]], result: NetResult) -> None:
        """One line for each kind of damage in this batch."""
        said: dict[str, Damage] = {}
        places = (
            [] if batch is None else [(why, int(batch.number[row]), int(batch.time_us[row])) for row, why in broken]
        )
        lost = [("fragments that never became whole", packet, time_us) for packet, time_us in self._fragments.lost]
        self._fragments.lost.clear()
        self.counters.fragments_lost += len(lost)
        for why, packet, time_us in places + lost:
            if why in said:
                said[why].count += 1
            else:
                said[why] = Damage(why, packet, time_us)
        result.damage += said.values()

    def _count(self, batch: PacketBatch, segments: int, kind: Ints, result: NetResult) -> None:
        counters, by_kind = self.counters, np.bincount(kind, minlength=Kind.LATE + 1).tolist()
        counters.packets += len(batch)
        counters.segments += segments
        counters.truncated += int(np.count_nonzero(batch.caplen < batch.length))
        counters.damaged += by_kind[Kind.BROKEN]
        counters.fragments += by_kind[Kind.FRAGMENT]
        counters.doubled += by_kind[Kind.DOUBLED]
        counters.retransmissions += by_kind[Kind.RETRANSMISSION]
        counters.out_of_order += by_kind[Kind.OUT_OF_ORDER]
        counters.late += by_kind[Kind.LATE]
        self._count_gaps(result)

    def _count_gaps(self, result: NetResult) -> None:
        for event in result.events:
            if isinstance(event, Gap):
                self.counters.gaps += 1
                self.counters.lost_bytes += event.size
