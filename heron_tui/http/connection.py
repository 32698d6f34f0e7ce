"""A connection from its first byte: finds out what it speaks, and hands it to the layer for that."""

from ..model.flow import CLIENT, SERVER, Chunk, Close, Flow, Gap, Side
from ..model.http import HttpCounters, HttpEvent
from .context import Context
from .layer import Ignored, Layer
from .limits import Budget, Limits
from .pairing import Http1
from .sniff import Kind, find_request, find_status, sniff
from .tape import Tape

OTHER_SIDE: tuple[Side, Side] = (SERVER, CLIENT)


class Connection:
    """All layers of one flow, one after the other. `over`: nothing more can come of it."""

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
        if isinstance(event, Chunk):
            self._seen = event.marks.packets[-1], event.marks.times[-1]
        side = self._side(event.side)
        self._layer = self._layer.feed(event, side) or self._layer

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

    def _side(self, side: Side) -> Side:
        return OTHER_SIDE[side] if self._context.turned else side


class Sniffing:
    """Before it is clear what a connection speaks.

    One that was seen from its beginning must begin with something known, else it is ignored. One that was joined
    midway is searched for the next message head of either kind, which also tells who is the client.
    """

    def __init__(self, context: Context, midstream: bool) -> None:
        self._context = context
        self._midstream = midstream
        self._tapes = (Tape(), Tape())
        self._skipped = 0

    def feed(self, event: Chunk | Gap, side: Side) -> Layer | None:
        tape = self._tapes[side]
        if isinstance(event, Gap):
            self._midstream = True
            self._skip(tape, len(tape.data))
            return None
        tape.append(event)
        data = tape.data[tape.pos :] if tape.pos else tape.data
        kind = sniff(data)
        if kind is Kind.OTHER and self._midstream:
            kind = self._search(tape, event)
        match kind:
            case Kind.PARTIAL:
                return self._ignore("unknown") if self._too_much() else None
            case Kind.REQUEST:
                return self._http1(side, side)
            case Kind.STATUS:
                return self._http1(OTHER_SIDE[side], side)
            case Kind.HTTP2:
                return self._ignore("http/2")
            case Kind.TLS:
                return self._ignore("tls")
            case Kind.OTHER:
                return self._ignore("unknown")

    def close(self, _close: Close, _side: Side | None) -> None:
        for tape in self._tapes:
            self._skip(tape, len(tape.data))

    def _search(self, tape: Tape, chunk: Chunk) -> Kind:
        if sniff(chunk.data) is Kind.TLS:
            return Kind.TLS
        request, keep_request = find_request(tape.data, tape.pos)
        status, keep_status = find_status(tape.data, tape.pos)
        found = [at for at in (request, status) if at is not None]
        if not found:
            self._skip(tape, min(keep_request, keep_status))
            return Kind.PARTIAL
        self._skip(tape, min(found))
        return Kind.REQUEST if min(found) == request else Kind.STATUS

    def _too_much(self) -> bool:
        limits = self._context.limits
        return sum(map(len, self._tapes)) > limits.waiting or self._skipped > limits.hunt

    def _skip(self, tape: Tape, to: int) -> None:
        self._context.skipped(to - tape.pos)
        self._skipped += to - tape.pos
        tape.pos = to

    def _ignore(self, name: str) -> Layer:
        self._context.protocol(name)
        return Ignored()

    def _http1(self, client: Side, decided: Side) -> Layer:
        """`decided`: the side whose bytes told; those of the other one are older."""
        context = self._context
        if client == SERVER:
            context.turn()
        context.protocol("http/1.1", context.turned)
        if self._midstream:
            older = self._tapes[OTHER_SIDE[decided]]
            self._skip(older, len(older.data))
        if self._skipped:
            tape = self._tapes[decided]
            text = f"{self._skipped} bytes before the first message head that was seen could not be read"
            context.trouble("tcp.midstream", text, *tape.at(tape.offset))
        layer: Layer = Http1(context, hunting=self._midstream)
        for side in (OTHER_SIDE[decided], decided):
            for chunk in self._tapes[side].rest(context.flow, side):
                layer = layer.feed(chunk, CLIENT if side == client else SERVER) or layer
        return layer
