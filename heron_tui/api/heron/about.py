"""Health, and the values by which its lists are filtered."""

import time
from typing import Any

from starlette.requests import Request

from ... import __version__
from ...store.reader import Reader
from ...store.stopping import Stop
from ...store.where import Where
from .asking import Terms, ip, many, service, window

CALLS = "call.operation = 'chat' AND call.leg_of IS NULL"
MODEL = "coalesce(call.response_model, call.request_model, '')"


async def health(request: Request) -> dict[str, Any]:
    held = service(request)
    running = held.engine is not None and held.engine.ended_us is None
    return {
        "status": "ready",
        "version": __version__,
        "uptime_secs": int(time.time() - held.started_us / 1e6),
        "pipelines": [{"name": "local", "running": running}],
    }


async def wire_apis(request: Request) -> dict[str, Any]:
    return {"values": await _values(request, "call.wire_api")}


async def models(request: Request) -> dict[str, Any]:
    return {"values": await _values(request, MODEL)}


async def server_ips(request: Request) -> dict[str, Any]:
    return {"values": await _values(request, ip("call.server"))}


async def agent_kinds(request: Request) -> dict[str, Any]:
    start, end = window(request)
    terms = Terms([CALLS])
    terms.add("call.t_request_us >= ? AND call.t_request_us < ?", start, end)
    terms.add("call.turn IS NOT NULL")
    terms.one_of("call.wire_api", many(request, "wire_api"))
    terms.one_of(MODEL, many(request, "model"))
    terms.one_of(ip("call.server"), many(request, "server_ip"))
    return {"values": await _values(request, "call.agent", terms.where)}


async def finish_reasons(request: Request) -> dict[str, Any]:
    def question(reader: Reader, _: Stop) -> set[tuple[str, str]]:
        where = Where(f"{CALLS} AND call.finish IS NOT NULL")
        return {(row[0], row[1]) for row in reader.paging.columns("call", ("call.wire_api", "call.finish"), where)}

    found = await service(request).lists.ask(question, request)
    return {"pairs": [{"wire_api": api, "finish_reason": finish} for api, finish in sorted(found)]}


async def _values(request: Request, value: str, where: Where | None = None) -> list[str]:
    def question(reader: Reader, _: Stop) -> set[str]:
        return {row[0] for row in reader.paging.columns("call", (value,), where or Where(CALLS)) if row[0]}

    return sorted(await service(request).lists.ask(question, request))
