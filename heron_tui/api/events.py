"""Server-sent events: what changed, as it changes. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..core.errors import HeronError, UsageError
from ..store.contract import KINDS
from ..store.reader import Reader
from ..store.stopping import Stop
from .asked import known
from .health import engine, newest
from .problems import Problem
from .service import LOOK_S, Service

HEARTBEAT_S = 10.0
MOST_IDS = 500
"""Ids of a kind in one event: where more changed, the kind is in `more`, and `since` asks for the rest."""
MOST_LISTENERS = 16


async def stream(request: Request) -> Response:
    """Ticks, at most ten a second, from now on or from where `Last-Event-ID` left off."""
    service = cast(Service, request.app.state.service)
    known(request, ("kinds",))
    names = request.query_params.get("kinds")
    kinds = names.split(",") if names else list(KINDS)
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"kinds: there is no {kind[:40]!r}; there is {', '.join(KINDS)}")
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    if service.listening >= MOST_LISTENERS:
        raise Problem(503, f"{MOST_LISTENERS} clients listen to events already: close one")
    headers = {"x-accel-buffering": "no"}
    told = _ticks(service, kinds, request.headers.get("last-event-id", ""))
    return StreamingResponse(told, media_type="text/event-stream", headers=headers)


async def _ticks(service: Service, kinds: list[str], resumed: str) -> AsyncIterator[bytes]:
    service.listening += 1
    try:
        name, _, number = resumed.partition(".")
        mine = name == service.name and number.isascii() and number.isdigit() and len(number) < 18
        version = min(int(number), await service.version()) if mine else await service.version()
        state, counters = service.state, await _counters(service)
        yield b"retry: 1000\n\n"
        yield _event("hello", service, version, {"resumed": mine, "engine": engine(service), "counters": counters})
        sent = time.monotonic()
        while not service.stopping.is_set():
            now = await service.version()
            if now != version or service.state != state:
                changes = await service.quick.ask(partial(_changes, kinds=kinds, since=version))
                told, counters = counters, await _counters(service)
                if changes["changed"] or changes["gone"] or counters != told or service.state != state:
                    state, sent = service.state, time.monotonic()
                    last = service.engine.last if service.engine else None
                    more = {"progress": last.progress if last else None, "now_us": last.now_us if last else None}
                    yield _event("tick", service, now, {"state": state, "counters": counters} | more | changes)
                version = now
            elif time.monotonic() - sent >= HEARTBEAT_S:
                sent = time.monotonic()
                yield b": alive\n\n"
            await asyncio.sleep(LOOK_S)
    except HeronError as error:
        yield _event("problem", service, 0, {"message": str(error)})
    finally:
        service.listening -= 1


async def _counters(service: Service) -> dict[str, Any]:
    def stored(reader: Reader, _: Stop) -> dict[str, Any]:
        return reader.counters()

    return newest(service, await service.quick.ask(stored))


def _changes(reader: Reader, _: Stop, *, kinds: list[str], since: int) -> dict[str, Any]:
    """Ids by kind. They may be ahead of the version that is told with them: then they are told again."""
    found = {kind: reader.paging.changes(KINDS[kind], since, MOST_IDS) for kind in kinds}
    return {
        "changed": {kind: changes.ids for kind, changes in found.items() if changes.ids},
        "gone": {kind: changes.gone for kind, changes in found.items() if changes.gone},
        "more": [kind for kind, changes in found.items() if changes.more],
    }


def _event(name: str, service: Service, version: int, data: dict[str, Any]) -> bytes:
    data = {"version": version, "store": service.name} | data
    lines = (
        f"event: {name}",
        f"id: {service.name}.{version}" if version else "",
        f"data: {orjson.dumps(data).decode()}",
    )
    return "\n".join(filter(None, lines)).encode() + b"\n\n"
