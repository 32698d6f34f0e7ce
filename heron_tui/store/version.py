"""Which form a store has. Reading this needs no sqlite-utils."""

import sqlite3
from pathlib import Path

from ..core.errors import SourceError

MIGRATIONS = ("m1_records",)
"""Names of all migrations, in order: a store has the form that the last one applied to it gave."""

SET = "heron-tui store"
"""Name of the set under which sqlite-utils notes applied migrations in its table `_sqlite_migrations`."""


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raises SourceError if `path` holds no store, or one of a form that is not known here."""
    try:
        rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET,)).fetchall()
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{path} is not a heron-tui store ({error})") from None
    applied = {name for (name,) in rows}
    if not applied:
        raise SourceError(f"{path} is not a heron-tui store")
    if other := sorted(applied - set(MIGRATIONS)):
        raise SourceError(
            f"{path} has a form that this heron-tui does not know ({other[-1]}):"
            " open it with the one that wrote it, or read its capture again"
        )
