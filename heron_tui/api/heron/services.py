"""Servers that answered calls, and who asked whom."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request

from ...core.errors import UsageError
from ...metrics.measure import spread
from ...store.reader import Reader
from ...store.stopping import Stop
from ...store.where import Where
from .about import MODEL
from .asking import end_of, exact_ms, number, service, window
from .metrics import FAILED

CLIENTS = "__clients__"
USUAL, MOST = 200, 500
MOST_MODELS, MOST_PATHS = 32, 8
APPS = frozenset({"vllm", "sglang", "ollama", "llamacpp", "litellm", "openai", "anthropic", "gemini"})
NAMES = {"google": "gemini"}
"""Its names for what serves, where ours is another one."""


class Asked(NamedTuple):
    """What is asked of a call; each leg of it is a call to a server of its own."""

    id: str
    leg_of: str | None
    turn: str | None
    server: str
    wire_api: str
    model: str
    path: str
    provider: str | None
    streaming: int | None
    outcome: str
    start_us: int
    ttft_us: int | None
    e2e_us: int | None
    input: int | None
    output: int | None


VALUES = (
    *("call.id", "call.leg_of", "call.turn", "call.server", "call.wire_api", MODEL, "call.path", "call.provider"),
    *("call.streaming", "call.outcome", "call.t_request_us", "call.ttft_us", "call.e2e_us", "call.input_tokens"),
    "call.output_tokens",
)


async def services(request: Request) -> dict[str, Any]:
    limit = number(request, "limit", USUAL, MOST)
    calls = await _calls(request)

    def question(reader: Reader, _: Stop) -> list[dict[str, Any]]:
        return [_service(reader, server, some) for server, some in _by_server(calls).items()]

    rows = await service(request).lists.ask(question, request)
    name = request.query_params.get("sort_by") or "call_count"
    if rows and (name not in rows[0] or isinstance(rows[0][name], list) or name in ("app", "server_header")):
        raise UsageError(f"sort_by: there is no {name[:40]!r}")
    falling = (request.query_params.get("sort_order") or "desc") != "asc"
    known = sorted((row for row in rows if row[name] is not None), key=lambda row: row[name], reverse=falling)
    return {"services": (known + [row for row in rows if row[name] is None])[:limit]}


async def topology(request: Request) -> dict[str, Any]:
    """Clients ask servers, and proxies ask the servers behind them: those are the legs of a call."""
    calls = await _calls(request)
    asked = {call.id: call for call in calls}
    nodes = [_node(CLIENTS, 0, "clients", [], sum(call.leg_of is None for call in calls))]
    for server, some in _by_server(calls).items():
        nodes.append(_node(*end_of(server), _app(some), _models(some), len(some)))
    edges: dict[tuple[str, int, str, int, str], set[str | None]] = defaultdict(set)
    for call in calls:
        before = asked.get(call.leg_of or "")
        kind, begin = ("proxy", end_of(before.server)) if before else ("client", (CLIENTS, 0))
        edges[(*begin, *end_of(call.server), kind)].add(before.turn if before else call.turn)
    return {
        "nodes": nodes,
        "edges": [
            {
                **dict(zip(("from_ip", "from_port", "to_ip", "to_port"), edge, strict=False)),
                "turn_count": len(turns - {None}),
                "kind": edge[4],
            }
            for edge, turns in sorted(edges.items())
        ],
    }


def _service(reader: Reader, server: str, calls: Sequence[Asked]) -> dict[str, Any]:
    address, port = end_of(server)
    ttft, e2e = (_spread([getattr(call, name) for call in calls]) for name in ("ttft_us", "e2e_us"))
    return {
        "server_ip": address,
        "server_port": port,
        "models": _models(calls),
        "wire_apis": sorted({call.wire_api for call in calls}),
        "request_paths": [path for path, _ in Counter(call.path for call in calls).most_common(MOST_PATHS)],
        "call_count": len(calls),
        "error_count": sum(call.outcome in FAILED for call in calls),
        "stream_count": sum(bool(call.streaming) for call in calls),
        "total_input_tokens": sum(call.input or 0 for call in calls),
        "total_output_tokens": sum(call.output or 0 for call in calls),
        "ttft_avg_ms": ttft[0],
        "ttft_p95_ms": ttft[1],
        "e2e_avg_ms": e2e[0],
        "e2e_p95_ms": e2e[1],
        "first_seen_ms": min(call.start_us for call in calls) // 1000,
        "last_seen_ms": max(call.start_us for call in calls) // 1000,
        "app": _app(calls),
        "server_header": _header(reader, server),
    }


def _header(reader: Reader, server: str) -> str | None:
    """What the newest answer of a server says of it."""
    where = Where("exchange.server = ? AND exchange.response_headers IS NOT NULL", (server,))
    for row in reader.rows("exchange", 0, 1, where=where, order="-t_request_us"):
        return next((value for name, value in row["response_headers"] if name.lower() == "server"), None)
    return None


def _spread(values: Sequence[int | None]) -> tuple[float | None, float | None]:
    """Average and 95th percentile, in milliseconds."""
    found = spread(np.array([math.nan if value is None else value for value in values], np.float64))
    return (exact_ms(found.average), exact_ms(found.p95)) if found else (None, None)


def _node(address: str, port: int, app: str | None, models: list[str], calls: int) -> dict[str, Any]:
    return {"server_ip": address, "server_port": port, "app": app, "models": models, "call_count": calls}


def _models(calls: Sequence[Asked]) -> list[str]:
    return [model for model, _ in Counter(call.model for call in calls if call.model).most_common(MOST_MODELS)]


def _app(calls: Sequence[Asked]) -> str | None:
    known = Counter(NAMES.get(call.provider, call.provider) for call in calls if call.provider)
    return next((name for name, _ in known.most_common() if name in APPS), None)


def _by_server(calls: Sequence[Asked]) -> dict[str, list[Asked]]:
    found: dict[str, list[Asked]] = defaultdict(list)
    for call in calls:
        found[call.server].append(call)
    return found


async def _calls(request: Request) -> list[Asked]:
    start, end = window(request)
    where = Where("call.operation = 'chat' AND call.t_request_us >= ? AND call.t_request_us < ?", (start, end))

    def question(reader: Reader, _: Stop) -> list[Asked]:
        found = [Asked(*row) for row in reader.paging.columns("call", VALUES, where)]
        return sorted(found, key=lambda call: (call.start_us, call.id))

    return await service(request).lists.ask(question, request)
