"""The events of one flow while they are made: consecutive bytes of one side become one Chunk."""

import numpy as np

from ..model.flow import CLIENT, Chunk, Close, Flow, FlowEvent, Gap, Marks, Side
from ..model.packet import Buffer, Ints


class Outlet:
    """Collects what the two directions of a flow deliver, and counts it in the flow.

    Directions are numbered by address (`way` 0 and 1), as packets are before it is known who is the client; `flip` is 1
    where way 0 is the server's.
    """

    __slots__ = ("_marks", "_offset", "_parts", "_way", "events", "flip", "flow")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.flip = 0
        self.events: list[FlowEvent] = []
        self._parts: list[Buffer] = []
        self._marks: list[tuple[Ints, Ints, Ints]] = []
        self._way = 0
        self._offset = 0

    def side(self, way: int) -> Side:
        return 1 if way ^ self.flip else 0

    def data(self, way: int, offset: int, data: bytes, packet: int, time_us: int) -> None:
        self.run(way, offset, [data], (np.array([offset]), np.array([packet]), np.array([time_us])))

    def run(self, way: int, offset: int, parts: list[Buffer], marks: tuple[Ints, Ints, Ints]) -> None:
        """Take consecutive segments of one direction, the first of them at `offset`; `marks` as `Marks` has them."""
        if self._parts and way != self._way:
            self.flush()
        if self._parts:
            self._parts += parts
            self._marks.append(marks)
        else:
            self._way, self._offset = way, offset
            self._parts, self._marks = parts, [marks]

    def gap(self, way: int, offset: int, size: int, packet: int, time_us: int) -> None:
        self.flush()
        self.flow.gaps += 1
        self.flow.lost_bytes += size
        self.events.append(Gap(self.flow, self.side(way), offset, size, packet, time_us))

    def fin(self, way: int, packet: int, time_us: int) -> None:
        self.flush()
        self.events.append(Close(self.flow, self.side(way), "fin", packet, time_us))

    def flush(self) -> None:
        if not self._parts:
            return
        side = self.side(self._way)
        data = b"".join(self._parts)
        if side == CLIENT:
            self.flow.bytes_client += len(data)
        else:
            self.flow.bytes_server += len(data)
        if len(self._marks) == 1:
            columns = [column.copy() for column in self._marks[0]]
        else:
            columns = list(map(np.concatenate, zip(*self._marks, strict=True)))
        marks = Marks(*columns)  # which are copies, and hold no batch in memory
        self.events.append(Chunk(self.flow, side, self._offset, data, marks))
        self._parts, self._marks = [], []

    def take(self) -> list[FlowEvent]:
        self.flush()
        events, self.events = self.events, []
        return events
