"""`heron-tui query`: the store's records on stdout."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..store.reader import Reader
from . import forms
from .fields import FIELDS, check
from .rows import chosen, records

check_fields = check


def run_store(path: Path, kind: str, *, fields: Sequence[str] | None, form: str, full: bool, out: BinaryIO) -> int:
    """Print all records of a kind; answers the exit code.

    Args:
        kind: `calls`, `turns`, `sessions`, `tools`, `flows`, `exchanges`, `packets`, `findings`, `metrics`.
        fields: only these (dots go into nested objects), in this order; None for all.
        form: `json`, `csv`, `table`.

    Raises:
        UsageError: a field that this kind does not have.
        SourceError: the store cannot be read.
    """
    check(kind, fields)
    reader = Reader(path)
    try:
        found = (chosen(record, kind, fields) for record in records(reader, kind, full=full))
        if form == "json":
            forms.as_json(found, out)
        elif form == "csv":
            forms.as_csv(found, fields or FIELDS[kind], out)
        else:
            forms.as_table(found, kind, fields, out)
    finally:
        reader.close()
    return 0


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
