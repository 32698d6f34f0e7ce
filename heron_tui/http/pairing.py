"""An HTTP/1 connection: which response answers which request (RFC 9112 9.3), and how each exchange ends."""

from collections import deque

from ..model.flow import CLIENT, SERVER, Chunk, Close, Gap, Side
from ..model.headers import Headers
from ..model.http import ExchangeState
from .context import Context
from .exchange import Exchange
from .h1 import Head, Reader
from .head import Framing, RequestHead, StatusHead, request_framing, response_framing, tokens, upgrade
from .layer import UNSEEN, Switch
from .run import Run

TRANSPORT = "http/1.1"
PROTOCOLS = {"websocket": "websocket", "h2c": "http/2", "connect": "connect"}


class Http1:
    """Pairs in order of arrival; a response answers no request that was sent after it.

    Where a gap may have taken answers, order alone does not tell any more. A client that never sent a request before
    the answer to the last one came (pipelining is rare) waits for its newest request only: the older ones were answered
    in the gap. Nothing is ascribed where a request may be missing behind that newest one, too, or where the client did
    pipeline and more than one request is open.

    A response whose request is not known is told with a request of method ``?``.
    """

    def __init__(self, context: Context, hunting: bool = False) -> None:
        """`hunting`: the connection was joined in the middle of something."""
        self._context = context
        self._requests = Reader(True, _Requests(self), context, hunting)
        self._responses = Reader(False, _Responses(self), context, hunting)
        self._open: deque[Exchange] = deque()
        self._interim: list[int] = []
        self._answers_lost = hunting
        self._requests_lost = False
        self._pipelined = False
        self._begun: Exchange | None = None  # answered while its request's head was not whole
        self._orphan = 0  # packet of the last response without a known request
        self._next: Switch | None = None
        self._closed: list[tuple[Side | None, int]] = []
        self._ending: tuple[ExchangeState, int | None] = ("cut", None)

    def feed(self, event: Chunk | Gap, side: Side) -> Switch | None:
        (self._requests if side == CLIENT else self._responses).feed(event)
        return self._next

    def close(self, close: Close, side: Side | None) -> None:
        self._closed.append((side, close.time_us))
        first, at = self._closed[0]
        fin = close.how == "fin"
        if fin and len(self._closed) == 1 and side == CLIENT:  # half closed: the answer may still come
            self._requests.close(clean=True)
            self._head_lost()
            return
        state: ExchangeState = "aborted" if first == CLIENT else "open" if close.how in UNSEEN else "cut"
        self._ending = state, at if first == CLIENT else None
        self._requests.close(clean=False)
        self._head_lost()
        missed = close.how == "reuse"  # it did end, and the capture does not say how
        for exchange in self._open if missed else ():
            exchange.response_gap(0)
        self._responses.close(clean=fin)
        for exchange in self._open:
            unanswered = "no_response" if state == "cut" and not missed else state
            exchange.give_up(unanswered, None if state == "open" else at)
        self._open.clear()

    # What the two readers tell, by way of `_Requests` and `_Responses`.

    def request_head(self, head: RequestHead) -> Exchange:
        exchange, self._begun = self._begun or self._new(), None
        exchange.request_head(head)
        # One that was answered before its head was whole, or may have been answered already, waits for no answer.
        if not exchange.responded and head.place.first_packet >= self._orphan:
            if len(self._open) >= self._context.limits.pipelined:
                self._give_up(self._open[0])
            self._open.append(exchange)
        return exchange

    def _new(self) -> Exchange:
        return Exchange(self._context, TRANSPORT, self._context.next_ordinal())

    def request_end(self, exchange: Exchange, whole: bool) -> None:
        exchange.request_end(whole)
        if not exchange.responded and exchange not in self._open:
            exchange.give_up("cut")
        if whole and not exchange.responded and (exchange.method == "CONNECT" or upgrade(exchange.headers)):
            self._requests.pause()

    def response_head(self, head: StatusHead) -> Exchange | None:
        """None for an interim response (RFC 9110 15.2)."""
        exchange = self._asked(head)
        becomes_h2 = head.status == 101 and upgrade(head.headers) == "h2c"
        if becomes_h2 or (head.status < 200 and head.status != 101):
            (exchange.interim if exchange else self._interim).append(head.status)
            if becomes_h2:  # the answer itself comes on stream 1 (RFC 7540 3.2)
                self._next = self._goes_on(exchange, "h2c")
            return None
        if exchange is None:
            exchange = self._new()
            exchange.interim = self._interim
            if self._requests.begun and self._begun is None:
                self._begun = exchange
            else:
                self._orphan = head.place.first_packet
            self._open.appendleft(exchange)
        self._interim = []
        exchange.respond(head)
        if exchange is not self._begun:
            exchange.unknown_request()
        refused = head.status >= 400 and "100-continue" in tokens(exchange.headers, "expect")
        if refused and not exchange.request_done:
            self._requests.refuse()
        return exchange

    def response_end(self, exchange: Exchange, whole: bool) -> None:
        if exchange in self._open:
            self._open.remove(exchange)
        if not whole:
            exchange.end(*self._ending)
            return
        upgraded = exchange.upgraded
        exchange.end("complete", upgraded=upgraded)
        if upgraded and self._next is None:
            self._next = self._goes_on(exchange, upgraded)
        else:
            self._requests.resume()

    def answers_lost(self) -> None:
        """Responses may be missing here."""
        self._answers_lost = True

    def requests_lost(self) -> None:
        """Requests may be missing here."""
        self._requests_lost = True
        self._head_lost()
        if self._open:
            self._open[-1].followed_by_loss = True

    def _head_lost(self) -> None:
        """The head that had begun will not become whole."""
        if self._begun:
            self._begun.unknown_request()
        self._begun = None

    def newer_than(self, exchange: Exchange) -> bool:
        """A request was sent, or may have been, behind that of `exchange`."""
        return exchange.followed_by_loss or bool(self._open and self._open[-1] is not exchange)

    def _asked(self, head: StatusHead) -> Exchange | None:
        """The exchange whose request this is the response to."""
        before = [e for e in self._open if not e.responded and e.first_packet <= head.place.first_packet]
        if not before or (self._pipelined and self._requests_lost):
            return None
        if not self._answers_lost:
            self._pipelined = self._pipelined or len(before) > 1
            return before[0]
        newest = before[-1]
        if newest.followed_by_loss or (self._pipelined and len(before) > 1):
            return None
        for exchange in before[:-1]:
            self._give_up(exchange)
        self._answers_lost = False
        return newest

    def _give_up(self, exchange: Exchange) -> None:
        exchange.give_up("cut" if exchange.responded or self._answers_lost else "no_response")
        self._open.remove(exchange)

    def _goes_on(self, exchange: Exchange | None, protocol: str) -> Switch:
        """The rest of both directions belongs to another protocol."""
        for other in list(self._open):
            if other is not exchange:
                self._give_up(other)
        switch = Switch(PROTOCOLS.get(protocol, "unknown"), exchange=exchange)
        switch.rest += [(event, CLIENT) for event in self._requests.rest(CLIENT)]
        switch.rest += [(event, SERVER) for event in self._responses.rest(SERVER)]
        return switch


class _Requests:
    """Takes what the reader of the client's side tells."""

    def __init__(self, connection: Http1) -> None:
        self._connection = connection
        self._exchange: Exchange | None = None

    def head(self, head: Head) -> Framing:
        assert isinstance(head, RequestHead)
        self._exchange = self._connection.request_head(head)
        return request_framing(head)

    def body(self, run: Run) -> None:
        if self._exchange:
            self._exchange.request_body(run)

    def gap(self, size: int) -> None:
        if self._exchange:
            self._exchange.request_gap(size)

    def touch(self, end: int, packet: int, time_us: int) -> None:
        if self._exchange:
            self._exchange.request_touch(end, packet, time_us)

    def end(self, whole: bool, _trailers: Headers = ()) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange:
            self._connection.request_end(exchange, whole)

    def lost_sync(self) -> None:
        self._connection.requests_lost()

    def superseded(self) -> bool:
        return self._exchange is not None and self._exchange.ended


class _Responses:
    """Takes what the reader of the server's side tells."""

    def __init__(self, connection: Http1) -> None:
        self._connection = connection
        self._exchange: Exchange | None = None

    def head(self, head: Head) -> Framing:
        assert isinstance(head, StatusHead)
        self._exchange = self._connection.response_head(head)
        return response_framing(head, self._exchange.method) if self._exchange else Framing("none")

    def body(self, run: Run) -> None:
        if self._exchange:
            self._exchange.response_body(run)

    def gap(self, size: int) -> None:
        if self._exchange:
            self._exchange.response_gap(size)

    def touch(self, end: int, packet: int, time_us: int) -> None:
        if self._exchange:
            self._exchange.response_touch(end, packet, time_us)

    def end(self, whole: bool, trailers: Headers = ()) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange:
            exchange.trailers(trailers)
            self._connection.response_end(exchange, whole)

    def lost_sync(self) -> None:
        self._connection.answers_lost()

    def superseded(self) -> bool:
        return self._exchange is not None and self._connection.newer_than(self._exchange)
