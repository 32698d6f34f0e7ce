"""Before it is clear what a connection speaks."""

from ..model.flow import CLIENT, SERVER, Chunk, Close, Gap, Side
from .context import Context
from .frames import find_frame, side_of
from .layer import Switch
from .sniff import PREFACE, Kind, find_request, find_status, sniff
from .tape import Tape
from .ws_frames import MASKED, begins_messages

SIDE_UNKNOWN = 64 << 10  # bytes of HTTP/2 without headers, until the sides are taken as the flow has them
OTHER_SIDE: tuple[Side, Side] = (SERVER, CLIENT)


class Sniffing:
    """A connection that was seen from its beginning must begin with something known, else it is ignored. One that was
    joined midway is searched for the next message head of either kind, which also tells who is the client."""

    def __init__(self, context: Context, midstream: bool) -> None:
        self._context = context
        self._midstream = midstream
        self._tapes = (Tape(), Tape())
        self._skipped = 0

    def feed(self, event: Chunk | Gap, side: Side) -> Switch | None:
        tape = self._tapes[side]
        if isinstance(event, Gap):
            self._midstream = True
            self._skip(tape, len(tape.data))
            return None
        tape.append(event)
        kind = sniff(tape.data[tape.pos :])
        if self._midstream and kind in (Kind.OTHER, Kind.HTTP2_SERVER):  # a client's settings look like a server's
            kind = self._search(tape, event, side)
        match kind:
            case Kind.PARTIAL:
                return Switch("unknown") if self._too_much() else None
            case Kind.REQUEST:
                return self._speaks("http/1.1", side, side)
            case Kind.STATUS:
                return self._speaks("http/1.1", OTHER_SIDE[side], side)
            case Kind.HTTP2:
                self._midstream = self._midstream and not tape.data.startswith(PREFACE, tape.pos)
                return self._speaks("http/2", side, side)
            case Kind.HTTP2_SERVER:
                return self._speaks("http/2", OTHER_SIDE[side], side)
            case Kind.WEBSOCKET:
                return self._speaks("websocket", side, side)
            case Kind.WEBSOCKET_SERVER:
                return self._speaks("websocket", OTHER_SIDE[side], side)
            case Kind.TLS:
                return Switch("tls")
            case Kind.OTHER:
                return Switch("unknown")

    def close(self, _close: Close, _side: Side | None) -> None:
        for tape in self._tapes:
            self._skip(tape, len(tape.data))

    def _search(self, tape: Tape, chunk: Chunk, side: Side) -> Kind:
        if sniff(chunk.data) is Kind.TLS:
            return Kind.TLS
        request, keep_request = find_request(tape.data, tape.pos)
        status, keep_status = find_status(tape.data, tape.pos)
        found = [at for at in (request, status) if at is not None]
        if not found and (frame := find_frame(tape.data, tape.pos, least=2)) is not None:
            self._skip(tape, frame)
            return self._frames(tape, side)
        if not found and begins_messages(chunk.data, 0):
            self._skip(tape, len(tape.data) - len(chunk.data))
            masked = chunk.data[1] & MASKED
            return Kind.WEBSOCKET if masked else Kind.WEBSOCKET_SERVER
        if not found:
            self._skip(tape, min(keep_request, keep_status))
            return Kind.PARTIAL
        self._skip(tape, min(found))
        return Kind.REQUEST if min(found) == request else Kind.STATUS

    def _frames(self, tape: Tape, side: Side) -> Kind:
        """HTTP/2 from the middle: the first headers tell who speaks. What comes before them belongs to no
        known stream."""
        sender = side_of(tape.data, tape.pos)
        if sender is None and len(tape) < SIDE_UNKNOWN:
            return Kind.PARTIAL
        if sender is None:
            sender = side
        return Kind.HTTP2 if sender == CLIENT else Kind.HTTP2_SERVER

    def _too_much(self) -> bool:
        limits = self._context.limits
        return sum(map(len, self._tapes)) > limits.waiting or self._skipped > limits.hunt

    def _skip(self, tape: Tape, to: int) -> None:
        self._context.skipped(to - tape.pos)
        self._skipped += to - tape.pos
        tape.pos = to

    def _speaks(self, protocol: str, client: Side, decided: Side) -> Switch:
        """`decided`: the side whose bytes told; those of the other one are older."""
        context, other = self._context, OTHER_SIDE[decided]
        if self._midstream:
            self._skip(self._tapes[other], len(self._tapes[other].data))
        if self._skipped or (self._midstream and protocol == "websocket"):
            tape = self._tapes[decided]
            text = f"joined midway: {self._skipped} bytes before the first message that was seen could not be read"
            context.trouble("tcp.midstream", text, *tape.at(tape.offset))
        if client == SERVER:
            context.turn()
        rest = [(c, side) for side in (other, decided) for c in self._tapes[side].rest(context.flow, side)]
        mine = [(chunk, side if client == CLIENT else OTHER_SIDE[side]) for chunk, side in rest]
        return Switch(protocol, [*mine], hunting=self._midstream)
