"""A connection from its first byte to its last: one layer after the other."""

from ..model.flow import Chunk, Close, Flow, Gap, Side
from ..model.http import HttpCounters, HttpEvent
from .context import Context
from .h2 import Http2
from .layer import Ignored, Layer, Switch
from .limits import Budget, Limits
from .pairing import Http1
from .sniffing import OTHER_SIDE, Sniffing
from .websocket import WebSocket


class Connection:
    """All layers of one flow. `over`: nothing more can come of it."""

    def __init__(
        self, flow: Flow, limits: Limits, budget: Budget, counters: HttpCounters, out: list[HttpEvent]
    ) -> None:
        self.flow = flow
        self.over = False
        self._context = Context(flow, limits, budget, counters, out, flow.client, flow.server)
        self._layer: Layer = Sniffing(self._context, flow.midstream)
        self._closed: set[Side | None] = set()
        self._seen = (0, 0)

    def feed(self, event: Chunk | Gap) -> None:
        """The next bytes of a direction, or that they are missing."""
        if isinstance(event, Chunk):
            self._seen = event.marks.packets.item(-1), event.marks.times.item(-1)
        self._feed(event, self._side(event.side))

    def close(self, close: Close) -> None:
        """A direction has ended, or both."""
        side = None if close.side is None else self._side(close.side)
        self._closed.add(side)
        self.over = close.how != "fin" or len(self._closed) > 1
        self._layer.close(close, side)

    def finish(self) -> None:
        """The capture has ended."""
        packet, time_us = self._seen
        self.close(Close(self.flow, None, "eof", packet, time_us))

    def _feed(self, event: Chunk | Gap, side: Side) -> None:
        switch = self._layer.feed(event, side)
        if switch is None:
            return
        self._layer = self._open(switch)
        for rest, rest_side in switch.rest:
            self._feed(rest, rest_side)

    def _side(self, side: Side) -> Side:
        return OTHER_SIDE[side] if self._context.turned else side

    def _open(self, switch: Switch) -> Layer:
        context = self._context
        match switch.protocol:
            case "connect":
                return Sniffing(context, midstream=False)
            case "http/1.1":
                context.protocol("http/1.1", context.turned)
                return Http1(context, switch.hunting)
            case "http/2":
                context.protocol("http/2", context.turned)
                return Http2(context, switch.hunting, switch.exchange)
            case "websocket":
                context.protocol("websocket", context.turned)
                return WebSocket(context, switch.exchange)
            case name:
                context.protocol(name, context.turned)
                return Ignored()
