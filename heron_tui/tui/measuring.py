"""The metrics view's figures and tables, from the measures that the store computes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..metrics.measure import SECOND, Measures, Spread, step_for
from ..metrics.points import Group
from ..store.reader import Reader
from ..store.where import Where
from . import behind
from .behind import Measured
from .figures import Figure, Row, Table
from .units import NONE, duration, percent, short, whole
from .widgets.metrics_pane import GROUPS

STEPS = 120
"""Steps of a course, at most."""
LATENCIES = (
    ("TTFT p50", "ttft", "wait", behind.TTFT),
    ("E2E p50", "e2e", "model", behind.E2E),
    ("TPOT p50", "tpot", "model", behind.TPOT),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the tables by group.

    Attributes:
        tell: the words of a group's cell. of: what leads from it to its calls, where `there` says that there are some.
    """

    title: str
    width: int
    tell: Callable[[Measures], str]
    of: Measured
    there: Callable[[Measures], object]


def _middle(spread: Spread | None) -> str:
    return duration(round(spread.p50)) if spread else NONE


def _errors(now: Measures) -> int:
    return sum(now.errors.values())


COLUMNS = (
    Column("calls", 6, lambda now: whole(now.started), behind.CALLS, lambda now: now.started),
    Column("errors", 6, lambda now: whole(_errors(now)), behind.ERRORS, _errors),
    Column("TTFT p50", 8, lambda now: _middle(now.ttft), behind.TTFT, lambda now: now.ttft),
    Column("E2E p50", 8, lambda now: _middle(now.e2e), behind.E2E, lambda now: now.e2e),
    Column(
        "E2E p95", 8, lambda now: duration(round(now.e2e.p95)) if now.e2e else NONE, behind.E2E, lambda now: now.e2e
    ),
    Column("tok/s", 6, lambda now: short(now.output_rate), behind.OUTPUT, lambda now: now.output_tokens),
    Column("input", 7, lambda now: short(now.input_tokens), behind.INPUT, lambda now: now.input_tokens),
    Column("output", 7, lambda now: short(now.output_tokens), behind.OUTPUT, lambda now: now.output_tokens),
    Column("cached", 6, lambda now: percent(now.cache_ratio), behind.CACHED, lambda now: now.input_tokens),
)


def figures(now: Measures, course: Sequence[Measures], start_us: int | None = None) -> list[Figure]:
    """The eight metrics: the window's value, what goes with it, and its course in steps; `start_us` is where a window
    of some length begins."""

    def calls(measured: Measured, there: float | None) -> behind.Behind | None:
        return measured.behind(start_us) if there else None

    made = [
        _latency(name, now, course, key, role, calls(measured, getattr(now, key) and 1))
        for name, key, role, measured in LATENCIES
    ]
    made += [
        Figure(
            "Calls",
            f"{short(now.call_rate)}/s" if now.call_rate >= 0.1 else f"{short(now.call_rate * 60)}/min",
            (("made", whole(now.started)), ("done", whole(now.ended))),
            [step.call_rate for step in course],
            "ok",
            behind=calls(behind.CALLS, now.started),
        ),
        Figure(
            "Tokens out",
            f"{short(now.output_rate)}/s",
            (("out", short(now.output_tokens)), ("in", short(now.input_tokens)), ("in/s", short(now.input_rate))),
            [step.output_rate for step in course],
            "ok",
            behind=calls(behind.OUTPUT, now.output_tokens),
        ),
        Figure(
            "Active calls",
            short(now.active_average),
            (("peak", whole(now.active_peak)),),
            [step.active_average for step in course],
            "server",
            behind=calls(behind.ACTIVE, now.active_peak),
        ),
        Figure(
            "Error rate",
            percent(now.error_rate),
            (("bad", whole(_errors(now))), ("of", whole(now.ended))),
            [step.error_rate for step in course],
            "error",
            behind=calls(behind.ERRORS, _errors(now)),
        ),
        Figure(
            "Cache hits",
            percent(now.cache_ratio),
            (("of", f"{short(now.input_tokens)}"),),
            [step.cache_ratio for step in course],
            "tool",
            behind=calls(behind.CACHED, now.input_tokens),
        ),
    ]
    return made


def _latency(  # noqa: PLR0917 - all that makes the figure
    name: str, now: Measures, course: Sequence[Measures], key: str, role: str, calls: behind.Behind | None
) -> Figure:
    read: Callable[[Measures], Spread | None] = lambda measures: getattr(measures, key)  # noqa: E731
    spread = read(now)
    details = [
        (word, duration(round(value)) if value is not None else NONE)
        for word, value in (
            ("p95", spread.p95 if spread else None),
            ("p99", spread.p99 if spread else None),
            ("max", spread.largest if spread else None),
        )
    ]
    series = [step.p50 if (step := read(measures)) else None for measures in course]
    return Figure(name, duration(round(spread.p50)) if spread else NONE, details, series, role, behind=calls)


def table(group: Group, by: Mapping[str | None, Measures], start_us: int | None = None) -> Table:
    """The same per model, route, agent or process; the busiest first."""
    busiest = sorted(by.items(), key=lambda item: -item[1].started)
    rows = [_row(name or NONE, now, behind.of_group(group, name), start_us) for name, now in busiest]
    columns = ((f"by {group}", 0), *((column.title, column.width) for column in COLUMNS))
    return Table(f"by {group}", columns, rows)


def _row(name: str, now: Measures, group: str, start_us: int | None) -> Row:
    """A group's cells; its name leads to the calls that it made."""
    leading = [
        of.behind(start_us, group) if there else None
        for of, there in ((behind.CALLS, now.started), *((column.of, column.there(now)) for column in COLUMNS))
    ]
    return Row((name, *(column.tell(now) for column in COLUMNS)), tuple(leading))


def metrics(
    reader: Reader, seconds: int | None, group: Group, where: Where | None = None
) -> tuple[Sequence[Figure], Sequence[Table]]:
    """Everything that the metrics view shows for a window of `seconds` (None: the whole capture).

    The tables by the other groups follow that by `group`, where they say anything.
    """
    window = None if seconds is None else seconds * SECOND
    now = reader.metrics(window, where=where)
    if now is None:
        return [], []
    start_us = None if window is None else now.start_us
    course = reader.series(step_for(now.end_us - now.start_us, STEPS), window, where=where)
    others = [other for other in GROUPS if other != group]
    tables = [(name, reader.metrics_by(name, window, where=where)) for name in (group, *others)]
    shown = [(name, by) for name, by in tables if name == group or set(by) - {None}]
    return figures(now, course, start_us), [table(name, by, start_us) for name, by in shown]
