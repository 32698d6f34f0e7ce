"""The stores of earlier runs: where they are, what is in them, and how long they are kept."""

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core import paths
from ..core.config import Settings
from ..core.errors import SourceError
from . import notes
from .opening import open_for_reading

SUFFIX = ".store"
SPOOL = ".d"
"""A store's raw packets, where they have no capture file of their own, are in the directory of its name with this."""
LOG_SUFFIXES = ("-wal", "-shm")
TABLES = ("flows", "exchanges", "calls", "turns", "sessions")


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A store as the list of stores shows it.

    Attributes:
        size: bytes, with the raw packets that were spooled beside it.
        modified_us: when it was last written, microseconds since the epoch.
        sources: names of the captures in it.
        counts: `packets`, `flows`, `exchanges`, `calls`, `turns`, `sessions`.
        problem: why it cannot be read, if so; then the two above are empty.
    """

    path: Path
    size: int
    modified_us: int
    sources: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    problem: str | None = None


def directory() -> Path:
    """Where stores are kept unless another place is named."""
    return paths.state_dir() / "stores"


def new_path(title: str, folder: Path | None = None) -> Path:
    """A path for the store of a new run, named after its time and `title`; the directory exists afterwards."""
    folder = paths.private_dir(folder or directory())
    words = re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.")[:60] or "capture"
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{words}"
    path = folder / f"{stem}{SUFFIX}"
    again = 2
    while path.exists():
        path = folder / f"{stem}-{again}{SUFFIX}"
        again += 1
    return path


def stores(folder: Path | None = None) -> list[StoreFile]:
    """All stores in the directory, newest first."""
    return sorted(map(_look, _paths(folder)), key=lambda store: (store.modified_us, store.path), reverse=True)


def tidy(
    folder: Path | None = None, *, most: int = 200, most_bytes: int = 20 << 30, oldest_days: float = 90
) -> list[Path]:
    """Delete the oldest stores beyond these limits, with what was spooled beside them; answers what was deleted.

    A store that any process has open is never deleted. The newest one stays, whatever its size.
    """
    newest_first = sorted(((_modified_us(path), path) for path in _paths(folder)), reverse=True)
    oldest_us = (time.time() - oldest_days * 86400) * 1e6
    deleted = []
    total = 0
    for place, (modified_us, path) in enumerate(newest_first):
        total += _size(path)
        too_many = place >= most or (place > 0 and total > most_bytes)
        if (too_many or modified_us < oldest_us) and not in_use(path):
            _delete(path)
            deleted.append(path)
    return deleted


def tidy_by(settings: Settings) -> list[Path]:
    """Delete the oldest stores of the user's directory beyond what the settings keep."""
    return tidy(
        most=int(settings.number("stores.most")),
        most_bytes=int(settings.number("stores.gigabytes") * (1 << 30)),
        oldest_days=settings.number("stores.days"),
    )


def in_use(path: Path) -> bool:
    """Whether any process, this one included, has the store open.

    Whoever has a store in WAL mode open holds a shared lock on it; leaving that mode needs all locks.
    """
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:  # no database at all
        return False
    finally:
        connection.close()
    return False


def _paths(folder: Path | None) -> Iterator[Path]:
    folder = folder or directory()
    return (path for path in folder.glob(f"*{SUFFIX}") if path.is_file()) if folder.is_dir() else iter(())


def _look(path: Path) -> StoreFile:
    size, modified_us = _size(path), _modified_us(path)
    try:
        connection = open_for_reading(path)
    except SourceError as error:
        return StoreFile(path, size, modified_us, problem=str(error))
    try:
        names = tuple(row[0] for row in connection.execute("SELECT name FROM sources ORDER BY n"))
        packets = connection.execute("SELECT coalesce(sum(count), 0) FROM packets").fetchone()[0]
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}
    except sqlite3.Error as error:
        return StoreFile(path, size, modified_us, problem=f"{path} cannot be read: {error}")
    finally:
        connection.close()
    return StoreFile(path, size, modified_us, names, {"packets": packets, **counts})


def _beside(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in LOG_SUFFIXES), notes.path_of(path)]


def _modified_us(path: Path) -> int:
    """When the store was last written to; a log that holds nothing was made by a reader."""
    log = path.with_name(f"{path.name}-wal")
    files = [path, log] if log.exists() and log.stat().st_size else [path]
    return max(file.stat().st_mtime_ns for file in files) // 1000


def _size(path: Path) -> int:
    spooled = path.with_name(path.name + SPOOL)
    files = [*_beside(path), *(spooled.rglob("*") if spooled.is_dir() else ())]
    return sum(_taken(file) for file in files if file.is_file())


def _taken(file: Path) -> int:
    """Bytes that a file takes on the disk: what is kept of packets in part has a hole."""
    status = file.stat()
    return min(status.st_size, status.st_blocks * 512)


def _delete(path: Path) -> None:
    for file in _beside(path):
        file.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + SPOOL), ignore_errors=True)
