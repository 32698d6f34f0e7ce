"""The http floor: events of flows go in, exchanges come out."""

from collections import OrderedDict

from ..model.flow import Chunk, Close, Flow, FlowEvent, Opened
from ..model.http import HttpCounters, HttpEvent
from .connection import Connection
from .limits import Budget, Limits

DEFAULT = Limits()


class Decoder:
    """Decodes all flows of a capture. Never raises on what came over the wire.

    Attributes:
        counters: what could not be read or kept, over all flows.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.counters = HttpCounters()
        self._limits = limits
        self._budget = Budget(limits.total)
        self._out: list[HttpEvent] = []
        self._connections: dict[str, Connection] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()

    def feed(self, event: FlowEvent) -> list[HttpEvent]:
        """The http events that one event of a flow brings about."""
        flow = event.flow
        if isinstance(event, Opened):
            return []
        connection = self._connections.get(flow.id)
        if connection is None:
            if flow.id in self._gone or isinstance(event, Close):
                self._count_late(event)
                return []
            connection = Connection(flow, self._limits, self._budget, self.counters, self._out)
            self._connections[flow.id] = connection
        if isinstance(event, Close):
            connection.close(event)
            if connection.over:
                self._forget(flow)
        else:
            connection.feed(event)
        return self._take()

    def close(self) -> list[HttpEvent]:
        """The end of the capture: ends everything that is open."""
        for connection in list(self._connections.values()):
            connection.finish()
            self._forget(connection.flow)
        return self._take()

    def _take(self) -> list[HttpEvent]:
        events = self._out[:]
        self._out.clear()
        return events

    def _forget(self, flow: Flow) -> None:
        del self._connections[flow.id]
        self._gone[flow.id] = None
        if len(self._gone) > self._limits.closed:
            self._gone.popitem(last=False)

    def _count_late(self, event: FlowEvent) -> None:
        """Bytes behind the end of their connection."""
        if isinstance(event, Chunk):
            self.counters.bytes_skipped += len(event.data)
