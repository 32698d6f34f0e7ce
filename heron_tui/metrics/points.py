"""Calls as points in time, which is all that metrics need to know of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..model.call import Outcome

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Group = Literal["model", "route", "agent", "process"]

OPEN_US = np.iinfo(np.int64).max
"""The end of a call that has none yet."""


@dataclass(frozen=True, slots=True)
class CallPoint:
    """One call. A call that was seen on several legs is one point: its outermost.

    Attributes:
        t_request_us, t_request_end_us: first and last byte of its request.
        t_end_us: last byte of its response; None while it is open.
        ttft_us, e2e_us, tpot_us: see `durations`; None where unknown.
        streamed: False where `ttft_us` is the start of an answer that was no stream.
        input_tokens: cached ones included.
        model, route, agent, process: names to group by; None where unknown.
    """

    t_request_us: int
    t_request_end_us: int | None = None
    t_end_us: int | None = None
    ttft_us: float | None = None
    e2e_us: float | None = None
    tpot_us: float | None = None
    streamed: bool = True
    outcome: Outcome = "ok"
    finish: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    model: str | None = None
    route: str | None = None
    agent: str | None = None
    process: str | None = None


@dataclass(frozen=True, slots=True)
class Points:
    """Columns of calls, in one order. Times in microseconds; durations are NaN and counts 0 where unknown.

    Attributes:
        start, end: of the calls; `end` is `OPEN_US` while a call is open.
        first: when the first token came; `OPEN_US` where it did not, or is not known to have.
        cached: cached input tokens, never more than `input`.
        rows: what the columns were made from.
    """

    start: Integers
    end: Integers
    first: Integers
    ttft: Floats
    e2e: Floats
    tpot: Floats
    input: Integers
    output: Integers
    cached: Integers
    rows: list[CallPoint]

    @classmethod
    def of(cls, calls: Iterable[CallPoint]) -> "Points":
        rows = list(calls)
        return cls(
            start=_integers(row.t_request_us for row in rows),
            end=_integers(_end(row) for row in rows),
            first=_integers(_first(row) for row in rows),
            ttft=_floats(row.ttft_us for row in rows),
            e2e=_floats(row.e2e_us for row in rows),
            tpot=_floats(row.tpot_us for row in rows),
            input=_integers(row.input_tokens or 0 for row in rows),
            output=_integers(row.output_tokens or 0 for row in rows),
            cached=_integers(min(row.cache_read_tokens or 0, row.input_tokens or 0) for row in rows),
            rows=rows,
        )

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, mask: Mask) -> "Points":
        """The points that `mask` picks."""
        return Points(
            self.start[mask],
            self.end[mask],
            self.first[mask],
            self.ttft[mask],
            self.e2e[mask],
            self.tpot[mask],
            self.input[mask],
            self.output[mask],
            self.cached[mask],
            [self.rows[place] for place in np.flatnonzero(mask)],
        )

    def grouped(self, group: Group) -> "dict[str | None, Points]":
        """The points of each name in `group`, names in order of their first call; None holds those without a name."""
        name_of: Callable[[CallPoint], str | None] = _GROUPS[group]
        names = [name_of(row) for row in self.rows]
        code = {name: number for number, name in enumerate(dict.fromkeys(names))}
        codes = np.fromiter((code[name] for name in names), np.int64, len(names))
        return {name: self.where(codes == number) for name, number in code.items()}


_GROUPS: dict[Group, Callable[[CallPoint], str | None]] = {
    "model": lambda row: row.model,
    "route": lambda row: row.route,
    "agent": lambda row: row.agent,
    "process": lambda row: row.process,
}


def _end(row: CallPoint) -> int:
    """A call that ended where it began was open for a microsecond: the clock's grain."""
    return OPEN_US if row.t_end_us is None else max(row.t_end_us, row.t_request_us + 1)


def _first(row: CallPoint) -> int:
    if row.ttft_us is None or row.t_request_end_us is None:
        return OPEN_US
    return row.t_request_end_us + int(row.ttft_us)


def _integers(values: Iterable[int]) -> Integers:
    return np.fromiter(values, np.int64)


def _floats(values: Iterable[float | None]) -> Floats:
    return np.fromiter((np.nan if value is None else value for value in values), np.float64)
