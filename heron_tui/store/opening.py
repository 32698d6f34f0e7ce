"""Connections to a store: the one that writes, and those that only read. Readers load no sqlite-utils."""

import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..core import paths
from ..core.errors import SourceError
from . import version

if TYPE_CHECKING:
    from sqlite_utils import Database

PATIENCE_MS = 2000
"""How long a connection waits for a lock."""
CACHE_KIB = 16384
"""Pages that a transaction holds before it spills."""
CHECKPOINT_PAGES = 16384
"""Pages of the write-ahead log before they are moved into the store: 64 MiB, since each move waits for the disk."""


def open_for_writing(path: Path) -> "Database":
    """The store at `path`, made or brought to the newest form, with a write transaction open.

    The transaction is open from now to the end of the writer, but for the moments of its commits: it keeps other
    writers out, and readers do not mind.

    Raises:
        SourceError: as `Writer` says.
    """
    from sqlite_utils import Database

    try:
        if not path.exists():
            paths.private_dir(path.parent)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise SourceError(f"{path} cannot be written: {error}") from None
    try:
        _prepare(connection, path)
        return Database(connection)
    except sqlite3.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise SourceError(f"{path} is being written by another heron-tui") from None
        raise SourceError(f"{path} cannot be written: {error}") from None
    except SourceError:
        connection.close()
        raise


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    from sqlite_utils import Database

    from .schema import migrations

    ask = connection.execute
    try:
        empty = ask("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    except sqlite3.DatabaseError as error:
        raise SourceError(f"{path} is not a heron-tui store ({error})") from None
    if not empty:
        version.check(connection, path)
    ask("PRAGMA journal_mode = WAL")
    ask("PRAGMA synchronous = NORMAL")
    ask(f"PRAGMA cache_size = {-CACHE_KIB}")
    ask(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    ask("BEGIN IMMEDIATE")
    migrations.apply(Database(connection))
    ask("COMMIT")
    ask(f"PRAGMA busy_timeout = {PATIENCE_MS}")
    ask("BEGIN IMMEDIATE")


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection to the store at `path` that cannot write; rows come as `sqlite3.Row`.

    Raises:
        SourceError: there is no such file, it is no store, or it has a form that is not known here.
    """
    if not path.is_file():
        raise SourceError(f"{path}: there is no such store")
    try:
        try:
            connection = _read_only(path, "mode=ro")
        except sqlite3.OperationalError:  # a directory that cannot be written: SQLite cannot make its files beside it
            connection = _read_only(path, "immutable=1")
    except sqlite3.Error as error:
        raise SourceError(f"{path} is not a heron-tui store ({error})") from None
    try:
        version.check(connection, path)
    except SourceError:
        connection.close()
        raise
    return connection


def _read_only(path: Path, how: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE_MS / 1000, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    connection.row_factory = sqlite3.Row
    return connection
