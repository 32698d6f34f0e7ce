"""What is kept of raw packets: up to a limit, and the newest of them where the spool rolls."""

import os
import threading
from pathlib import Path

import pytest

from heron_tui.capture import reader as reading
from heron_tui.capture import spool as spools
from heron_tui.capture.spool import BLOCK, Spool
from heron_tui.capture.stream import Stream
from heron_tui.core.errors import SourceError
from heron_tui.core.files import KEPT_HEAD
from heron_tui.store.capture_files import CaptureFile, head
from tests.capture.by_hand import packets, pcapng

PIECE = b"0123456789abcdef" * (BLOCK // 16)


@pytest.fixture
def rolling(tmp_path: Path):
    spool = Spool(tmp_path / "raw.pcapng", limit=16 * BLOCK, rolling=True)
    yield spool
    spool.close()


def fill(spool: Spool, pieces: int) -> None:
    for _ in range(pieces):
        spool.write(PIECE)
        spool.read_to += len(PIECE)


def test_the_oldest_bytes_go_and_the_newest_stay_at_their_place(rolling: Spool):
    fill(rolling, 100)
    if not rolling.let_go:
        pytest.skip(f"this file system cannot punch holes: {rolling.note}")
    status = rolling.path.stat()
    assert rolling.note is None
    assert status.st_size == 100 * BLOCK
    assert status.st_blocks * 512 <= 18 * BLOCK
    assert f"{rolling.let_go:,} bytes" in rolling.said
    file = CaptureFile("lo", str(rolling.path), *head(str(rolling.path)))
    assert file.read(0, KEPT_HEAD) == PIECE[:KEPT_HEAD]
    last = 99 * BLOCK
    assert file.read(last, BLOCK) == PIECE
    for place in (KEPT_HEAD, KEPT_HEAD + rolling.let_go - 10):
        with pytest.raises(SourceError, match="not kept any more"):
            file.read(place, 20)
    edge = KEPT_HEAD + rolling.let_go
    assert file.read(edge, 16) == PIECE[:16]
    file.close()


def test_what_was_not_read_yet_is_not_let_go(rolling: Spool):
    for _ in range(40):
        rolling.write(PIECE)
    assert rolling.let_go == 0
    assert rolling.note is None
    assert rolling.path.read_bytes() == PIECE * 40


def test_one_that_does_not_roll_stops_at_its_limit_and_says_so(tmp_path: Path):
    spool = Spool(tmp_path / "raw.pcap", limit=4 * BLOCK)
    fill(spool, 10)
    spool.close()
    assert spool.path.stat().st_size == 4 * BLOCK
    assert f"behind byte {4 * BLOCK:,} are not kept" in spool.said


def test_where_no_hole_can_be_made_it_stops_at_its_limit(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(spools, "_punch", lambda *_: False)
    spool = Spool(tmp_path / "raw.pcap", limit=4 * BLOCK, rolling=True)
    fill(spool, 10)
    spool.close()
    assert spool.path.stat().st_size == 4 * BLOCK
    assert spool.note


def test_a_live_capture_is_decoded_whole_and_counts_what_it_let_go(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(reading, "ROLLING_LIMIT", 16 * BLOCK)
    data = pcapng(packets(6000, size=900))
    read_end, write_end = os.pipe()
    stream = Stream(read_end, ahead=True)
    reader = reading.Reader(0, "eth9", live=stream, id="s1")
    reader.keep_in(tmp_path)
    writer = threading.Thread(target=_write, args=(write_end, data), daemon=True)
    writer.start()
    seen = 0
    while not reader.ended:
        if batch := reader.read(500):
            seen += len(batch.number)
    writer.join()
    assert seen == 6000
    if not stream.let_go:
        pytest.skip(f"this file system cannot punch holes: {reader.notes()}")
    assert any("were let go" in note for note in reader.notes())
    reader.close()


def _write(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left[:50_000]) :]
    os.close(fd)
