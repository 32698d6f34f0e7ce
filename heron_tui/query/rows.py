"""Records of a store, one after the other, never all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from ..store.reader import Reader
from .fields import FIELDS, KINDS

PAGE = 1000
Record = dict[str, Any]


def records(reader: Reader, kind: str, *, full: bool) -> Iterator[Record]:
    """All records of a kind (`calls`, `packets`, `metrics`, ...), in order of time."""
    if kind == "metrics":
        yield from reader.metrics_table()
        return
    count = reader.packet_count() if kind == "packets" else reader.count(KINDS[kind])
    for start in range(0, count, PAGE):
        if kind == "packets":
            yield from (asdict(row) for row in reader.packets(start, start + PAGE))
        else:
            yield from reader.rows(KINDS[kind], start, start + PAGE, full=full)


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
