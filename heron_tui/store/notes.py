"""What people note on rows: marks, ignored rows, comments, time references.

They are in a small SQLite file of their own beside the store (`NAME.store.notes`), because the store has one writer,
the engine, which keeps its write transaction open for as long as it runs: nobody else gets a turn. A database rather
than a text file, because two programs that look at one store then change single notes and not each other's files.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct, structs

from ..core.errors import SourceError

SUFFIX = ".notes"
PATIENCE_S = 2.0
Key = tuple[str, str]
"""The kind of a record (`packet`, `call`, `turn`, ...) and its id; of a packet its number, as text."""


class Note(Struct, frozen=True):
    """What is noted on one row.

    Attributes:
        reference: times of later packets count from this one, which is its time in microseconds; None for none.
    """

    marked: bool = False
    ignored: bool = False
    comment: str = ""
    reference: int | None = None


NOTHING = Note()
COLUMNS = Note.__struct_fields__


def path_of(store: Path) -> Path:
    """Where the notes on a store are."""
    return store.with_name(store.name + SUFFIX)


class Notes:
    """All notes on a store, in memory; each change is written at once.

    Args:
        store: the store, which need not exist yet. The file is made with the first note, mode 0600.

    Raises:
        SourceError: there is a file, but it holds no notes.
    """

    def __init__(self, store: Path) -> None:
        self.path = path_of(store)
        self._notes: dict[Key, Note] = {}
        if self.path.exists():
            try:
                with closing(self._open("ro")) as connection:
                    found = connection.execute(f"SELECT kind, id, {', '.join(COLUMNS)} FROM notes").fetchall()
            except sqlite3.Error as error:
                raise SourceError(f"{self.path} holds no notes ({error}): move it away to go on") from None
            for kind, id, marked, ignored, comment, reference in found:
                self._notes[kind, id] = Note(bool(marked), bool(ignored), comment, reference)

    def __len__(self) -> int:
        return len(self._notes)

    def get(self, key: Key | None) -> Note:
        """The note on a row, one that says nothing if there is none."""
        return self._notes.get(key, NOTHING) if key else NOTHING

    def of(self, kind: str) -> Iterator[tuple[str, Note]]:
        """Ids of the kind that have a note, with it."""
        return ((id, note) for (known, id), note in self._notes.items() if known == kind)

    def marked(self, kind: str) -> list[str]:
        return [id for id, note in self.of(kind) if note.marked]

    def ignored(self, kind: str) -> list[str]:
        return [id for id, note in self.of(kind) if note.ignored]

    def put(self, key: Key, note: Note) -> None:
        """Note something on a row in place of what was noted there.

        Raises:
            SourceError: it cannot be written; it holds nevertheless as long as this object.
        """
        if note == NOTHING:
            self._notes.pop(key, None)
        else:
            self._notes[key] = note
        try:
            self._write(key, note)
        except (OSError, sqlite3.Error) as error:
            raise SourceError(f"notes are kept for this run only: {self.path} cannot be written ({error})") from None

    def _write(self, key: Key, note: Note) -> None:
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(self._open("rw")) as connection, connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS notes (kind TEXT, id TEXT, marked INTEGER, ignored INTEGER, comment TEXT,"
                " reference INTEGER, PRIMARY KEY (kind, id))"
            )
            if note == NOTHING:
                connection.execute("DELETE FROM notes WHERE kind = ? AND id = ?", key)
            else:
                row = (*key, *structs.astuple(note))
                connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?)", row)

    def _open(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE_S)
