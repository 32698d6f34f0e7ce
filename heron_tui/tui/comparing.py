"""Two sessions side by side: what each did, what it cost, and where they differ."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from ..filter.parser import parse
from ..store.reader import Kind, Reader
from ..store.shapes import Record
from ..store.where import Where
from . import telling
from .units import NONE, date, duration, percent, short, whole

MOST = 100_000
"""Records of one kind that are looked at of a session."""
Value = float | str | None
Show = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison: both values in words, and in what the second differs.

    Attributes:
        heading: it begins a part and has no values.
        differs: the values are not the same.
    """

    name: str
    left: str = ""
    right: str = ""
    difference: str = ""
    heading: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """All that is looked at of one session."""

    session: Record
    turns: Sequence[Record]
    calls: Sequence[Record]
    tools: Sequence[Record]
    findings: Sequence[Record]


def side(reader: Reader, session: str) -> Side | None:
    """A session with its records; None if there is none of that id. Legs of a call that a proxy handed on are left
    out."""
    record = reader.get("session", session, full=False)
    if record is None:
        return None

    def rows(kind: Kind, condition: str) -> list[Record]:
        return reader.rows(kind, 0, MOST, where=Where(condition, (session,)))

    return Side(
        record,
        rows("turn", "turn.session = ?"),
        rows("call", "call.session = ? AND call.leg_of IS NULL"),
        rows("tool", "tool.call IN (SELECT id FROM calls WHERE session = ? AND leg_of IS NULL)"),
        reader.rows("finding", 0, MOST, where=reader.where("finding", parse(f'session.id == "{session}"'))),
    )


def compare(left: Side, right: Side) -> list[Line]:
    """The lines of the comparison."""

    def text(name: str, told: Callable[[Side], str | None]) -> Line:
        a, b = told(left) or NONE, told(right) or NONE
        return Line(name, a, b, "" if a == b else "≠", differs=a != b)

    def figure(name: str, told: Callable[[Side], float | None], show: Show = _count) -> Line:
        return _figure(name, told(left), told(right), show)

    def counted(told: Callable[[Side], Mapping[str, float]], show: Show = _count) -> list[Line]:
        a, b = told(left), told(right)
        names = sorted({*a, *b}, key=lambda name: (-max(a.get(name, 0), b.get(name, 0)), name))
        return [_figure(f"  {name}", a.get(name, 0), b.get(name, 0), show) for name in names]

    return [
        text("agent", lambda one: one.session["agent"]),
        text("directory", lambda one: one.session.get("cwd")),
        Line("started", date(left.session["t_start_us"]), date(right.session["t_start_us"])),
        Line("Work", heading=True),
        figure("turns", lambda one: len(one.turns)),
        figure("  not ended", lambda one: sum(turn["status"] != "complete" for turn in one.turns)),
        figure("calls", lambda one: len(one.calls)),
        *counted(lambda one: Counter(telling.model(call) for call in one.calls)),
        figure("retries", lambda one: sum((call.get("attempt") or 1) > 1 for call in one.calls)),
        figure("failed calls", lambda one: sum(_errors(one).values())),
        *counted(_errors),
        Line("Tokens", heading=True),
        figure("input", lambda one: telling.total(one.calls, "input_tokens"), short),
        figure("from the cache", lambda one: telling.total(one.calls, "cache_read_tokens"), short),
        figure("cache ratio", _cached, percent),
        figure("output", lambda one: telling.total(one.calls, "output_tokens"), short),
        figure("cost (estimate)", lambda one: one.session.get("cost_usd"), _dollars),
        Line("Time", heading=True),
        figure("start to end", lambda one: one.session["t_end_us"] - one.session["t_start_us"], _time),
        figure("models at work", lambda one: telling.total(one.turns, "model_us"), _time),
        figure("tools at work", lambda one: telling.total(one.turns, "tool_us"), _time),
        figure("idle in turns", lambda one: telling.total(one.turns, "idle_us"), _time),
        figure("TTFT, median", lambda one: _median(one.calls, "ttft_us"), _time),
        figure("call, median", lambda one: _median(one.calls, "e2e_us"), _time),
        Line("Tools", heading=True),
        figure("tool calls", lambda one: len(one.tools)),
        *counted(lambda one: Counter(tool["name"] for tool in one.tools)),
        figure("failed tools", lambda one: sum(bool(tool.get("error")) for tool in one.tools)),
        *counted(lambda one: Counter(tool["name"] for tool in one.tools if tool.get("error"))),
        Line("Findings", heading=True),
        figure("all", lambda one: len(one.findings)),
        *counted(lambda one: Counter(finding["code"] for finding in one.findings)),
    ]


def _figure(name: str, a: float | None, b: float | None, show: Show) -> Line:
    left, right = (NONE if value is None else show(value) for value in (a, b))
    if a == b:
        return Line(name, left, right)
    if a is None or b is None:
        return Line(name, left, right, "≠", differs=True)
    sign = "▲ +" if b > a else "▼ -"
    share = f"  {'×' if b >= 10 * a else ''}{_ratio(a, b)}" if a > 0 and b > 0 else ""
    return Line(name, left, right, f"{sign}{show(abs(b - a))}{share}", differs=True)


def _ratio(a: float, b: float) -> str:
    return f"{b / a:.0f}" if b >= 10 * a else f"{(b - a) / a * 100:+.0f}%"


def _count(value: float) -> str:
    return whole(int(value))


def _time(value: float) -> str:
    return duration(round(value))


def _dollars(value: float) -> str:
    return f"${value:.4f}" if value >= 0.01 else f"${value:.6f}"


def _median(rows: Sequence[Record], key: str) -> float | None:
    there = [row[key] for row in rows if row.get(key) is not None]
    return median(there) if there else None


def _cached(one: Side) -> float | None:
    total, part = telling.total(one.calls, "input_tokens"), telling.total(one.calls, "cache_read_tokens")
    return part / total if total and part is not None else None


def _errors(one: Side) -> Counter[str]:
    """Failed calls by the type of the error, or by how else they failed."""
    failed = [call for call in one.calls if call["outcome"] not in ("ok", "in_progress")]
    return Counter(str(call.get("error_type") or call["outcome"]) for call in failed)
