"""`heron-tui query`: the store's records on stdout."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..core.errors import UsageError
from ..core.paths import config_dir
from ..filter import saved
from ..filter.parser import parse
from ..filter.tree import Node
from ..store.contract import FIELDS, check, chosen, records
from ..store.reader import Reader
from . import forms


def check_fields(kind: str, fields: Sequence[str] | None) -> None:
    """Raises UsageError for a field of `--fields` that records of this kind do not have."""
    try:
        check(kind, fields)
    except UsageError as error:
        raise UsageError(f"--{error}") from None


def read_filter(text: str | None) -> Node | None:
    """The tree of a display filter; None for none.

    Raises:
        FilterError: it cannot be read; the message shows where.
        UsageError: the file of saved filters cannot be read.
    """
    return parse(text, saved.load(config_dir()) if "$" in text else None) if text else None


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
        where: a display filter; records that do not fit are left out. Metrics are those of the calls that fit.

    Raises:
        UsageError: a field that this kind does not have.
        SourceError: the store cannot be read.
    """
    check_fields(kind, fields)
    reader = Reader(path)
    try:
        found = (chosen(record, kind, fields) for record in records(reader, kind, full=full, where=where))
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
        return [record["id"] for record in records(reader, kind, full=False, where=where)]
    finally:
        reader.close()


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
