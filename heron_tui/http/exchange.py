"""One exchange, whatever HTTP version carries it: gathers its two messages and tells them in the order of the contract.

Request, Response, EventBatch*, ExchangeEnd. A response may well begin before its request is whole (an early error, a
segment of the request that was captured late): what it says is then held back.
"""

from collections.abc import Sequence

from ..core.ids import content_id
from ..model.headers import Headers, header
from ..model.http import EventBatch, ExchangeEnd, ExchangeState, HttpEvent, Place, Request, Response, Trouble
from .body import Body
from .context import Context
from .head import RequestHead, StatusHead, content_encoding, upgrade
from .run import Run

UNKNOWN = "?"


class Message:
    """One message under way: its body, and the place from its first to its last byte."""

    __slots__ = ("body", "end", "head", "headers", "last", "t_last")

    def __init__(self, context: Context, headers: Headers, head: Place, exchange: str | None) -> None:
        self.body = Body(context, headers, exchange)
        self.headers = headers
        self.head = head
        self.end, self.last, self.t_last = head.end, head.last_packet, head.t_last_us

    def feed(self, run: Run) -> EventBatch | None:
        self.touch(run.end, *run.last)
        return self.body.feed(run)

    def touch(self, end: int, packet: int, time_us: int) -> None:
        """A byte of the message (framing included) stood before `end`."""
        self.end, self.last, self.t_last = end, packet, time_us

    @property
    def place(self) -> Place:
        head = self.head
        return Place(head.start, self.end, head.first_packet, self.last, head.t_first_us, self.t_last)


class Exchange:
    """A request and its response.

    Attributes:
        request_done: nothing more of the request will come, and it was told.
        responded: the head of the final response was seen.
        ended: nothing more of the response will come.
        followed_by_loss: requests behind this one may be missing.
    """

    def __init__(self, context: Context, transport: str, key: object, stream: int | None = None) -> None:
        """`key` tells the exchange from the others of its connection: its ordinal, or stream and ordinal."""
        self.id = content_id("x", context.flow.id, key)
        self.request_done = False
        self.responded = False
        self.ended = False
        self.followed_by_loss = False
        self.method = UNKNOWN
        self.headers: Headers = ()
        self.interim: list[int] = []
        self.status = 0
        self.t_head = 0
        self.first_packet = 0
        self._context = context
        self._transport = transport
        self.stream = stream
        self.target = ""
        self._request: Message | None = None
        self._response: Message | None = None
        self._held: list[HttpEvent] = []
        self._held_events = 0
        self._trailers: Headers = ()

    def request_head(self, head: RequestHead) -> None:
        self.method, self.target, self.headers = head.method, head.target, head.headers
        self.first_packet, self.t_head = head.place.first_packet, head.place.t_first_us
        self._request = Message(self._context, head.headers, head.place, None)

    def request_body(self, run: Run) -> None:
        if self._request and not self.request_done:
            self._request.feed(run)

    def request_message(self, body: bytes) -> None:
        """A body that came framed by itself."""
        if self._request:
            self._request.body.whole(body)

    def request_gap(self, size: int) -> None:
        if self._request:
            self._request.body.gap(size)

    def request_touch(self, end: int, packet: int, time_us: int) -> None:
        if self._request and not self.request_done:
            self._request.touch(end, packet, time_us)

    def request_end(self, whole: bool) -> None:
        """The request is whole, or nothing more of it will come."""
        if self.request_done or self._request is None:
            return
        self.request_done = True
        message, context = self._request, self._context
        body = message.body
        body.close(whole)
        self._tell(
            Request(
                exchange=self.id,
                flow=context.flow.id,
                client=context.client,
                server=context.server,
                stream=self.stream,
                transport=self._transport,
                method=self.method,
                target=self.target,
                host=self._host(),
                headers=self.headers,
                body=body.take(),
                encoding=content_encoding(self.headers),
                raw_size=body.raw_size,
                head=message.head,
                place=message.place,
                complete=whole,
                lost=body.lost,
                holed=body.holed,
                error=body.error,
            )
        )
        if body.truncated:
            self._truncated(message, "request")
        held, self._held = self._held, []
        context.out += held

    def unknown_request(self) -> None:
        """The capture does not hold the request of this response."""
        if self._request or not self._response:
            return
        place = self._response.head
        here = Place(0, 0, place.first_packet, place.first_packet, place.t_first_us, place.t_first_us)
        self.request_head(RequestHead(UNKNOWN, "", (), here))
        self.request_end(whole=False)

    def respond(self, head: StatusHead) -> None:
        """The head of the final response."""
        self.responded = True
        self.status = head.status
        body_of = None if self.method == "HEAD" else self.id
        self._response = Message(self._context, head.headers, head.place, body_of)
        encoding = content_encoding(head.headers)
        self._tell(Response(self.id, head.status, head.reason, head.headers, encoding, head.place, tuple(self.interim)))

    def response_body(self, run: Run) -> None:
        if self._response and not self.ended:
            self._tell_events(self._response.feed(run))

    def messages(self, kind: str, messages: Sequence[tuple[str, bytes, Place]], raw_size: int) -> None:
        """Name, data and place of messages that came framed by themselves, in `raw_size` bytes; they need no head."""
        first, last = messages[0][2], messages[-1][2]
        if self._response is None:
            self._response = Message(self._context, (), first, self.id)
        self._response.touch(last.end, last.last_packet, last.t_last_us)
        self._response.body.raw_size += raw_size
        self._tell_events(self._response.body.messages(kind, messages))

    def response_gap(self, size: int) -> None:
        if self._response:
            self._response.body.gap(size)

    def response_touch(self, end: int, packet: int, time_us: int) -> None:
        if self._response and not self.ended:
            self._response.touch(end, packet, time_us)

    def trailers(self, headers: Headers) -> None:
        self._trailers = headers

    @property
    def response_headers(self) -> Headers:
        return self._response.headers if self._response else ()

    @property
    def upgraded(self) -> str | None:
        """The protocol that the connection goes on with behind the response (RFC 9110 7.8, 9.3.6)."""
        if self.status == 101 and self._response:
            return upgrade(self._response.headers) or upgrade(self.headers) or "unknown"
        return "connect" if self.method == "CONNECT" and 200 <= self.status < 300 else None

    def give_up(self, state: ExchangeState, t_us: int | None = None) -> None:
        """Nothing more of either message will come."""
        self.unknown_request()
        self.request_end(whole=False)
        self.end(state, t_us)

    def end(self, state: ExchangeState, t_us: int | None = None, upgraded: str | None = None) -> None:
        """Nothing more of the response will come. It waits until the request was told.

        `t_us`: when it ended, if that was not with the last byte of the response.
        """
        if self.ended:
            return
        message = self._response
        self.ended = True
        if message is None:
            missed = state == "cut"  # there was a response, and the capture has nothing of it
            self._tell(ExchangeEnd(self.id, state, b"", None, self.t_head if t_us is None else t_us, holed=missed))
            return
        body = message.body
        if body.holed and state == "complete":
            state = "cut"
        self._tell_events(body.close(state == "complete"))
        if body.truncated:
            self._truncated(message, "response")
        self._tell(
            ExchangeEnd(
                exchange=self.id,
                state=state,
                body=body.take(),
                place=message.place,
                t_end_us=message.t_last if t_us is None else t_us,
                raw_size=body.raw_size,
                lost=body.lost,
                holed=body.holed,
                dropped=body.dropped,
                trailers=self._trailers,
                upgraded=upgraded,
                error=body.error,
                events=body.events,
                unfinished=body.unfinished,
            )
        )

    def _host(self) -> str:
        if host := header(self.headers, "host") or header(self.headers, ":authority"):
            return host
        _, scheme, rest = self.target.partition("://")
        return rest.partition("/")[0] if scheme else self._context.server

    def _tell_events(self, batch: EventBatch | None) -> None:
        if batch is None:
            return
        if not self.request_done:
            self._held_events += len(batch)
            if self._held_events > self._context.limits.early:
                self.request_end(whole=False)
        self._tell(batch)

    def _tell(self, event: HttpEvent) -> None:
        """Responses wait until their request was told."""
        if self.request_done:
            self._context.out.append(event)
        else:
            self._held.append(event)

    def _truncated(self, message: Message, what: str) -> None:
        context, body = self._context, message.body
        context.counters.bodies_cut += 1
        troubles = context.counters.troubles
        troubles["body.truncated"] = troubles.get("body.truncated", 0) + 1
        text = f"{body.dropped} bytes of the {what} body are beyond what is kept of a body"
        text += f": it {body.error}" if body.swollen else ""
        place = message.place
        self._tell(Trouble("body.truncated", context.flow.id, self.id, text, place.last_packet, place.t_last_us))
