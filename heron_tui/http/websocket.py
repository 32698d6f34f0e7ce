"""A WebSocket connection behind its upgrade: its messages as exchanges.

On a socket of the Responses API each ``response.create`` of the client opens an exchange, and what the server says
until the response has ended is its answer. One response is made at a time there, so messages that name no response
belong to the one begun last. All other messages, of either side, are the events of one exchange for the connection.
"""

from collections import deque
from dataclasses import dataclass, field

import msgspec

from ..model.flow import CLIENT, SERVER, Chunk, Close, Gap, Side
from ..model.headers import Headers
from ..model.http import ExchangeState, Place
from .context import Context
from .exchange import Exchange
from .head import RequestHead
from .layer import UNSEEN, Switch
from .ws_frames import TEXT, Frames, Message, takeover

TRANSPORT = "websocket"
CREATE = "response.create"
CREATED = "response.created"
ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled", "error"})
SIDES = ("client", "server")


class _Response(msgspec.Struct):
    id: str | None = None


class _Envelope(msgspec.Struct):
    """What of a message tells where it belongs."""

    type: str | None = None
    response: _Response | None = None
    response_id: str | None = None

    @property
    def id(self) -> str | None:
        return (self.response and self.response.id) or self.response_id


_decode = msgspec.json.Decoder(_Envelope).decode
NO_ENVELOPE = _Envelope()


def envelope(message: Message) -> _Envelope:
    """Of a JSON text message; an empty one for any other."""
    if message.kind != TEXT or not message.data or message.data.lstrip()[:1] != b"{":
        return NO_ENVELOPE
    try:
        return _decode(message.data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NO_ENVELOPE


@dataclass(slots=True)
class _Call:
    """A response.create and what the server has said to it. `messages`: not told yet."""

    exchange: Exchange
    id: str | None = None
    begun: bool = False
    messages: list[tuple[str, Message]] = field(default_factory=list)


class WebSocket:
    def __init__(self, context: Context, upgrade: Exchange | None = None) -> None:
        """`upgrade`: the exchange that opened it; None if that was not seen."""
        self._context = context
        self._upgrade = upgrade
        agreed: Headers = upgrade.response_headers if upgrade else ()
        self._frames = tuple(
            Frames(_Side(self, side), context, takeover(agreed, side == SERVER), hunting=upgrade is None)
            for side in (CLIENT, SERVER)
        )
        self._calls: deque[_Call] = deque()
        self._rest: _Call | None = None
        self._asked = 0
        self._answers_lost = upgrade is None
        self._closing: tuple[Side, int] | None = None
        self._half = False

    def feed(self, event: Chunk | Gap, side: Side) -> Switch | None:
        self._frames[side].feed(event)
        for call in (*self._calls, self._rest):
            if call:
                self._tell(call)
        return None

    def close(self, close: Close, side: Side | None) -> None:
        if close.how == "fin" and side == CLIENT and not self._half:  # what the server said may still be on its way
            self._half = True
            self._closing = self._closing or (CLIENT, close.time_us)
            self._frames[CLIENT].close()
        else:
            self.end(close, side)

    def end(self, close: Close, side: Side | None) -> None:
        """Nothing more comes of either side; `side` was the first to end."""
        if self._closing is None and side is not None:
            self._closing = side, close.time_us
        for frames in self._frames:
            frames.close()
        if close.how == "reuse":  # they did end, and the capture does not say how
            for call in self._calls:
                call.exchange.response_gap(0)
        self._end_all(close.how in UNSEEN, close.time_us, missed=close.how == "reuse")

    def message(self, side: Side, message: Message) -> None:
        if side == CLIENT:
            self._asked += 1
        if message.data is None:
            self.lost(side)
            return
        say = envelope(message)
        if side == CLIENT and say.type == CREATE:
            self._create(message)
            return
        call = self._of(say, message.place) if side == SERVER else None
        if call is None:
            self._connection(message).messages.append((SIDES[side], message))
            return
        call.begun = True
        call.messages.append((say.type or "", message))
        if say.type in ENDS:
            self._tell(call)
            call.exchange.end("complete")
            self._calls.remove(call)

    def closing(self, side: Side, place: Place) -> None:
        """A close frame: no further message comes from that side (RFC 6455 5.5.1)."""
        if self._closing is None:
            self._closing = side, place.t_last_us
        if side == SERVER:
            self._end_all(False, place.t_last_us)

    def lost(self, side: Side) -> None:
        """Messages of a side are missing, or may be."""
        if side == CLIENT:
            if self._calls:
                self._calls[-1].exchange.followed_by_loss = True
            return
        self._answers_lost = True
        for call in (*self._calls, self._rest):
            if call:
                self._tell(call)
                call.exchange.response_gap(0)

    def _create(self, message: Message) -> None:
        if len(self._calls) >= self._context.limits.pipelined:
            oldest = self._calls.popleft()
            oldest.exchange.give_up("cut" if oldest.begun else "no_response")
        self._calls.append(_Call(self._open(self._asked, message.place, message.data or b"")))

    def _open(self, number: int, place: Place, body: bytes | None) -> Exchange:
        """`body`: None where it is not known."""
        exchange = Exchange(self._context, TRANSPORT, self._context.next_ordinal(), number)
        up = self._upgrade
        head = RequestHead(up.method if up else "?", up.target if up else "", up.headers if up else (), place)
        exchange.request_head(head)
        if body is None:
            exchange.request_gap(0)
        exchange.request_message(body or b"")
        exchange.request_end(whole=body is not None)
        return exchange

    def _connection(self, message: Message) -> _Call:
        """The exchange for messages that belong to no response."""
        if self._rest is None:
            self._rest = _Call(self._open(0, message.place, b""))
        return self._rest

    def _of(self, say: _Envelope, place: Place) -> _Call | None:
        """The call that a message of the server belongs to.

        Behind a loss it may be the answer to any call: then only the newest is believed to get a new answer (a client
        asks again when it has its answer), and a message that names no response belongs to a call only if there is no
        other.
        """
        known = next((call for call in self._calls if say.id and call.id == say.id), None)
        if known or not (say.id or say.type == CREATED):
            alone = len(self._calls) == 1 and not self._calls[0].exchange.followed_by_loss
            return known or (self._calls[0] if alone or (self._calls and not self._answers_lost) else None)
        waiting = [call for call in self._calls if call.id is None]
        if self._answers_lost:
            waiting = [call for call in waiting[-1:] if not call.exchange.followed_by_loss]
        if waiting:
            fresh = waiting[0]
        elif say.type == CREATED:  # its response.create was not seen
            self._asked += 1
            fresh = _Call(self._open(self._asked, place, None))
            self._calls.append(fresh)
        else:
            return None
        fresh.id = say.id
        self._answers_lost = False
        while self._calls[0] is not fresh:
            ended = self._calls.popleft()
            self._tell(ended)
            ended.exchange.end("cut")
        return fresh

    def _tell(self, call: _Call) -> None:
        told = [(name, m.data, m.place) for name, m in call.messages if m.data is not None]
        raw_size = sum(message.raw_size for _, message in call.messages)
        call.messages = []
        if told:
            call.exchange.messages(TRANSPORT, told, raw_size)

    def _end_all(self, unseen: bool, time_us: int, *, missed: bool = False) -> None:
        left_us = self._closing[1] if self._closing and self._closing[0] == CLIENT else None
        calls = [*self._calls, *([self._rest] if self._rest else [])]
        self._calls.clear()
        self._rest = None
        for call in calls:
            self._tell(call)
            state: ExchangeState = "complete"
            if unseen and self._closing is None:
                state = "open"
            elif call.exchange.stream:
                state = "aborted" if left_us is not None else "cut" if call.begun or missed else "no_response"
            at = left_us if state == "aborted" else time_us if state == "no_response" else None
            call.exchange.end(state, at)


class _Side:
    """Takes what the frames of one side tell."""

    def __init__(self, connection: WebSocket, side: Side) -> None:
        self._connection = connection
        self._side = side

    def message(self, message: Message) -> None:
        self._connection.message(self._side, message)

    def closing(self, place: Place) -> None:
        self._connection.closing(self._side, place)

    def lost(self) -> None:
        self._connection.lost(self._side)
