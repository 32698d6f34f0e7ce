"""Plays bytes to a decoder and gathers what it says.

Packets are numbered from 1 in the order of the steps, and packet ``n`` has the time ``1000 * n``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from heron_tui.http.decoder import Decoder
from heron_tui.http.limits import Limits
from heron_tui.model.flow import CLIENT, SERVER, Chunk, Close, Flow, FlowEvent, Gap, Marks, Opened, Side
from heron_tui.model.http import EventBatch, ExchangeEnd, HttpCounters, HttpEvent, Protocol, Request, Response, Trouble


@dataclass(frozen=True)
class Bytes:
    """Segments of one direction that come as one run."""

    side: Side
    segments: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        return b"".join(self.segments)


@dataclass(frozen=True)
class Lost:
    side: Side
    size: int


@dataclass(frozen=True)
class End:
    side: Side | None
    how: Literal["fin", "rst", "idle", "reuse", "eof"] = "fin"


Step = Bytes | Lost | End


def client(*segments: bytes) -> Bytes:
    return Bytes(CLIENT, segments)


def server(*segments: bytes) -> Bytes:
    return Bytes(SERVER, segments)


def a_flow(**more: Any) -> Flow:
    values: dict[str, Any] = {"n": 0, "id": "f0", "client": "10.0.0.1:50000", "server": "10.0.0.2:80"}
    return Flow(**(values | {"t_start_us": 0, "t_end_us": 0, "first_packet": 1} | more))


def flow_events(steps: Iterable[Step], flow: Flow) -> list[FlowEvent]:
    """The steps as the net floor gives them."""
    events: list[FlowEvent] = [Opened(flow)]
    offsets = [0, 0]
    packet = 0
    for step in steps:
        if isinstance(step, Bytes):
            places: list[tuple[int, int, int]] = []
            at = offsets[step.side]
            for segment in step.segments:
                packet += 1
                places.append((at, packet, 1000 * packet))
                at += len(segment)
            if step.data:
                marks = Marks(*np.array(places).T)
                events.append(Chunk(flow, step.side, offsets[step.side], step.data, marks))
            offsets[step.side] = at
        elif isinstance(step, Lost):
            events.append(Gap(flow, step.side, offsets[step.side], step.size, packet + 1, 1000 * (packet + 1)))
            offsets[step.side] += step.size
        else:
            packet += 1
            events.append(Close(flow, step.side, step.how, packet, 1000 * packet))
    return events


@dataclass
class Talk:
    """One exchange as it was told. `events`: (name, data, start, end), `times`: (first, last) packet times of each."""

    request: Request
    response: Response | None = None
    end: ExchangeEnd | None = None
    kind: str = ""
    events: list[tuple[str, bytes, int, int]] = field(default_factory=list)
    times: list[tuple[int, int]] = field(default_factory=list)
    packets: list[tuple[int, int]] = field(default_factory=list)

    @property
    def state(self) -> str:
        assert self.end
        return self.end.state

    @property
    def body(self) -> bytes:
        assert self.end
        return self.end.body

    @property
    def status(self) -> int:
        assert self.response
        return self.response.status

    @property
    def data(self) -> list[bytes]:
        return [event[1] for event in self.events]

    def content(self) -> tuple[Any, ...]:
        """All that does not depend on how the bytes were cut into packets."""
        request, response, end = self.request, self.response, self.end
        assert end
        return (
            (request.method, request.target, request.headers, request.body, request.complete, request.lost),
            (request.error, request.raw_size),
            response and (response.status, response.reason, response.headers, response.interim),
            (self.kind, self.events),
            (end.state, end.body, end.trailers, end.upgraded, end.error, end.raw_size, end.lost, end.unfinished),
        )


@dataclass
class Played:
    talks: list[Talk]
    protocols: list[Protocol]
    troubles: list[Trouble]
    counters: HttpCounters
    told: list[HttpEvent]

    @property
    def only(self) -> Talk:
        assert len(self.talks) == 1
        return self.talks[0]

    def contents(self) -> list[tuple[Any, ...]]:
        return [talk.content() for talk in self.talks]


def gather(told: Sequence[HttpEvent], counters: HttpCounters) -> Played:
    """Checks the order of the contract while it gathers."""
    talks: dict[str, Talk] = {}
    for event in told:
        match event:
            case Request():
                assert event.exchange not in talks
                talks[event.exchange] = Talk(event)
            case Response():
                talk = talks[event.exchange]
                assert talk.response is None and talk.end is None and not talk.events
                talk.response = event
            case EventBatch():
                talk = talks[event.exchange]
                assert talk.end is None and event.index == len(talk.events)
                talk.kind = event.kind
                talk.events += zip(event.names, event.data, event.starts.tolist(), event.ends.tolist(), strict=True)
                talk.times += zip(event.t_us.tolist(), event.t_end_us.tolist(), strict=True)
                talk.packets += zip(event.first_packet.tolist(), event.last_packet.tolist(), strict=True)
            case ExchangeEnd():
                talk = talks[event.exchange]
                assert talk.end is None and event.events == len(talk.events)
                talk.end = event
            case _:
                pass
    assert all(talk.end for talk in talks.values())
    protocols = [event for event in told if isinstance(event, Protocol)]
    troubles = [event for event in told if isinstance(event, Trouble)]
    return Played(list(talks.values()), protocols, troubles, counters, list(told))


def play(*steps: Step, limits: Limits | None = None, close: bool = True, **flow: Any) -> Played:
    """Give the steps to a decoder; `close`: the capture ends behind them."""
    decoder = Decoder(limits) if limits else Decoder()
    told: list[HttpEvent] = []
    for event in flow_events(steps, a_flow(**flow)):
        told += decoder.feed(event)
    if close:
        told += decoder.close()
    else:
        return Played([], [], [], decoder.counters, told)
    return gather(told, decoder.counters)


Splitter = Callable[[bytes], Sequence[bytes]]


def split_all(steps: Iterable[Step], splitter: Splitter) -> list[Step]:
    """The same bytes in other segments, each of them a run of its own, as in a live capture."""
    out: list[Step] = []
    for step in steps:
        if isinstance(step, Bytes):
            out += [Bytes(step.side, (part,)) for part in splitter(step.data)]
        else:
            out.append(step)
    return out


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def at_places(cuts: Sequence[int]) -> Splitter:
    """Cut at these places (taken modulo the length)."""

    def split(data: bytes) -> list[bytes]:
        if not data:
            return []
        places = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
        return [data[a:b] for a, b in pairwise(places)]

    return split


def chunked(*parts: bytes, trailers: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


def response(body: bytes = b"", *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """A response with Content-Length."""
    lines = (b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def stream(*parts: bytes, kind: bytes = b"text/event-stream", encoding: bytes = b"") -> bytes:
    """A chunked response that streams, one chunk for each part."""
    more = b"Content-Encoding: " + encoding + b"\r\n" if encoding else b""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\n" + more + b"Transfer-Encoding: chunked\r\n\r\n"
    return head + chunked(*parts)


GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


def post(body: bytes, *headers: bytes, target: bytes = b"/v1/messages") -> bytes:
    lines = (b"POST " + target + b" HTTP/1.1", b"Host: api", *headers, b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
