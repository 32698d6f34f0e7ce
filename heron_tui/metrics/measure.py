"""The eight metrics over a window of capture time, whole or by group, and in steps for plots.

A window is half open, ``[start, end)``. What belongs to it: calls *started* in it (call rate); calls *ended* in it
(E2E, TPOT, tokens, errors, cache, finish reasons); first tokens that *came* in it (TTFT); calls *open* at any moment of
it (active calls).
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from .points import OPEN_US, Floats, Group, Mask, Points

SECOND = 1_000_000
WINDOWS_US = {"1m": 60 * SECOND, "5m": 300 * SECOND, "15m": 900 * SECOND, "1h": 3600 * SECOND}
STEPS_US = (SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND, 300 * SECOND, 900 * SECOND, 3600 * SECOND)
MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Spread:
    """How durations spread, in microseconds. Percentiles of the values themselves, linear between two of them."""

    count: int
    average: float
    p50: float
    p95: float
    p99: float
    largest: float


@dataclass(frozen=True, slots=True)
class Measures:
    """The metrics of one window. Rates are per second; None where nothing happened that could be measured.

    Attributes:
        started, ended: calls that did so in the window.
        call_rate: calls started a second.
        ttft, e2e, tpot: `ttft` holds answers that were no streams too; `ttft_unstreamed` says how many.
        input_tokens, output_tokens: of the calls that ended; `input_rate` and `output_rate` a second.
        active_average, active_peak: calls open at once, over the window.
        errors: calls that ended in error, by outcome (`error`, `truncated`, `aborted`, `no_response`).
        error_rate: calls in error over calls ended.
        cache_ratio: cached input tokens over all input tokens, never above 1.
        finishes: calls ended, by finish reason ("" where none was said).
    """

    start_us: int
    end_us: int
    started: int
    ended: int
    call_rate: float
    ttft: Spread | None
    ttft_unstreamed: int
    e2e: Spread | None
    tpot: Spread | None
    input_tokens: int
    output_tokens: int
    input_rate: float
    output_rate: float
    active_average: float
    active_peak: int
    errors: dict[str, int]
    error_rate: float | None
    cache_ratio: float | None
    finishes: dict[str, int]


def measure(points: Points, end_us: int, length_us: int) -> Measures:
    """The metrics of the window of `length_us` that ends before `end_us`.

    Raises:
        ValueError: the window has no length.
    """
    if length_us <= 0:
        raise ValueError(f"a window must have a length, not {length_us} us")
    start_us, seconds = end_us - length_us, length_us / SECOND
    points = points.where((points.start < end_us) & (points.end >= start_us))
    ended = (points.end >= start_us) & (points.end < end_us)
    first = (points.first >= start_us) & (points.first < end_us)
    started = int(np.count_nonzero(points.start >= start_us))
    rows = [points.rows[place] for place in np.flatnonzero(ended)]
    errors = Counter(str(row.outcome) for row in rows if row.outcome not in ("ok", "in_progress", "unknown"))
    input_tokens, output_tokens = int(points.input[ended].sum()), int(points.output[ended].sum())
    average, peak = _active(points, start_us, end_us)
    return Measures(
        start_us=start_us,
        end_us=end_us,
        started=started,
        ended=len(rows),
        call_rate=started / seconds,
        ttft=spread(points.ttft[first]),
        ttft_unstreamed=sum(not points.rows[place].streamed for place in np.flatnonzero(first)),
        e2e=spread(points.e2e[ended]),
        tpot=spread(points.tpot[ended]),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        input_rate=input_tokens / seconds,
        output_rate=output_tokens / seconds,
        active_average=average,
        active_peak=peak,
        errors=dict(errors),
        error_rate=errors.total() / len(rows) if rows else None,
        cache_ratio=int(points.cached[ended].sum()) / input_tokens if input_tokens else None,
        finishes=dict(Counter(row.finish or "" for row in rows)),
    )


def measure_by(points: Points, group: Group, end_us: int, length_us: int) -> dict[str | None, Measures]:
    """The metrics of a window for each model, route, agent or process that has a call in it."""
    touched = points.where((points.start < end_us) & (points.end >= end_us - length_us))
    return {name: measure(part, end_us, length_us) for name, part in touched.grouped(group).items()}


def series(points: Points, start_us: int, end_us: int, step_us: int) -> list[Measures]:
    """The metrics of consecutive steps from `start_us` until `end_us` is covered; the last step may reach beyond it.

    Raises:
        ValueError: the step has no length, or there would be more than `MOST_STEPS`.
    """
    if step_us <= 0:
        raise ValueError(f"a step must have a length, not {step_us} us")
    if end_us - start_us > step_us * MOST_STEPS:
        raise ValueError(f"more than {MOST_STEPS} steps: take longer ones")
    return [measure(points, start + step_us, step_us) for start in range(start_us, end_us, step_us)]


def extent(points: Points) -> tuple[int, int] | None:
    """Start and end of the window that holds everything; None where there are no calls.

    The end lies a microsecond behind the last thing known of any call, so that this too is in the window.
    """
    if not len(points):
        return None
    known = [points.start, points.end[points.end < OPEN_US], points.first[points.first < OPEN_US]]
    return int(points.start.min()), max(int(column.max()) for column in known if len(column)) + 1


def step_for(length_us: int, columns: int) -> int:
    """The shortest step of `STEPS_US` that shows `length_us` in at most `columns` steps, else the longest."""
    return next((step for step in STEPS_US if length_us <= step * columns), STEPS_US[-1])


def spread(values: Floats) -> Spread | None:
    """How `values` spread; NaN counts as unknown. None where nothing is known."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    p50, p95, p99 = np.percentile(known, (50, 95, 99)).tolist()
    return Spread(len(known), float(known.mean()), p50, p95, p99, float(known.max()))


def _active(points: Points, start_us: int, end_us: int) -> tuple[float, int]:
    """Calls open at once over a window: average and peak. A call that ends as another begins does not meet it."""
    opened: Mask = points.end > start_us
    starts = np.maximum(points.start[opened], start_us)
    ends = np.minimum(points.end[opened], end_us)
    average = float((ends - starts).sum()) / (end_us - start_us)
    times = np.concatenate((ends, starts))
    changes = np.concatenate((np.full(len(ends), -1), np.full(len(starts), 1)))
    order = np.argsort(times, kind="stable")  # at one moment, ends come first
    return average, int(changes[order].cumsum().max(initial=0))
