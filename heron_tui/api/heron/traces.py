"""Turns (its traces): lists by page, one with its calls, and counts by agent and over time.

A call that a proxy handed on is one call here, so that no turn is a hop of another one.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from ...store.reader import Reader
from ...store.shapes import Record
from ...store.stopping import Stop
from ...store.where import Where
from .about import MODEL
from .asking import MOST_PAGES, SOURCE, Terms, between, end_of, many, ms, named, number, order, page, service, window
from .spans import span_detail

SORTS = {
    "start_time": "t_start_us",
    "end_time": "t_end_us",
    "duration_ms": "duration_us",
    "call_count": "call_count",
    "total_input_tokens": "input_tokens",
    "total_output_tokens": "output_tokens",
}
PREVIEW = 200
STEPS_S = (60, 300, 600, 1800, 3600, 7200, 14400, 86400)
POINTS = 120
"""Steps that a window is cut into, about."""
OF_CALLS = ("call.turn", "call.wire_api", "call.client", "call.server", "coalesce(call.cache_write_tokens, 0)")


async def traces(request: Request) -> dict[str, Any]:
    terms = _terms(request)
    start, stop = page(request)
    by = order(request, SORTS, "start_time")

    def question(reader: Reader, _: Stop) -> tuple[int, list[dict[str, Any]]]:
        rows = reader.rows("turn", start, stop, where=terms.where, order=by)
        return reader.count("turn", terms.where), told(reader, rows)

    total, items = await service(request).lists.ask(question, request)
    return {"total": total, "items": items}


async def summary(request: Request) -> dict[str, Any]:
    values = ("turn.agent", "turn.input_tokens", "turn.output_tokens", "turn.duration_us", "turn.t_end_us")
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for agent, *rest in await _columns(request, values):
        groups[agent].append(tuple(rest))
    rows = []
    for agent, turns in sorted(groups.items(), key=lambda group: -len(group[1])):
        known = [turn[2] for turn in turns if turn[2] is not None]
        rows.append(
            {
                "agent_kind": agent,
                "turn_count": len(turns),
                "total_input_tokens": sum(turn[0] or 0 for turn in turns),
                "total_output_tokens": sum(turn[1] or 0 for turn in turns),
                "avg_duration_ms": sum(known) / len(known) / 1000 if known else None,
                "last_seen_ms": max(turn[3] for turn in turns) // 1000,
            }
        )
    return {"summary": rows}


async def activity(request: Request) -> dict[str, Any]:
    start, end = window(request)
    least = (end - start) / 1_000_000 / POINTS
    usual = next((step for step in STEPS_S if step >= least), STEPS_S[-1])
    step = number(request, "bucket", usual, STEPS_S[-1])
    counts = Counter(
        (began // 1_000_000 // step * step * 1000, agent)
        for began, agent in await _columns(request, ("turn.t_start_us", "turn.agent"))
    )
    return {
        "points": [
            {"timestamp_ms": at, "agent_kind": agent, "turn_count": count}
            for (at, agent), count in sorted(counts.items())
        ]
    }


async def one(request: Request) -> dict[str, Any]:
    id = request.path_params["id"]

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        return _detail(reader, named(reader, "turn", id, "trace"))

    return await service(request).lists.ask(question, request)


async def spans(request: Request) -> list[dict[str, Any]]:
    id = request.path_params["id"]
    lite = request.query_params.get("lite") == "1"

    def question(reader: Reader, _: Stop) -> list[dict[str, Any]]:
        named(reader, "turn", id, "trace")
        calls = reader.rows("call", 0, MOST_PAGES, where=Where("call.turn = ?", (id,)))
        return [{"sequence": at} | span_detail(reader, call, lite=lite) for at, call in enumerate(calls, 1)]

    return await service(request).lists.ask(question, request)


def told(reader: Reader, turns: Sequence[Record], *, whole: bool = False) -> list[dict[str, Any]]:
    """Turns as its lists show them; `whole`: with their texts instead of previews."""
    calls = _calls(reader, [turn["id"] for turn in turns])
    return [_item(turn, calls.get(turn["id"], []), whole=whole) for turn in turns]


def _item(turn: Record, calls: Sequence[tuple[Any, ...]], *, whole: bool) -> dict[str, Any]:
    _, api, client, server, _ = calls[0] if calls else (None, "", None, None, 0)
    ends = {} if whole else {"client_ip": end_of(client)[0], "server_ip": end_of(server)[0]}
    suffix = "" if whole else "_preview"
    return {
        "turn_id": turn["id"],
        "source_id": SOURCE,
        "session_id": turn["session"],
        "start_time": ms(turn["t_start_us"]),
        "end_time": ms(turn["t_end_us"]),
        "duration_ms": ms(turn["t_end_us"] - turn["t_start_us"]),
        "wire_api": api,
        "agent_kind": turn["agent"],
        **ends,
        "primary_model": next(iter(turn["models"]), None),
        "models_used": turn["models"],
        "call_count": len(turn["calls"]),
        "total_input_tokens": turn["input_tokens"] or 0,
        "total_output_tokens": turn["output_tokens"] or 0,
        "status": turn["status"],
        "final_finish_reason": turn["finish"],
        f"user_input{suffix}": _text(turn["prompt"], whole=whole),
        f"final_answer{suffix}": _text(turn["answer"], whole=whole),
        "tool_surfaces": ["function_call"] if turn["tools"] else [],
        "tool_call_total": turn["tools"],
        "agent_topology": "multi_agent" if turn["subagents"] else "single_agent",
        "suspicious_skills": [],
    }


def _detail(reader: Reader, turn: Record) -> dict[str, Any]:
    calls = _calls(reader, [turn["id"]]).get(turn["id"], [])
    ids = turn["calls"]
    return _item(turn, calls, whole=True) | {
        "client_ip": end_of(calls[0][2])[0] if calls else "",
        "server_ip": end_of(calls[0][3])[0] if calls else "",
        "subagents_used": sorted({agent["name"] or agent["id"] for agent in turn["subagents"]}),
        "total_cache_read_input_tokens": turn["cache_read_tokens"] or 0,
        "total_cache_creation_input_tokens": sum(call[4] for call in calls),
        "total_cost_usd": turn["cost_usd"],
        "user_call_id": next(iter(ids), None),
        "final_call_id": next(iter(reversed(ids)), None),
        "span_ids": ids,
        "metadata": None,
    }


def _calls(reader: Reader, turns: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """What is asked of the calls of turns (`OF_CALLS`), by turn and in order of time."""
    where = Where("call.turn IN (SELECT value FROM json_each(?)) AND call.leg_of IS NULL", (json.dumps(list(turns)),))
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for _, *row in sorted(reader.paging.columns("call", ("call.t_request_us", *OF_CALLS), where), key=lambda r: r[0]):
        found[row[0]].append(tuple(row))
    return found


def _text(text: str | None, *, whole: bool) -> str | None:
    return (text if whole else text[:PREVIEW]) if text else None


def _terms(request: Request) -> Terms:
    start, end = window(request)
    terms = Terms()
    terms.add("turn.t_start_us >= ? AND turn.t_start_us < ?", start, end)
    terms.one_of("turn.status", many(request, "status"))
    terms.one_of("turn.agent", many(request, "agent_kind"))
    of_calls = Terms()
    of_calls.one_of("call.wire_api", many(request, "wire_api"))
    of_calls.one_of(MODEL, many(request, "model"))
    between(request, of_calls, "call")
    if of_calls.texts:
        where = of_calls.where
        terms.add(f"turn.id IN (SELECT call.turn FROM calls AS call WHERE {where.sql})", *where.params)
    return terms


async def _columns(request: Request, values: Sequence[str]) -> list[tuple[Any, ...]]:
    where = _terms(request).where

    def question(reader: Reader, _: Stop) -> list[tuple[Any, ...]]:
        return reader.paging.columns("turn", values, where)

    return await service(request).lists.ask(question, request)
