"""The eight metrics of the calls in a store. Only chat calls count, and the legs of a call not beside it.

The rules are those of `heron_tui.metrics`.
"""

import sqlite3
from dataclasses import asdict
from typing import Any

from ..metrics import measure
from ..metrics.measure import Measures, Spread
from ..metrics.points import CallPoint, Group, Points
from ..metrics.route import route
from .shapes import Record
from .where import Where

CALLS = """
    SELECT t_request_us, t_request_end_us, t_end_us, ttft_us, e2e_us, tpot_us, t_first_token_us, outcome, finish,
        iif(tokens_estimated, NULL, input_tokens) AS input_tokens, cache_read_tokens,
        iif(tokens_estimated, NULL, output_tokens) AS output_tokens,
        coalesce(response_model, request_model) AS model, server, path, agent,
        coalesce(json_extract(process, '$.comm'), json_extract(process, '$.pid')) AS process
    FROM calls AS call WHERE {where}
    AND operation = 'chat' AND leg_of IS NULL AND t_request_us < ? AND (t_end_us IS NULL OR t_end_us >= ?)
    ORDER BY t_request_us, id"""
EVER = (1 << 62, 0)


def points(
    connection: sqlite3.Connection, end_us: int | None = None, start_us: int | None = None, where: Where | None = None
) -> Points:
    """The chat calls that were under way within [start, end)."""
    end, start = (EVER[0] if end_us is None else end_us), (EVER[1] if start_us is None else start_us)
    sql, params = (CALLS.format(where=where.sql), where.params) if where else (CALLS.format(where="1"), ())
    return Points.of(_point(row) for row in connection.execute(sql, (*params, end, start)))


def _point(row: sqlite3.Row) -> CallPoint:
    return CallPoint(
        t_request_us=row["t_request_us"],
        t_request_end_us=row["t_request_end_us"],
        t_end_us=row["t_end_us"],
        ttft_us=row["ttft_us"],
        e2e_us=row["e2e_us"],
        tpot_us=row["tpot_us"],
        streamed=row["t_first_token_us"] is not None,
        outcome=row["outcome"],
        finish=row["finish"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cache_read_tokens=row["cache_read_tokens"],
        model=row["model"],
        route=route(row["server"], row["path"]),
        agent=row["agent"],
        process=None if row["process"] is None else str(row["process"]),
    )


def window(
    connection: sqlite3.Connection, window_us: int | None, end_us: int, where: Where | None = None
) -> tuple[Points, int, int] | None:
    """The calls of a window, its end and its length; None where the whole capture is asked for and holds no call."""
    if window_us is not None:
        return points(connection, end_us, end_us - window_us, where), end_us, window_us
    found = points(connection, where=where)
    extent = measure.extent(found)
    return None if extent is None else (found, extent[1], extent[1] - extent[0])


def table(connection: sqlite3.Connection, end_us: int, where: Where | None = None) -> list[Record]:
    """Each window, as a whole and by model and route, as records."""
    rows = []
    for name, window_us in (*measure.WINDOWS_US.items(), ("all", None)):
        asked = window(connection, window_us, end_us, where)
        if asked is None:
            continue
        rows.append(_record(name, None, None, measure.measure(*asked)))
        groups: tuple[Group, ...] = ("model", "route")
        for by in groups:
            rows += [
                _record(name, by, group, measures)
                for group, measures in measure.measure_by(asked[0], by, *asked[1:]).items()
            ]
    return rows


def _record(window: str, by: str | None, group: str | None, measures: Measures) -> Record:
    return {
        "window": window,
        "by": by,
        "group": group,
        "calls": measures.started,
        "calls_ended": measures.ended,
        "call_rate": measures.call_rate,
        "ttft_us": _spread(measures.ttft),
        "e2e_us": _spread(measures.e2e),
        "tpot_us": _spread(measures.tpot),
        "input_tokens": measures.input_tokens,
        "output_tokens": measures.output_tokens,
        "input_tokens_per_s": measures.input_rate,
        "output_tokens_per_s": measures.output_rate,
        "active_calls": {"average": measures.active_average, "peak": measures.active_peak},
        "error_rate": measures.error_rate,
        "errors": measures.errors,
        "cache_hit_ratio": measures.cache_ratio,
        "finishes": measures.finishes,
        "start_us": measures.start_us,
        "end_us": measures.end_us,
    }


def _spread(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else asdict(spread)
