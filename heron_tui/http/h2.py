"""An HTTP/2 connection (RFC 9113): each stream is an exchange."""

from collections import OrderedDict

from ..model.flow import CLIENT, SERVER, Chunk, Close, Gap, Side
from ..model.headers import Headers
from ..model.http import ExchangeState, Place
from .context import Context
from .exchange import Exchange
from .frames import Frames
from .head import RequestHead, StatusHead
from .layer import UNSEEN, Switch
from .run import Run
from .websocket import WebSocket

TRANSPORT = "http/2"
CLOSED_STREAMS = 1000
UNKNOWN = "?"
ALL = 1 << 31
"""So many bytes are missing that whatever was under way is lost."""


class Http2:
    """Streams by id. Window sizes and settings are left alone: what came, came."""

    def __init__(self, context: Context, hunting: bool = False, upgraded: Exchange | None = None) -> None:
        """`hunting`: the connection was joined in the middle. `upgraded`: the HTTP/1 exchange that became stream 1
        (RFC 7540 3.2)."""
        self._context = context
        self._streams: dict[int, Exchange] = {}
        self._over: OrderedDict[int, None] = OrderedDict()
        self._sockets: dict[int, WebSocket] = {}
        self._asking: set[int] = set()
        self._answering: set[int] = set()
        self._blind = hunting
        self._said = False
        self._closed: list[tuple[Side | None, int]] = []
        self._frames = (
            Frames(_Asked(self), context, preface=not hunting, hunting=hunting),
            Frames(_Answered(self), context, preface=False, hunting=hunting),
        )
        if upgraded:
            self._streams[1] = upgraded
            self._answering.add(1)

    def feed(self, event: Chunk | Gap, side: Side) -> Switch | None:
        self._frames[side].feed(event)
        return None

    def close(self, close: Close, side: Side | None) -> None:
        self._closed.append((side, close.time_us))
        first, at = self._closed[0]
        if close.how == "fin" and len(self._closed) == 1 and side == CLIENT:
            return
        for frames in self._frames:
            frames.close()
        for socket in self._sockets.values():
            socket.end(close, first)
        self._sockets.clear()
        for exchange in list(self._streams.values()):
            state: ExchangeState = "aborted" if first == CLIENT else "open" if close.how in UNSEEN else "cut"
            if close.how == "reuse":
                exchange.response_gap(0)  # it did end, and the capture does not say how
            elif state == "cut" and not (exchange.responded or self._blind):
                state = "no_response"
            told = exchange.responded and state != "aborted"
            exchange.give_up(state, None if told or state == "open" else at)
        self._streams.clear()

    # What the two directions tell, by way of `_Asked` and `_Answered`.

    def request(self, stream: int, headers: Headers | None, place: Place) -> None:
        self._say(place)
        if stream in self._streams or stream in self._over:
            return  # trailers
        exchange = self._open(stream)
        exchange.request_head(_request_head(headers or (), place))
        self._asking.add(stream)
        self._answering.add(stream)

    def response(self, stream: int, headers: Headers | None, place: Place) -> None:
        self._say(place)
        exchange = self._streams.get(stream)
        if exchange is None:
            if stream in self._over or not self._blind:
                return
            exchange = self._open(stream)
            self._answering.add(stream)
        status = _status(headers)
        if exchange.responded:
            exchange.trailers(headers or ())
        elif 100 <= status < 200:
            exchange.interim.append(status)
        else:
            exchange.respond(StatusHead(status, "", headers or (), place))
            exchange.unknown_request()
            if 200 <= status < 300 and _value(exchange.headers, ":protocol") == "websocket":
                self._accept(stream, exchange)

    def _accept(self, stream: int, exchange: Exchange) -> None:
        """The stream goes on as a WebSocket (RFC 8441 5)."""
        exchange.request_end(whole=True)
        exchange.end("complete", upgraded="websocket")
        self._sockets[stream] = WebSocket(self._context, exchange)

    def says(self, side: Side, stream: int, run: Run) -> None:
        """Data of a stream."""
        if socket := self._sockets.get(stream):
            for wire, data in run.pieces():
                socket.feed(Chunk(self._context.flow, side, wire, data, run.marks), side)
        elif exchange := self._streams.get(stream):
            (exchange.request_body if side == CLIENT else exchange.response_body)(run)

    def misses(self, side: Side, stream: int, size: int) -> None:
        """`size` bytes of a stream's data will not come."""
        if socket := self._sockets.get(stream):
            socket.feed(self._gap(side, size), side)
        elif exchange := self._streams.get(stream):
            (exchange.request_gap if side == CLIENT else exchange.response_gap)(size)

    def _gap(self, side: Side, size: int) -> Gap:
        return Gap(self._context.flow, side, 0, size, 0, 0)

    def _hang_up(self, side: Side, stream: int, place: Place) -> None:
        if socket := self._sockets.pop(stream, None):
            socket.end(Close(self._context.flow, side, "fin", place.last_packet, place.t_last_us), side)

    def promise(self, stream: int, headers: Headers | None, place: Place) -> None:
        self.request(stream, headers, place)
        self.request_end(stream, place)

    def request_end(self, stream: int, place: Place) -> None:
        self._hang_up(CLIENT, stream, place)
        if exchange := self._streams.get(stream):
            exchange.request_touch(place.end, place.last_packet, place.t_last_us)
            exchange.request_end(whole=True)
            self._asking.discard(stream)
            self._finish(stream)

    def response_end(self, stream: int, place: Place) -> None:
        self._hang_up(SERVER, stream, place)
        exchange = self._streams.get(stream)
        if exchange and exchange.responded:
            exchange.response_touch(place.end, place.last_packet, place.t_last_us)
            exchange.end("complete")
            self._answering.discard(stream)
            self._finish(stream)

    def reset(self, side: Side, stream: int, place: Place) -> None:
        self._hang_up(side, stream, place)
        exchange = self._streams.get(stream)
        if exchange is None:
            return
        if side == CLIENT:
            exchange.give_up("aborted", place.t_last_us)
        else:
            exchange.give_up(
                "cut" if exchange.responded else "no_response", None if exchange.responded else place.t_last_us
            )
        self._drop(stream)

    def goaway(self, side: Side, last: int, place: Place) -> None:
        """RFC 9113 6.8: the server will not answer what came behind `last`."""
        for stream, exchange in list(self._streams.items()):
            if side == SERVER and stream > last and stream % 2 and not exchange.responded:
                exchange.give_up("no_response", place.t_last_us)
                self._drop(stream)

    def lost(self, side: Side) -> None:
        self._blind = True
        self._said = False
        for socket in self._sockets.values():
            socket.feed(self._gap(side, ALL), side)
        for exchange in self._streams.values():
            if side == CLIENT:
                exchange.request_gap(0)
            else:
                exchange.response_gap(0)

    def _say(self, place: Place) -> None:
        """Once, at the first headers behind what is missing."""
        if self._blind and not self._said:
            self._said = True
            self._context.counters.desyncs += 1
            text = "frames are missing: headers that refer to earlier ones cannot be known"
            self._context.trouble("h2.desync", text, place.first_packet, place.t_first_us)

    def _open(self, stream: int) -> Exchange:
        if len(self._streams) >= self._context.limits.streams:
            oldest = next(iter(self._streams))
            self._streams[oldest].give_up("cut" if self._streams[oldest].responded else "no_response")
            self._drop(oldest)
        exchange = Exchange(self._context, TRANSPORT, f"{TRANSPORT} {stream}", stream)
        self._streams[stream] = exchange
        return exchange

    def _finish(self, stream: int) -> None:
        if stream not in self._asking and stream not in self._answering:
            self._drop(stream)

    def _drop(self, stream: int) -> None:
        self._streams.pop(stream, None)
        self._asking.discard(stream)
        self._answering.discard(stream)
        self._over[stream] = None
        if len(self._over) > CLOSED_STREAMS:
            self._over.popitem(last=False)


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _request_head(headers: Headers, place: Place) -> RequestHead:
    method = _value(headers, ":method") or UNKNOWN
    target = _value(headers, ":path") or (_value(headers, ":authority") if method == "CONNECT" else "")
    return RequestHead(method, target, headers, place)


def _status(headers: Headers | None) -> int:
    """0 where it is unknown."""
    status = _value(headers or (), ":status")
    return int(status) if len(status) == 3 and status.isascii() and status.isdigit() else 0


class _Asked:
    """Takes what the frames of the client's side tell."""

    def __init__(self, connection: Http2) -> None:
        self._connection = connection

    def headers(self, stream: int, headers: Headers | None, place: Place) -> None:
        self._connection.request(stream, headers, place)

    def promise(self, stream: int, headers: Headers | None, place: Place) -> None:
        """A client promises nothing."""

    def data(self, stream: int, run: Run) -> None:
        self._connection.says(CLIENT, stream, run)

    def missing(self, stream: int, size: int) -> None:
        self._connection.misses(CLIENT, stream, size)

    def end(self, stream: int, place: Place) -> None:
        self._connection.request_end(stream, place)

    def reset(self, stream: int, _code: int, place: Place) -> None:
        self._connection.reset(CLIENT, stream, place)

    def goaway(self, last: int, place: Place) -> None:
        self._connection.goaway(CLIENT, last, place)

    def lost(self) -> None:
        self._connection.lost(CLIENT)


class _Answered:
    """Takes what the frames of the server's side tell."""

    def __init__(self, connection: Http2) -> None:
        self._connection = connection

    def headers(self, stream: int, headers: Headers | None, place: Place) -> None:
        self._connection.response(stream, headers, place)

    def promise(self, stream: int, headers: Headers | None, place: Place) -> None:
        self._connection.promise(stream, headers, place)

    def data(self, stream: int, run: Run) -> None:
        self._connection.says(SERVER, stream, run)

    def missing(self, stream: int, size: int) -> None:
        self._connection.misses(SERVER, stream, size)

    def end(self, stream: int, place: Place) -> None:
        self._connection.response_end(stream, place)

    def reset(self, stream: int, _code: int, place: Place) -> None:
        self._connection.reset(SERVER, stream, place)

    def goaway(self, last: int, place: Place) -> None:
        self._connection.goaway(SERVER, last, place)

    def lost(self) -> None:
        self._connection.lost(SERVER)
