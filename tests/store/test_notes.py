"""Notes beside a store: kept at once, by several programs, and gone with the store."""

import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from heron_tui.core.errors import SourceError
from heron_tui.engine.run import replay
from heron_tui.store import catalog
from heron_tui.store.notes import NOTHING, Note, Notes, path_of
from heron_tui.store.opening import open_for_writing
from heron_tui.store.reader import Reader
from heron_tui.store.saving import Saved, save_packets, save_store
from heron_tui.store.writer import Writer


def test_what_is_noted_is_there_again(tmp_path: Path):
    store = tmp_path / "run.store"
    notes = Notes(store)
    notes.put(("packet", "7"), Note(marked=True, comment="look: 100 % “slow”"))
    notes.put(("call", "c1"), Note(ignored=True))
    notes.put(("packet", "9"), Note(reference=1_700_000_000_000_000))
    again = Notes(store)
    assert again.get(("packet", "7")) == Note(marked=True, comment="look: 100 % “slow”")
    assert again.marked("packet") == ["7"]
    assert again.ignored("call") == ["c1"]
    assert again.get(("packet", "9")).reference == 1_700_000_000_000_000
    assert again.get(("packet", "8")) is NOTHING
    assert stat.S_IMODE(path_of(store).stat().st_mode) == 0o600


def test_what_is_taken_back_is_gone(tmp_path: Path):
    notes = Notes(tmp_path / "run.store")
    notes.put(("packet", "7"), Note(marked=True))
    notes.put(("packet", "7"), NOTHING)
    assert len(notes) == 0
    assert len(Notes(tmp_path / "run.store")) == 0


def test_two_programs_do_not_overwrite_each_other(tmp_path: Path):
    one, other = Notes(tmp_path / "run.store"), Notes(tmp_path / "run.store")
    one.put(("packet", "1"), Note(marked=True))
    other.put(("packet", "2"), Note(marked=True))
    assert sorted(Notes(tmp_path / "run.store").marked("packet")) == ["1", "2"]


def test_the_engine_does_not_keep_notes_out(tmp_path: Path):
    path = tmp_path / "run.store"
    writer = open_for_writing(path)
    Notes(path).put(("turn", "t1"), Note(marked=True))
    writer.conn.close()
    assert Notes(path).marked("turn") == ["t1"]


def test_what_cannot_be_written_still_holds_for_the_run(tmp_path: Path):
    notes = Notes(tmp_path / "gone" / "run.store")
    with pytest.raises(SourceError, match=r"for this run only: .*run\.store\.notes"):
        notes.put(("packet", "1"), Note(marked=True))
    assert notes.marked("packet") == ["1"]


def test_a_file_that_holds_no_notes_is_named(tmp_path: Path):
    path_of(tmp_path / "run.store").write_text("nothing of the kind, and long enough to be looked at")
    with pytest.raises(SourceError, match=r"run\.store\.notes holds no notes"):
        Notes(tmp_path / "run.store")
    path_of(tmp_path / "run.store").unlink()
    sqlite3.connect(path_of(tmp_path / "run.store")).execute("CREATE TABLE other (a)").connection.close()
    with pytest.raises(SourceError, match="no such table"):
        Notes(tmp_path / "run.store")


def test_notes_go_with_their_store(tmp_path: Path):
    path = catalog.new_path("run", tmp_path)
    writer = Writer(path)
    writer.commit()
    writer.close()
    Notes(path).put(("packet", "1"), Note(marked=True))
    assert catalog.stores(tmp_path)[0].size > path.stat().st_size
    assert catalog.tidy(tmp_path, most=0) == [path]
    assert list(tmp_path.iterdir()) == []


def test_saved_packets_carry_their_comments_and_their_bytes(stores: Callable[[str], Path], tmp_path: Path):
    reader = Reader(stores("claude-code"))
    numbers = [9, 3, 4]
    saved = save_packets(reader, numbers, tmp_path / "some.pcapng", {4: "the slow one — ü", 9: "x" * 70_000})
    assert saved == Saved(3)
    assert stat.S_IMODE((tmp_path / "some.pcapng").stat().st_mode) == 0o600

    replay([str(tmp_path / "some.pcapng")], tmp_path / "run.store")
    again = Reader(tmp_path / "run.store")
    assert again.comments(1, 10) == {1: "x" * 65_535, 3: "the slow one — ü"}
    assert again.comments(3, 3) == {3: "the slow one — ü"}
    for place, number in enumerate(numbers):
        assert again.packet_bytes(place + 1) == reader.packet_bytes(number)
        assert again.packets(place, place + 1)[0].time_us == reader.numbered([number])[0].time_us

    save_packets(again, [1, 2, 3], tmp_path / "more.pcapng", {3: ""})
    replay([str(tmp_path / "more.pcapng")], tmp_path / "more.store")
    last = Reader(tmp_path / "more.store")
    assert last.comments(1, 3) == {1: "x" * 65_535}
    for open_reader in (reader, again, last):
        open_reader.close()


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_what_was_saved(stores: Callable[[str], Path], tmp_path: Path):
    reader = Reader(stores("claude-code"))
    save_packets(reader, range(1, 51), tmp_path / "some.pcapng", {2: "here"})
    reader.close()
    fields = ["-T", "fields", "-e", "frame.comment"]
    said = subprocess.run(
        ["tshark", "-r", tmp_path / "some.pcapng", *fields], check=True, capture_output=True, text=True
    )
    assert said.stdout.splitlines() == ["", "here", *[""] * 48]


def test_a_capture_file_that_is_gone_saves_nothing(stores: Callable[[str], Path], tmp_path: Path):
    capture = tmp_path / "c.pcapng"
    reader = Reader(stores("claude-code"))
    save_packets(reader, range(1, 11), capture, {})
    reader.close()
    replay([str(capture)], tmp_path / "run.store")
    capture.unlink()
    reader = Reader(tmp_path / "run.store")
    with pytest.raises(SourceError, match="nothing was saved: the capture file"):
        save_packets(reader, [1, 2], tmp_path / "out.pcapng", {})
    reader.close()
    assert not list(tmp_path.glob("*out.pcapng*"))


def test_a_store_is_saved_with_its_notes(stores: Callable[[str], Path], tmp_path: Path):
    shutil.copy(stores("claude-code"), tmp_path / "a.store")
    Notes(tmp_path / "a.store").put(("packet", "1"), Note(marked=True))
    save_store(tmp_path / "a.store", tmp_path / "b.store")
    copy = Reader(tmp_path / "b.store")
    assert copy.packet_count() == 760
    copy.close()
    assert Notes(tmp_path / "b.store").marked("packet") == ["1"]
    assert stat.S_IMODE((tmp_path / "b.store").stat().st_mode) == 0o600
    with pytest.raises(SourceError, match="is the store that is open"):
        save_store(tmp_path / "a.store", tmp_path / "a.store")
    with pytest.raises(SourceError, match="cannot be written: No such file"):
        save_store(tmp_path / "a.store", tmp_path / "none" / "b.store")


@pytest.mark.parametrize("by", ["number", "length", "server", "payload", "process"])
@pytest.mark.parametrize("down", [False, True])
def test_packets_in_another_order(stores: Callable[[str], Path], by: str, down: bool):
    reader = Reader(stores("claude-code"))
    rows = reader.packets(0, 760)
    missing = [row for row in rows if by in ("server", "process") and getattr(row, by) is None]
    there = [row for row in rows if row not in missing]
    key = (lambda _: 0) if by == "process" else lambda row: getattr(row, by)
    expected = [row.number for row in [*sorted(there, key=key, reverse=down), *missing]]
    if down:  # equal ones stay by number
        expected = [row.number for row in sorted(there, key=lambda row: row.number)]
        values = sorted({key(row) for row in there}, reverse=True)
        expected = [number for value in values for number in expected if key(rows[number - 1]) == value]
        expected += [row.number for row in missing]
    assert reader.packet_order(by, down=down).tolist() == expected
    some = reader.packet_order(by, down=down, numbers=np.array([5, 1, 700]))
    assert some.tolist() == [number for number in expected if number in (5, 1, 700)]
    reader.close()
