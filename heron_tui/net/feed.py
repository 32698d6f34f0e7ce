"""One batch's segments through their connections: in bulk where they follow each other, else one by one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np

from ..model.flow import FlowEvent
from ..model.packet import Buffer, PacketBatch
from ..model.packet_kind import Kind
from .columns import Segments
from .connection import Connection
from .dissect import Segment
from .order import Groups, Line, Order
from .stream import RECENT, Arrival

if TYPE_CHECKING:
    from .tracker import Tracker


class Feed:
    """The segments of one batch, sorted by flow.

    Attributes:
        ordinal, side, kind: columns in the order of the groups, filled flow by flow.
    """

    def __init__(
        self, tracker: Tracker, batch: PacketBatch, segments: Segments, *, groups: Groups, line: Line, order: Order
    ) -> None:
        self._tracker, self._limits = tracker, tracker.limits
        self._segments, self._groups, self._line, self._order = segments, groups, line, order
        self._bytes, self._number = memoryview(batch.data), batch.number[line.index]

        count = len(segments)
        self.ordinal = np.full(count, -1, np.int64)
        self.side = groups.way.copy()
        self.kind = np.where(order.doubled, Kind.DOUBLED, np.where(line.size > 0, Kind.DATA, Kind.ACK))

        self._latest = np.maximum.reduceat(line.time_us, groups.bounds[:-1]).tolist()
        self._last = order.last.tolist()

        plain = (line.size > 0) & ~order.doubled
        plain[order.questionable] = False
        places = np.flatnonzero(plain)
        begins, sizes = line.start[places], line.size[places]
        self._places = places.tolist()
        self._begins, self._ends = begins.tolist(), (begins + sizes).tolist()
        self._packets, self._times = self._number[places], line.time_us[places]
        self._sums = np.concatenate(([0], np.cumsum(sizes)))
        self._turns = (np.flatnonzero(np.diff(groups.way[places])) + 1).tolist()

    def flow(self, group: int, connection: Connection | None) -> list[FlowEvent]:
        """Take the packets of one flow."""
        key = self._groups.keys[group]
        place, end = self._groups.bounds[group], self._groups.bounds[group + 1]
        questions = self._order.questionable
        events: list[FlowEvent] = []
        begun = place
        next_question = bisect_left(questions, place)
        prints: list[tuple[int, int, int] | None] = connection.prints if connection is not None else [None, None]
        idle = connection is not None and self._line.clock.item(place) - connection.clock > self._limits.idle_us
        while place < end:
            while next_question < len(questions) and questions[next_question] < place:
                next_question += 1
            stop = min(questions[next_question], end) if next_question < len(questions) else end
            if connection is not None and place < stop and not idle and self._in_step(connection, group, place):
                self._bulk(connection, place, stop)
                connection.clock = self._line.clock.item(stop - 1)
                place = stop
                continue
            idle = False
            if self._order.doubled.item(place):
                if connection is not None:
                    connection.clock = self._line.clock.item(place)
                place += 1
                continue
            arrival = self._arrival(place)
            if connection is not None:
                over = connection.over(arrival.clock, arrival.flags, arrival.size, arrival.seq, arrival.way)
                if over is not None:
                    self._leave(connection, group, begun, place)
                    begun = place
                    self._tracker.touch(key, connection)
                    events += connection.outlet.take()
                    if connection.ended is None:
                        assert over != "gone"
                        self._tracker.end(key, over, events)
                    connection = None
            if connection is None:
                connection = Connection(
                    self._tracker.next_ordinal(), self._segment(place), arrival, self._limits, self._tracker.servers
                )
                connection.prints = prints  # of the ports, whoever used them
                self._tracker.begin(key, connection)
            self.kind[place] = connection.take(arrival)
            place += 1
        assert connection is not None
        self._leave(connection, group, begun, end)
        self._tracker.touch(key, connection)
        return events + connection.outlet.take()

    def _in_step(self, connection: Connection, group: int, place: int) -> bool:
        """The connection stands where `follow` took it to stand, so that its verdict on what comes next holds."""
        return connection.smooth and all(
            direction.seq == self._order.expected(group, way, place)
            for way, direction in enumerate(connection.directions)
        )

    def _bulk(self, connection: Connection, place: int, stop: int) -> None:
        """Take the packets in ``[place, stop)``, which follow each other."""
        first, last = bisect_left(self._places, place), bisect_left(self._places, stop)
        turn = bisect_right(self._turns, first)
        data, begins, ends = self._bytes, self._begins, self._ends
        while first < last:
            until = min(self._turns[turn], last) if turn < len(self._turns) else last
            turn += 1
            direction = connection.directions[self._groups.way.item(self._places[first])]
            before = self._sums.item(first)
            stretches = zip(begins[first:until], ends[first:until], strict=True)
            parts: list[Buffer] = [data[begin:end] for begin, end in stretches]
            direction.bulk(
                self._sums.item(until) - before,
                parts,
                (
                    self._sums[first:until] + (direction.offset - before),
                    self._packets[first:until],
                    self._times[first:until],
                ),
            )
            prints = [self._print(one) for one in self._places[max(first, until - RECENT) : until]]
            direction.recent = [*direction.recent, *prints][-RECENT:]
            first = until

    def _print(self, place: int) -> tuple[int, int, int]:
        line = self._line
        return line.print_one.item(place), line.print_two.item(place), line.time_us.item(place)

    def _arrival(self, place: int) -> Arrival:
        line = self._line
        start, have, index = line.start.item(place), line.have.item(place), line.index.item(place)
        return Arrival(
            way=self._groups.way.item(place),
            seq=line.seq.item(place),
            ack=line.ack.item(place),
            flags=line.flags.item(place),
            data=self._segments.apart[index] if start < 0 else bytes(self._bytes[start : start + have]),
            size=line.size.item(place),
            packet=self._number.item(place),
            time_us=line.time_us.item(place),
            clock=line.clock.item(place),
            print=self._print(place),
        )

    def _segment(self, place: int) -> Segment:
        row = self._groups.rows.item(place)
        return Segment(*(getattr(self._segments, name).item(row) for name in Segment._fields))

    def _leave(self, connection: Connection, group: int, begin: int, end: int) -> None:
        """Note that the packets in ``[begin, end)`` were this connection's."""
        if begin == end:
            return
        flow = connection.flow
        flow.packets += end - begin
        whole = self._groups.bounds[group : group + 2] == [begin, end]
        latest = self._latest[group] if whole else int(self._line.time_us[begin:end].max())
        flow.t_end_us = max(flow.t_end_us, latest)
        self.ordinal[begin:end] = flow.n
        if connection.outlet.flip:
            self.side[begin:end] ^= 1
        connection.last_packet = self._number.item(end - 1)
        for way, last in enumerate(self._last[group]):
            if begin <= last < end:
                connection.prints[way] = self._print(last)
