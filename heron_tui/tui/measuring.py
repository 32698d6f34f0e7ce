"""The metrics view's figures and tables, from the measures that the store computes."""

from collections.abc import Callable, Mapping, Sequence

from ..metrics.measure import SECOND, Measures, Spread, step_for
from ..metrics.points import Group
from ..store.reader import Reader
from ..store.where import Where
from .figures import Figure, Table
from .units import NONE, duration, percent, short, whole
from .widgets.metrics_pane import GROUPS

STEPS = 120
"""Steps of a course, at most."""
LATENCIES = (("TTFT p50", "ttft", "wait"), ("E2E p50", "e2e", "model"), ("TPOT p50", "tpot", "model"))
GROUP_COLUMNS = (
    ("", 0),
    ("calls", 6),
    ("errors", 6),
    ("TTFT p50", 8),
    ("E2E p50", 8),
    ("E2E p95", 8),
    ("tok/s", 6),
    ("input", 7),
    ("output", 7),
    ("cached", 6),
)


def figures(now: Measures, course: Sequence[Measures]) -> list[Figure]:
    """The eight metrics: the window's value, what goes with it, and its course in steps."""
    made = [_latency(name, key, role, now, course) for name, key, role in LATENCIES]
    made += [
        Figure(
            "Calls",
            f"{short(now.call_rate)}/s" if now.call_rate >= 0.1 else f"{short(now.call_rate * 60)}/min",
            (("made", whole(now.started)), ("done", whole(now.ended))),
            [step.call_rate for step in course],
            "ok",
        ),
        Figure(
            "Tokens out",
            f"{short(now.output_rate)}/s",
            (("out", short(now.output_tokens)), ("in", short(now.input_tokens)), ("in/s", short(now.input_rate))),
            [step.output_rate for step in course],
            "ok",
        ),
        Figure(
            "Active calls",
            short(now.active_average),
            (("peak", whole(now.active_peak)),),
            [step.active_average for step in course],
            "server",
        ),
        Figure(
            "Error rate",
            percent(now.error_rate),
            (
                ("bad", whole(sum(now.errors.values()))),
                ("of", whole(now.ended)),
            ),
            [step.error_rate for step in course],
            "error",
        ),
        Figure(
            "Cache hits",
            percent(now.cache_ratio),
            (("of", f"{short(now.input_tokens)}"),),
            [step.cache_ratio for step in course],
            "tool",
        ),
    ]
    return made


def _latency(name: str, key: str, role: str, now: Measures, course: Sequence[Measures]) -> Figure:
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
    return Figure(name, duration(round(spread.p50)) if spread else NONE, details, series, role)


def table(group: str, by: Mapping[str | None, Measures]) -> Table:
    """The same per model, route, agent or process; the busiest first."""
    rows = [_row(name or NONE, now) for name, now in sorted(by.items(), key=lambda item: -item[1].started)]
    columns = ((f"by {group}", 0), *GROUP_COLUMNS[1:])
    return Table(f"by {group}", columns, rows)


def _row(name: str, now: Measures) -> tuple[str, ...]:
    def middle(spread: Spread | None) -> str:
        return duration(round(spread.p50)) if spread else NONE

    return (
        name,
        whole(now.started),
        whole(sum(now.errors.values())),
        middle(now.ttft),
        middle(now.e2e),
        duration(round(now.e2e.p95)) if now.e2e else NONE,
        short(now.output_rate),
        short(now.input_tokens),
        short(now.output_tokens),
        percent(now.cache_ratio),
    )


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
    course = reader.series(step_for(now.end_us - now.start_us, STEPS), window, where=where)
    others = [other for other in GROUPS if other != group]
    tables = [(name, reader.metrics_by(name, window, where=where)) for name in (group, *others)]
    return figures(now, course), [table(name, by) for name, by in tables if name == group or set(by) - {None}]
