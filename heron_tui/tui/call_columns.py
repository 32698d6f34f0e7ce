"""The columns of the list of calls."""

from collections.abc import Mapping, Sequence
from typing import Any

from . import telling
from .columns import Cell, Column
from .outcomes import outcome
from .tables import figure, status_of
from .times import Times
from .units import duration, percent, short

Record = Mapping[str, Any]


def call_columns(times: Times) -> Sequence[Column]:
    """Of each call how it ended, what it led to, and its figures; sorted by one of these, the largest comes first."""

    def began(row: Record) -> Cell:
        return times.show(row["t_request_us"]), "muted"

    def stands(row: Record) -> Cell:
        return outcome(row.get("outcome"))

    def what(row: Record) -> Cell:
        return telling.answer(row), "error" if row.get("error_type") else ""

    def took(row: Record) -> Cell:
        return (duration(row["e2e_us"]) if row.get("e2e_us") is not None else "…"), "model"

    def waited(row: Record) -> Cell:
        return (duration(row["ttft_us"]) if row.get("ttft_us") is not None else ""), "wait"

    return (
        Column("n", "No.", 5, lambda row: (str(row["n"]), "muted"), right=True, sort="n"),
        Column("start", "Start", 11, began, priority=7, right=True, sort="t_request_us"),
        Column("agent", "Agent", 12, lambda row: (row.get("agent") or "", "accent"), priority=8, sort="agent"),
        Column("outcome", " ", 1, stands, sort="outcome"),
        Column("model", "Model", 17, lambda row: (telling.model(row), ""), priority=2, sort="request_model"),
        Column("what", "Answer", 10, what, flex=True),
        Column("status", "Stat", 4, status_of, priority=5, right=True, sort="status"),
        Column("ttft", "TTFT", 7, waited, right=True, sort="ttft_us", falls=True),
        Column("time", "Time", 7, took, right=True, sort="e2e_us", falls=True),
        figure("input", "Input", 6, lambda row: _count(row, "input_tokens"), "input_tokens", 3, ""),
        Column("cached", "Cache", 5, _cached, priority=6, right=True, sort="cache_read_tokens", falls=True),
        figure("output", "Output", 6, lambda row: _count(row, "output_tokens"), "output_tokens", 4, ""),
        figure("cost", "Cost", 8, lambda row: telling.cost(row, ""), "cost_usd", 9),
    )


def _count(row: Record, field: str) -> str:
    return "" if row.get(field) is None else short(row[field])


def _cached(row: Record) -> Cell:
    share = telling.cached(row)
    return ("" if share is None else percent(share)), "muted"
