"""What is and is not a store, who may write it, and stores of other versions."""

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from heron_tui.core.errors import SourceError
from heron_tui.store import schema, version
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]


def test_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "run.store"
    writer = Writer(path)
    writer.put_calls([made.call()])
    writer.commit()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    writer.close()
    assert modes == {"run.store": 0o600, "run.store-wal": 0o600, "run.store-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_versions_rise_with_commits(writer: Writer, read: Read) -> None:
    reader = read()
    assert reader.version() == 0
    assert [writer.commit(), writer.commit()] == [1, 2]
    assert reader.version() == 2
    writer.put_counters({"packets": 3})
    assert reader.counters() == {}
    writer.commit()
    assert reader.counters() == {"packets": 3}


def test_what_is_no_store(tmp_path: Path) -> None:
    text = tmp_path / "text.store"
    text.write_text("hello, this is no database at all " * 99)
    other = tmp_path / "other.store"
    Database(other).table("things").insert({"id": 1})
    for opener in (Reader, Writer):
        for file in (text, other):
            before = file.read_bytes()
            with pytest.raises(SourceError, match="is not a heron-tui store"):
                opener(file)
            assert file.read_bytes() == before
    with pytest.raises(SourceError, match="no such store"):
        Reader(tmp_path / "none.store")
    with pytest.raises(SourceError, match="cannot be written"):
        Writer(text / "below.store")


def test_one_writer_at_a_time(writer: Writer, path: Path) -> None:
    writer.commit()
    with pytest.raises(SourceError, match="being written by another heron-tui"):
        Writer(path)
    writer.commit()
    writer.close()
    Writer(path).close()


def test_a_newer_store_is_refused(writer: Writer, path: Path) -> None:
    writer.close()
    db = Database(path)
    db.table("_sqlite_migrations").insert({"migration_set": version.SET, "name": "m9_later", "applied_at": "now"})
    db.conn.close()
    for opener in (Reader, Writer):
        with pytest.raises(SourceError, match=r"a form that this heron-tui does not know \(m9_later\)"):
            opener(path)


def test_an_older_store_is_read_as_it_is_and_migrated_by_its_writer(path: Path, monkeypatch, read: Read) -> None:
    writer = Writer(path)
    writer.put_calls([made.call()])
    writer.commit()
    writer.close()
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE calls DROP COLUMN thinking")
    connection.execute("ALTER TABLE calls DROP COLUMN response_id")
    connection.close()
    old = read().get("call", "c1")
    assert old is not None
    assert (old["thinking"], old["response_id"], old["text"]) == (None, None, "t" * 500)

    later = schema.Migrations(version.SET)
    for migration in schema.migrations._migrations:
        later(name=migration.name)(migration.fn)

    @later()
    def m2_back(db: Database) -> None:
        db.table("calls").add_column("thinking", str)
        db.table("calls").add_column("response_id", str)

    monkeypatch.setattr(schema, "migrations", later)
    monkeypatch.setattr(version, "MIGRATIONS", (*version.MIGRATIONS, "m2_back"))
    writer = Writer(path)
    writer.put_calls([made.call("c2", "x2", made.T0 + 5)])
    writer.commit()
    writer.close()
    assert [row["thinking"] for row in read().rows("call", 0, 9)] == [None, "why"]


def test_migrations_are_those_that_readers_know() -> None:
    assert tuple(migration.name for migration in schema.migrations._migrations) == version.MIGRATIONS


def test_reading_needs_neither_sqlite_utils_nor_numpy() -> None:
    code = "import sys, heron_tui.store.reader; print({'sqlite_utils', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_store_in_a_directory_that_cannot_be_written(writer: Writer, path: Path, read: Read, monkeypatch) -> None:
    writer.put_calls([made.call()])
    writer.commit()
    writer.close()
    real = sqlite3.connect

    def refusing(place: str, **more):
        if "mode=ro" in place:
            raise sqlite3.OperationalError("unable to open database file")
        return real(place, **more)

    monkeypatch.setattr(sqlite3, "connect", refusing)
    assert read().count("call") == 1
