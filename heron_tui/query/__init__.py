"""`heron-tui query`: the store's records on stdout."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ..core.errors import UsageError
from ..filter.match import matches
from ..filter.parser import parse
from ..filter.tree import Node
from ..store.reader import Reader
from . import forms
from .fields import FIELDS, check
from .relatives import Relatives
from .rows import Record, chosen, records

check_fields = check


def read_filter(kind: str, text: str | None) -> Node | None:
    """The tree of a display filter for records of a kind.

    Raises:
        FilterError: it cannot be read; the message shows where.
        UsageError: this kind cannot be filtered.
    """
    if text and kind == "metrics":
        raise UsageError("metrics cannot be filtered yet: filter calls, and compute from those")
    return parse(text) if text else None


def run_store(
    path: Path,
    kind: str,
    *,
    fields: Sequence[str] | None,
    form: str,
    full: bool,
    out: BinaryIO,
    where: Node | None = None,
) -> int:
    """Print all records of a kind; answers the exit code.

    Args:
        kind: `calls`, `turns`, `sessions`, `tools`, `flows`, `exchanges`, `packets`, `findings`, `metrics`.
        fields: only these (dots go into nested objects), in this order; None for all.
        form: `json`, `csv`, `table`.
        where: a display filter; records that do not fit are left out.

    Raises:
        UsageError: a field that this kind does not have.
        SourceError: the store cannot be read.
    """
    check(kind, fields)
    reader = Reader(path)
    try:
        found = (chosen(record, kind, fields) for record in _fitting(reader, kind, where, full=full))
        if form == "json":
            forms.as_json(found, out)
        elif form == "csv":
            forms.as_csv(found, fields or FIELDS[kind], out)
        else:
            forms.as_table(found, kind, fields, out)
    finally:
        reader.close()
    return 0


def matching(path: Path, kind: str, where: Node) -> list[str]:
    """Ids of the records of a kind that fit a display filter, in order of time."""
    reader = Reader(path)
    try:
        return [record["id"] for record in _fitting(reader, kind, where, full=True)]
    finally:
        reader.close()


def _fitting(reader: Reader, kind: str, where: Node | None, *, full: bool) -> Iterator[Record]:
    """The records that fit. The filter looks at whole texts, whatever is printed of them."""
    if where is None:
        return records(reader, kind, full=full)
    relatives = Relatives(reader, where)
    whole = records(reader, kind, full=True)
    shown = whole if full or kind == "packets" else records(reader, kind, full=False)
    pairs = ((row, row) for row in whole) if shown is whole else zip(whole, shown, strict=True)
    return (short for row, short in pairs if matches(where, relatives.of(kind, row)))


def stores(*, as_json: bool, out: BinaryIO) -> int:
    """List the stores in the user's directory, newest first."""
    from ..store import catalog

    rows = [
        {
            "path": str(store.path),
            "modified_us": store.modified_us,
            "size": store.size,
            "sources": list(store.sources),
            **store.counts,
            "problem": store.problem,
        }
        for store in catalog.stores()
    ]
    if as_json:
        forms.as_json(rows, out)
    else:
        forms.as_table(rows, "stores", ("path", "size", "sources", "calls", "turns", "problem"), out)
    return 0
