"""Figures over a window: whole, by model, and in steps. Of chat calls that began in it, each once."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from starlette.requests import Request

from ...core.errors import UsageError
from ...metrics.measure import spread
from ...store.reader import Reader
from ...store.stopping import Stop
from .about import CALLS, MODEL
from .asking import Terms, exact_ms, ip, many, number, service, window

STEPS_S = {"10s": 10, "1m": 60, "5m": 300, "1h": 3600}
MOST_STEPS = 20_000
FAILED = frozenset({"error", "truncated", "aborted", "no_response"})


class Point(NamedTuple):
    """What is asked of a call."""

    start_us: int
    end_us: int | None
    wire_api: str
    model: str
    status: int | None
    outcome: str
    streaming: int | None
    first_us: int | None
    ttft_us: int | None
    e2e_us: int | None
    tpot_us: int | None
    input: int | None
    output: int | None
    cached: int | None
    written: int | None
    finish: str | None


VALUES = (
    *("call.t_request_us", "call.t_end_us", "call.wire_api", MODEL, "call.status", "call.outcome", "call.streaming"),
    *("call.t_first_token_us", "call.ttft_us", "call.e2e_us", "call.tpot_us", "call.input_tokens"),
    *("call.output_tokens", "call.cache_read_tokens", "call.cache_write_tokens", "call.finish"),
)
Points = Sequence[Point]


async def summary(request: Request) -> dict[str, Any]:
    return summed(await _points(request))


async def by_model(request: Request) -> dict[str, Any]:
    groups: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in await _points(request):
        groups[point.wire_api, point.model].append(point)
    rows = []
    for (api, model), points in groups.items():
        last = {"ttft_p95": _spread(points, "ttft_us", "p95"), "e2e_p95": _spread(points, "e2e_us", "p95")}
        rows.append({"wire_api": api, "model": model} | summed(points) | last)
    name = request.query_params.get("sort_by") or "call_count"
    if rows and (name not in rows[0] or name in ("wire_api", "model")):
        raise UsageError(f"sort_by: there is no {name[:40]!r}")
    falling = (request.query_params.get("sort_order") or "desc") != "asc"
    known = sorted((row for row in rows if row[name] is not None), key=lambda row: row[name], reverse=falling)
    return {"models": (known + [row for row in rows if row[name] is None])[: number(request, "limit", 20, 1000)]}


async def timeseries(request: Request) -> dict[str, Any]:
    step, names = _step(request), many(request, "fields")
    if not names:
        raise UsageError("fields must name at least one")
    for name in names:
        if name not in FIELDS and name not in ACTIVE:
            raise UsageError(f"fields: there is no {name[:40]!r}; there is {', '.join((*FIELDS, *ACTIVE))}")
    group = request.query_params.get("group_by") or ""
    if group not in ("", "wire_api", "model"):
        raise UsageError("group_by is wire_api or model")
    grid, placed = await _placed(request, step)
    groups: dict[str | None, dict[int, list[Point]]] = defaultdict(lambda: defaultdict(list))
    for place, point in placed:
        groups[getattr(point, group) if group else None][place].append(point)
    active = {
        one: _active([point for points in steps.values() for point in points], grid, step, window(request)[1])
        for one, steps in groups.items()
        if not set(ACTIVE).isdisjoint(names)
    }
    rows: list[dict[str, Any]] = []
    for name in sorted(set(names)):
        for one in sorted(groups, key=str):
            if name in ACTIVE:
                values = [now[name] or None for now in active[one]]
            else:
                values = [FIELDS[name](groups[one][at]) if at in groups[one] else None for at in range(len(grid))]
            rows.append({"name": name, "group": one, "values": values})
    return {"timestamps": grid, "series": rows}


async def finish_reasons(request: Request) -> dict[str, Any]:
    grid, placed = await _placed(request, _step(request))
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for place, point in placed:
        if point.finish:
            counts[point.finish][grid[place] * 1_000_000] += 1
    return {
        "series": [
            {"finish_reason": name, "points": sorted(map(list, counts[name].items()))} for name in sorted(counts)
        ]
    }


def summed(points: Points) -> dict[str, Any]:
    return {
        "call_count": len(points),
        "error_count": sum(point.outcome in FAILED for point in points),
        "error_4xx_count": _statuses(points, 400, 499),
        "error_429_count": _statuses(points, 429, 429),
        "error_5xx_count": _statuses(points, 500, 599),
        "total_input_tokens": sum(point.input or 0 for point in points),
        "total_output_tokens": sum(point.output or 0 for point in points),
        "ttft_avg": _spread(points, "ttft_us", "average"),
        "e2e_avg": _spread(points, "e2e_us", "average"),
        "tpot_avg": _spread(points, "tpot_us", "average"),
    }


def _statuses(points: Points, low: int, high: int) -> int:
    return sum(point.status is not None and low <= point.status <= high for point in points)


def _spread(points: Points, name: str, what: str) -> float | None:
    """Of durations, in milliseconds; None where none is known."""
    values = [getattr(point, name) for point in points]
    found = spread(np.array([math.nan if value is None else value for value in values], np.float64))
    return exact_ms(getattr(found, what)) if found else None


def _total(points: Points, name: str) -> float | None:
    known = [getattr(point, name) for point in points if getattr(point, name) is not None]
    return float(sum(known)) if known else None


def _average(points: Points, name: str) -> float | None:
    known = [getattr(point, name) for point in points if getattr(point, name) is not None]
    return sum(known) / len(known) if known else None


def _known(points: Points, name: str) -> float:
    return float(sum(getattr(point, name) is not None for point in points))


def _count(points: Points, test: Callable[[Point], bool]) -> float:
    return float(sum(map(test, points)))


Field = Callable[[Points], float | None]


def _fields() -> dict[str, Field]:
    found: dict[str, Field] = {
        "call_count": lambda points: float(len(points)),
        "stream_count": lambda points: _count(points, lambda point: bool(point.streaming)),
        "non_stream_count": lambda points: _count(points, lambda point: not point.streaming),
        "total_input_tokens": lambda points: _total(points, "input"),
        "total_output_tokens": lambda points: _total(points, "output"),
        "input_token_count": lambda points: _count(points, lambda point: point.input is not None),
        "output_token_count": lambda points: _count(points, lambda point: point.output is not None),
        "input_tokens_avg": lambda points: _average(points, "input"),
        "output_tokens_avg": lambda points: _average(points, "output"),
        "total_cache_read_input_tokens": lambda points: _total(points, "cached"),
        "total_cache_creation_input_tokens": lambda points: _total(points, "written"),
        "error_count": lambda points: _count(points, lambda point: point.outcome in FAILED),
        "error_4xx_count": lambda points: float(_statuses(points, 400, 499)),
        "error_429_count": lambda points: float(_statuses(points, 429, 429)),
        "error_5xx_count": lambda points: float(_statuses(points, 500, 599)),
    }
    for name in ("ttft", "ttft_stream", "ttft_nonstream", "e2e", "tpot"):
        for end, what in (("avg", "average"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99")):
            found[f"{name}_{end}"] = _duration(name, partial(_spread, what=what))
        found[f"{name}_sum"] = _duration(name, lambda points, column: exact_ms(_total(points, column)))
        found[f"{name}_count"] = _duration(name, _known)
    return found


def _duration(name: str, tell: Callable[[Points, str], float | None]) -> Field:
    column = f"{name.partition('_')[0]}_us"
    wanted = {"ttft_stream": True, "ttft_nonstream": False}.get(name)

    def told(points: Points) -> float | None:
        return tell([p for p in points if wanted is None or (p.first_us is not None) == wanted], column)

    return told


FIELDS = _fields()
ACTIVE = ("active_calls_avg", "active_calls_sum", "active_calls_sample_count", "active_calls_max")


def _active(points: Points, grid: Sequence[int], step_s: int, last_us: int) -> list[dict[str, float]]:
    """Calls open at once in each step, also of those that began in an earlier one. One under way lasts until `last_us`.

    A sample is a second: `active_calls_sum` over `active_calls_sample_count` is the average.
    """
    step_us = step_s * 1_000_000
    overlaps: list[list[tuple[int, int]]] = [[] for _ in grid]
    for point in points:
        end = last_us if point.end_us is None else point.end_us
        first = (point.start_us // 1_000_000 - grid[0]) // step_s
        for place in range(max(first, 0), min((end - grid[0] * 1_000_000) // step_us + 1, len(grid))):
            begin = grid[place] * 1_000_000
            overlaps[place].append((max(point.start_us, begin), min(end, begin + step_us)))
    found = []
    for open_ in overlaps:
        changes = sorted([(start, 1) for start, _ in open_] + [(end, -1) for _, end in open_])
        total = sum(end - start for start, end in open_) / 1_000_000
        peak = max(accumulate(change for _, change in changes), default=0)
        found.append(dict(zip(ACTIVE, (total / step_s, total, float(step_s), float(peak)), strict=True)))
    return found


def _step(request: Request) -> int:
    name = request.query_params.get("granularity", "")
    if name not in STEPS_S:
        raise UsageError(f"granularity is one of {', '.join(STEPS_S)}")
    start, end = window(request)
    if (end - start) // 1_000_000 > STEPS_S[name] * MOST_STEPS:
        fits = next((one for one, s in STEPS_S.items() if (end - start) // 1_000_000 <= s * MOST_STEPS), "1h")
        raise UsageError(f"more than {MOST_STEPS} steps: take granularity {fits}, or a shorter range")
    return STEPS_S[name]


async def _placed(request: Request, step_s: int) -> tuple[list[int], list[tuple[int, Point]]]:
    """The steps of a window, in seconds, and its calls with their places among them."""
    start, end = window(request)
    first = math.ceil(start / 1_000_000 / step_s) * step_s
    grid = list(range(first, end // 1_000_000, step_s))
    placed = [((point.start_us // 1_000_000 - first) // step_s, point) for point in await _points(request)]
    return grid, [(place, point) for place, point in placed if 0 <= place < len(grid)]


async def _points(request: Request) -> list[Point]:
    start, end = window(request)
    terms = Terms([CALLS])
    terms.add("call.t_request_us >= ? AND call.t_request_us < ?", start, end)
    terms.one_of("call.wire_api", many(request, "wire_api"))
    terms.one_of(MODEL, many(request, "model"))
    terms.one_of(ip("call.server"), many(request, "server_ip"))

    def question(reader: Reader, _: Stop) -> list[Point]:
        return [Point(*row) for row in reader.paging.columns("call", VALUES, terms.where)]

    return await service(request).lists.ask(question, request)
