"""Stores beside each other, and how long they stay."""

import os
import stat
import time
from pathlib import Path

from heron_tui.core import paths
from heron_tui.store import catalog
from heron_tui.store.reader import Reader
from heron_tui.store.writer import Writer
from tests.store import made


def make(folder: Path, name: str, days_old: float = 0, spooled: int = 0) -> Path:
    path = folder / f"{name}.store"
    writer = Writer(path)
    writer.put_source(made.source(f"s-{name}"))
    writer.put_calls([made.call()])
    writer.put_packets(*made.packets(3, flow=-1))
    writer.commit()
    writer.close()
    if spooled:
        spool = folder / f"{name}.store.d"
        spool.mkdir()
        (spool / "raw.pcap").write_bytes(b"x" * spooled)
    then = time.time() - days_old * 86400
    os.utime(path, (then, then))
    return path


def test_new_stores_have_names_of_their_own(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda form: "20260102-030405")
    folder = tmp_path / "a" / "stores"
    first = catalog.new_path("../my capture?.pcap", folder)
    assert first == folder / "20260102-030405-my-capture-.pcap.store"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    first.touch()
    assert catalog.new_path("../my capture?.pcap", folder).name == "20260102-030405-my-capture-.pcap-2.store"
    assert catalog.new_path("///", folder).name == "20260102-030405-capture.store"
    assert catalog.directory() == paths.state_dir() / "stores"


def test_lists_the_newest_first_and_says_what_cannot_be_read(tmp_path: Path) -> None:
    assert catalog.stores(tmp_path / "none") == []
    make(tmp_path, "old", days_old=3)
    make(tmp_path, "new", spooled=5000)
    (tmp_path / "bad.store").write_text("nothing " * 999)
    os.utime(tmp_path / "bad.store", (1, 1))
    new, old, bad = catalog.stores(tmp_path)
    assert [store.path.name for store in (new, old, bad)] == ["new.store", "old.store", "bad.store"]
    assert new.sources == ("s-new.pcap",)
    assert (new.counts["packets"], new.counts["calls"], new.counts["turns"]) == (3, 1, 0)
    assert new.size == old.size + 5000
    assert "not a heron-tui store" in (bad.problem or "")


def test_a_store_in_use_is_known(tmp_path: Path) -> None:
    path = make(tmp_path, "a")
    assert not catalog.in_use(path)
    reader = Reader(path)
    reader.count("call")
    assert catalog.in_use(path)
    reader.close()
    writer = Writer(path)
    assert catalog.in_use(path)
    writer.close()
    assert not catalog.in_use(path)


def test_tidies_by_age_count_and_size_but_never_what_is_in_use(tmp_path: Path) -> None:
    stores = [make(tmp_path, f"s{days}", days, spooled=1 << 20) for days in range(6)]
    assert catalog.tidy(tmp_path) == []
    assert catalog.tidy(tmp_path, oldest_days=4.5) == [stores[5]]
    assert not (tmp_path / "s5.store.d").exists()
    reader = Reader(stores[4])
    reader.count("call")
    assert catalog.tidy(tmp_path, most=3) == [stores[3]]
    reader.close()
    assert catalog.tidy(tmp_path, most_bytes=int(2.9 * (1 << 20))) == [stores[2], stores[4]]
    assert catalog.tidy(tmp_path, most_bytes=0) == [stores[1]]
    assert [store.path for store in catalog.stores(tmp_path)] == [stores[0]]
