"""HTTP exchanges, whatever version carried them: the events that the http floor gives to those above it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .headers import Headers
    from .packet import Ints


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stood on the wire: bytes [start, end) of its direction's stream, and the packets and times."""

    start: int
    end: int
    first_packet: int
    last_packet: int
    t_first_us: int
    t_last_us: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whole or as far as it was seen.

    Attributes:
        exchange: id: `x` and 15 hex digits from the flow's id and the ordinal on the connection (HTTP/2: stream id).
        flow: id of the flow.
        stream: HTTP/2 stream or WebSocket message number; None for HTTP/1.
        transport: `http/1.1`, `http/2`, `websocket`.
        target: as on the wire (`/v1/messages?beta=true`).
        host: Host header or :authority, else the server's address.
        headers: as on the wire, in order.
        body: decoded (transfer and content encodings removed).
        encoding: Content-Encoding as on the wire, None for identity.
        raw_size: bytes of the body on the wire, before content decoding.
        head, place: of the head alone, and of the whole request.
        complete: False where the client went away or the capture ended inside it.
        lost: bytes inside it that a gap took. holed: something of it is missing, however much.
        error: why the body could not be decoded, if so.
    """

    exchange: str
    flow: str
    client: str
    server: str
    stream: int | None
    transport: str
    method: str
    target: str
    host: str
    headers: Headers
    body: bytes
    encoding: str | None
    raw_size: int
    head: Place
    place: Place
    complete: bool = True
    lost: int = 0
    holed: bool = False
    error: str | None = None

    @property
    def path(self) -> str:
        """The target without query (and without scheme and host of an absolute form)."""
        target = self.target.partition("?")[0]
        if "://" in target[:10]:
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        return target


@dataclass(frozen=True, slots=True)
class Response:
    """The head of the final (not 1xx) response. `interim` holds the status codes of the 1xx before it."""

    exchange: str
    status: int
    reason: str
    headers: Headers
    encoding: str | None
    head: Place
    interim: tuple[int, ...] = ()


@dataclass(slots=True)
class EventBatch:
    """Consecutive events of one response: SSE events, NDJSON lines, WebSocket or gRPC messages. Parallel columns.

    Attributes:
        kind: `sse`, `ndjson`, `websocket`.
        index: number of the first event of the batch within the exchange, from 0.
        names: SSE event type, "" where the stream gave none.
        data: the data field (lines joined by LF), UTF-8 as on the wire.
        starts, ends: bytes [start, end) in the decoded response body.
        t_us, t_end_us: capture time of the packets that carried the event's first and last byte.
        first_packet, last_packet: those packets.
        alone: places of the events that say more than one more piece of an answer's text, once `wire` has read them;
            None where nobody can tell.
    """

    exchange: str
    kind: str
    index: int
    names: list[str]
    data: list[bytes]
    starts: Ints
    ends: Ints
    t_us: Ints
    t_end_us: Ints
    first_packet: Ints
    last_packet: Ints
    alone: list[int] | None = None

    def __len__(self) -> int:
        return len(self.data)


ExchangeState = Literal["complete", "cut", "aborted", "no_response", "open"]


@dataclass(frozen=True, slots=True)
class ExchangeEnd:
    """The end of an exchange.

    state: `complete` (the framing says the response is whole), `cut` (the connection ended, or a gap stood, inside the
    response), `aborted` (the client closed or reset first), `no_response` (nothing of a response was seen though the
    connection ended or went on), `open` (the capture ended while it was under way).

    Attributes:
        body: the decoded response body (for event streams too), cut at the cap of the observer.
        place: of the whole response, head included; None without response.
        raw_size: bytes of the body on the wire before content decoding.
        lost: bytes a gap took from the response; dropped: bytes beyond the observer's own cap. holed: something of it
            is missing, however much.
        upgraded: protocol name after a 101 or a 2xx to CONNECT.
        error: why the body could not be decoded, if so.
        events: how many events were told. unfinished: bytes of a last event that had begun when the body ended; it is
            never told, as the standard has it, but it is evidence of a cut.
    """

    exchange: str
    state: ExchangeState
    body: bytes
    place: Place | None
    t_end_us: int
    raw_size: int = 0
    lost: int = 0
    holed: bool = False
    dropped: int = 0
    trailers: Headers = ()
    upgraded: str | None = None
    error: str | None = None
    events: int = 0
    unfinished: int = 0


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a connection was found to speak: `http/1.1`, `http/2`, `websocket`, `tls`, `unknown`. May come again.

    `turned`: the flow's server is in truth the client (`Flow.turned`).
    """

    flow: str
    protocol: str
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a decoder could not follow, for a finding. `code` as in the product's table of findings."""

    code: str
    flow: str
    exchange: str | None
    text: str
    packet: int
    time_us: int


HttpEvent = Request | Response | EventBatch | ExchangeEnd | Protocol | Trouble


@dataclass(slots=True)
class HttpCounters:
    """Losses of the http floor, summed over all connections."""

    bytes_skipped: int = 0
    bodies_cut: int = 0
    desyncs: int = 0
    troubles: dict[str, int] = field(default_factory=dict)
