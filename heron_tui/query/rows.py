"""Records of a store, one after the other, never all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..filter.tree import Node
from ..store.reader import Reader
from .fields import FIELDS, KINDS

PAGE = 1000
Record = dict[str, Any]


def records(reader: Reader, kind: str, *, full: bool, where: Node | None = None) -> Iterator[Record]:
    """The records of a kind (`calls`, `packets`, `metrics`, ...) that fit a filter, in order of time."""
    if kind == "metrics":
        yield from reader.metrics_table(where)
        return
    fit = reader.fit("packet" if kind == "packets" else KINDS[kind], where) if where is not None else None
    count = fit.count if fit else reader.packet_count() if kind == "packets" else reader.count(KINDS[kind])
    for start in range(0, count, PAGE):
        stop = start + PAGE
        if kind == "packets":
            rows = reader.fit_packets(fit, start, stop) if fit else reader.packets(start, stop)
            yield from map(asdict, rows)
        elif fit:
            yield from reader.fit_rows(fit, start, stop, full=full)
        else:
            yield from reader.rows(KINDS[kind], start, stop, full=full)


def chosen(record: Record, kind: str, fields: Sequence[str] | None) -> Record:
    """The record with these fields only, or with all: those of the contract first, null where unknown."""
    if fields is not None:
        return {field: _inner(record, field) for field in fields}
    return {field: record.get(field) for field in FIELDS[kind]} | record


def _inner(record: Record, field: str) -> Any:
    value: Any = record
    for part in field.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
