"""Plays exchanges to the wire floor: a request, then events or a body, then the end."""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from heron_tui.model.call import CallRequest, CallResponse, Outcome
from heron_tui.model.headers import Headers
from heron_tui.model.http import EventBatch, ExchangeEnd, ExchangeState, Place, Request, Response
from heron_tui.wire import registry
from heron_tui.wire.outcome import outcome

START_US = 1_000_000
STEP_US = 10_000
PLACE = Place(0, 0, 1, 1, START_US, START_US)


def request(
    target: str,
    body: Any = None,
    *,
    method: str = "POST",
    host: str = "127.0.0.1:8080",
    headers: Headers = (),
    transport: str = "http/1.1",
    **more: Any,
) -> Request:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Request(
        "x1", "f1", "10.0.0.1:1", "10.0.0.2:80", None, transport, method, target, host, headers, data, None, len(data),
        PLACE, PLACE, **more,
    )  # fmt: skip


def batch(data: list[bytes], names: list[str], first: int, kind: str = "sse") -> EventBatch:
    """Event `i` of the stream comes at ``START_US + i * STEP_US``."""
    count = np.arange(first, first + len(data))
    times = START_US + count * STEP_US
    borders = np.cumsum([0, *map(len, data)])
    return EventBatch("x1", kind, first, names, data, borders[:-1], borders[1:], times, times, count, count)


@dataclass
class Played:
    request: CallRequest
    answer: CallResponse
    outcome: Outcome

    @property
    def calls(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [(call.id, call.name, call.arguments) for call in self.answer.tool_calls]


def events_of(stream: list[Any]) -> tuple[list[bytes], list[str]]:
    """Events from objects (named by their `type`, as Anthropic and Responses do) or from bytes."""
    data = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in stream]
    names = [str(one.get("type", "")) if isinstance(one, dict) else "" for one in stream]
    return data, names


def play(
    asked: Request,
    stream: list[Any] | None = None,
    body: Any = None,
    *,
    status: int = 200,
    state: ExchangeState = "complete",
    cuts: tuple[int, ...] = (),
    kind: str = "sse",
    named: bool = True,
) -> Played:
    """Play one exchange; `cuts` are the places where the stream is cut into batches."""
    fold = registry.open(asked)
    assert fold is not None
    fold.respond(Response("x1", status, "", (), None, PLACE))
    if stream is not None:
        data, names = events_of(stream)
        names = names if named else [""] * len(names)
        edges = [0, *sorted(cut for cut in cuts if 0 < cut < len(data)), len(data)]
        for start, end in pairwise(edges):
            fold.events(batch(data[start:end], names[start:end], start, kind))
            fold.answer()
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    fold.end(ExchangeEnd("x1", state, raw, None, 0))
    answer = fold.answer()
    return Played(fold.request, answer, outcome(state, status, answer, fold.request.streaming))
