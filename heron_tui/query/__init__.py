"""Prints the store's records on stdout."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ..store.reader import Reader
from ..store.where import Where


def check_fields(kind: str, fields: Sequence[str] | None) -> None:
    """Raises UsageError for a field that records of this kind (`calls`, `turns`, ...) do not have."""
    raise NotImplementedError


def run(
    reader: Reader,
    kind: str,
    *,
    fields: Sequence[str] | None,
    form: str,
    full: bool,
    out: BinaryIO,
    where: Where | None = None,
) -> int:
    """Print the records of a kind; answers the exit code. `form` is `json`, `csv` or `table`."""
    raise NotImplementedError


def run_store(path: Path, kind: str, *, fields: Sequence[str] | None, form: str, full: bool, out: BinaryIO) -> int:
    """The same for the store at `path`."""
    raise NotImplementedError


def stores(*, as_json: bool, out: BinaryIO) -> int:
    """List the stores of earlier runs, newest first."""
    raise NotImplementedError
