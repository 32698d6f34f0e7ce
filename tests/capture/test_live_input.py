"""Pipes and growing files: what comes in pieces equals what lies in a file."""

import gzip
import os
import random
import threading
import time
from itertools import pairwise

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.capture import file_window, open_sources, reader, sources
from heron_tui.core.errors import SourceError
from tests.capture.by_hand import Reading, packets, pcap, pcap_header, pcap_record, pcapng, read_bytes

SENT = packets(400)
CONTENTS = [(time_us, data) for data, time_us in SENT]


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(sources, "PAUSE", 0.005)
    monkeypatch.setattr(reader, "PATIENCE", 0.01)


def read_pipe(pieces, *, delay=0.0, **options):
    """What a pipe gives into which another thread writes `pieces`."""
    read_end, write_end = os.pipe()

    def write():
        with os.fdopen(write_end, "wb", buffering=0) as pipe:
            for piece in pieces:
                pipe.write(piece)
                time.sleep(delay)

    thread = threading.Thread(target=write)
    thread.start()
    reading = Reading()
    try:
        opened = open_sources(["-"], stdin_fd=read_end, **{"spool": None, **options})
        for batch in opened.batches():
            if batch is not None:
                reading.take(batch)
        reading.notes, reading.sources = opened.notes, opened.sources
        opened.close()
    finally:
        os.close(read_end)
        thread.join()
    return reading


def shattered(data, cuts):
    edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if end > start]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([pcap(SENT), pcapng(SENT), gzip.compress(pcap(SENT)), zstandard.compress(pcapng(SENT))]),
    st.lists(st.integers(0, 100_000), max_size=30),
)
def test_random_pieces_equal_the_file(data, cuts):
    reading = read_pipe(shattered(data, cuts))
    assert reading.contents == CONTENTS
    assert reading.notes == []


@pytest.mark.parametrize("build", [pcap, pcapng])
def test_byte_by_byte(build):
    few = packets(20, size=20)
    reading = read_pipe([bytes([byte]) for byte in build(few)])
    assert reading.contents == [(time_us, data) for data, time_us in few]


def test_a_pipe_has_the_id_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "PATIENCE", 60)
    data = pcap(packets(2000))
    reading = read_pipe(shattered(data, random.Random(1).sample(range(len(data)), 50)), spool=tmp_path / "spool")
    source = reading.sources[0]
    assert source.id == read_bytes(tmp_path, data).sources[0].id
    assert source.name == "-"
    assert source.raw_path == str(tmp_path / "spool" / f"{source.id}.pcap")
    assert (tmp_path / "spool" / f"{source.id}.pcap").read_bytes() == data


def test_packets_come_while_the_pipe_is_still_open():
    read_end, write_end = os.pipe()
    opened = open_sources(["-"], spool=None, stdin_fd=read_end)
    batches = opened.batches()
    assert next(batches) is None
    os.write(write_end, pcap_header())
    record = pcap_record(b"whole", 5)
    os.write(write_end, record + record[:10])
    assert len(_next(batches)) == 1
    assert next(batches) is None  # half a record waits
    assert opened.progress is None
    os.write(write_end, record[10:])
    assert len(_next(batches)) == 1
    os.write(write_end, record[:-1])
    os.close(write_end)
    assert [batch for batch in batches if batch is not None] == []
    assert opened.notes == [
        f"-: cut at byte {24 + 3 * len(record) - 1}, behind packet 2, {len(record) - 1} bytes into a record"
    ]
    opened.close()
    os.close(read_end)


def _next(batches):
    return next(batch for batch in batches if batch is not None)


def test_a_pipe_that_brings_no_capture():
    for data in (b"this is text, not packets", b"", b"\n\r\r\n12", pcap_header()[:20]):
        with pytest.raises(SourceError):
            read_pipe([data])


def test_closing_early_lets_the_writer_go():
    read_end, write_end = os.pipe()
    os.write(write_end, pcap(packets(3)))
    opened = open_sources(["-"], spool=None, stdin_fd=read_end)
    assert len(_next(opened.batches())) == 3
    opened.close()
    opened.close()
    os.close(read_end)
    with pytest.raises(BrokenPipeError):
        os.write(write_end, b"more")
    os.close(write_end)


@pytest.mark.parametrize("build", [pcap, pcapng])
def test_a_growing_file_is_followed(tmp_path, build):
    data = build(SENT)
    path = tmp_path / "growing"
    path.write_bytes(b"")
    opened = open_sources([str(path)], spool=tmp_path / "spool", follow=True)
    reading = Reading()
    pieces = iter(shattered(data, random.Random(2).sample(range(len(data)), 40)))
    with path.open("ab", buffering=0) as file:
        for batch in opened.batches():
            if batch is not None:
                reading.take(batch)
            elif piece := next(pieces, None):
                file.write(piece)
            else:
                break
    assert reading.contents == CONTENTS
    assert opened.progress is None
    assert opened.notes == []
    assert opened.sources[0].raw_path == str(path)
    assert not (tmp_path / "spool").exists()
    opened.close()


def test_a_followed_file_that_is_emptied_ends(tmp_path):
    path = tmp_path / "growing"
    path.write_bytes(pcap(packets(3)))
    opened = open_sources([str(path)], spool=None, follow=True)
    batches = opened.batches()
    assert len(_next(batches)) == 3
    path.write_bytes(b"")
    assert [batch for batch in batches if batch is not None] == []
    assert "became shorter" in opened.notes[0]
    opened.close()


def test_a_file_that_is_cut_while_it_is_read_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(file_window, "PIECE", 8192)
    path = tmp_path / "capture"
    path.write_bytes(pcap(packets(5000)))
    opened = open_sources([str(path)], spool=None)
    batches = opened.batches(limit=100)
    assert len(_next(batches)) == 100
    os.truncate(path, 10_000)
    left = sum(len(batch) for batch in batches if batch is not None)
    assert 0 < 100 + left < 5000
    assert "became shorter" in opened.notes[0]
    opened.close()


def test_a_named_pipe(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    thread = threading.Thread(target=lambda: path.write_bytes(pcap(SENT)))
    thread.start()
    opened = open_sources([str(path)], spool=None)
    reading = Reading()
    for batch in opened.batches():
        if batch is not None:
            reading.take(batch)
    thread.join()
    assert reading.contents == CONTENTS
    opened.close()


@pytest.mark.parametrize("piece", [1, 60, 997, 1 << 20])
def test_a_file_says_the_same_in_pieces_of_any_size(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(file_window, "PIECE", piece)
    whole = packets(300)
    assert read_bytes(tmp_path, pcap(whole), limit=7).contents == [(time_us, data) for data, time_us in whole]
