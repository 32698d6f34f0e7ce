"""The events of one flow while they are made: consecutive bytes of one side become one Chunk."""

from ..model.flow import CLIENT, Chunk, Close, Flow, FlowEvent, Gap, Marks, Side
from ..model.packet import Buffer


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
        self._marks = Marks([], [], [])
        self._way = 0
        self._offset = 0

    def side(self, way: int) -> Side:
        return 1 if way ^ self.flip else 0

    def data(self, way: int, offset: int, data: bytes, packet: int, time_us: int) -> None:
        self.run(way, offset, parts=[data], starts=[offset], packets=[packet], times=[time_us])

    def run(
        self, way: int, offset: int, *, parts: list[Buffer], starts: list[int], packets: list[int], times: list[int]
    ) -> None:
        """Take consecutive segments of one direction, the first of them at `offset`."""
        if self._parts and way != self._way:
            self.flush()
        if self._parts:
            self._parts += parts
            self._marks.starts += starts
            self._marks.packets += packets
            self._marks.times += times
        else:
            self._way, self._offset = way, offset
            self._parts, self._marks = parts, Marks(starts, packets, times)

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
        self.events.append(Chunk(self.flow, side, self._offset, data, self._marks))
        self._parts = []

    def take(self) -> list[FlowEvent]:
        self.flush()
        events, self.events = self.events, []
        return events
