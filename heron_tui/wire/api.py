"""What a wire API brings: how to recognise its requests, read them, and fold what answers them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..model.call import CallRequest
from ..model.http import Request
from .answer import Answer
from .body import Body


@dataclass(frozen=True, slots=True)
class Route:
    """What a request's route says by itself.

    Attributes:
        model: where the path names it.
        streaming: where the path decides it.
        params: settings that stand in the query (Azure's ``api-version``).
    """

    operation: str = "chat"
    model: str | None = None
    streaming: bool | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WireApi:
    """A wire API.

    Attributes:
        name: as in records (`wire_api`).
        route: from method, path and headers alone; None where they say nothing. It runs on every
            request: keep it cheap.
        fits: whether a body is one of this API's chat requests, by its shape. With a route given, the shape may lack
            what the route says.
        read: what a chat request asks.
        answer: makes the fold for the answers to chat requests.
        turns_out: where requests of two APIs look the same, the other one, if the first event or the whole body of an
            answer is of its form.
    """

    name: str
    route: Callable[[Request], Route | None]
    fits: Callable[[Body, Route | None], bool]
    read: Callable[[Body, Route], CallRequest]
    answer: Callable[[], Answer]
    turns_out: "Callable[[bytes], WireApi | None] | None" = None


_model = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_stream = re.compile(rb'"stream"\s*:\s*true')


def read_torn(name: str, route: Route, data: bytes, error: str) -> CallRequest:
    """What can be told of a chat request whose body is cut or is no JSON: model and streaming, if they are in it."""
    model = _model.search(data)
    return CallRequest(
        wire_api=name,
        operation=route.operation,
        model=route.model or (model[1].decode("utf-8", "replace") if model else None),
        streaming=route.streaming if route.streaming is not None else bool(_stream.search(data)),
        error=error,
    )


def streaming(body: Body, route: Route, default: bool = False) -> bool:
    if route.streaming is not None:
        return route.streaming
    value = body.get("stream")
    return default if value is None else bool(value)


_deployment = re.compile(r"/openai/deployments/([^/?]+)/")
_api_version = re.compile(r"[?&]api-version=([\w.-]{1,40})")


def azure(request: Request) -> Route:
    """What Azure OpenAI says in the target of a request: the deployment stands for the model.

    ``/openai/deployments/{deployment}/chat/completions?api-version={version}``; everybody else says nothing there.
    """
    target = request.target
    found = _deployment.search(target)
    version = _api_version.search(target)
    return Route(model=found[1] if found else None, params={"api-version": version[1]} if version else {})


def is_array(body: Body, name: str) -> bool:
    raw = body.members.get(name)
    return raw is not None and bytes(memoryview(raw)[:1]) == b"["


def names_of(tools: Any, inner: str | None = None) -> tuple[str, ...]:
    """Names of the tools in a list; `inner` is the member that holds the name's object, if any."""
    found: list[str] = []
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        held = tool.get(inner) if inner else None
        holder = held if isinstance(held, dict) else tool
        name = holder.get("name") or tool.get("type")
        if isinstance(name, str):
            found.append(name)
    return tuple(found)
