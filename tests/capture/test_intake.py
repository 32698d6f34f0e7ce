"""Live streams that are put on the disk ahead of who decodes them."""

import os
import threading
import time
from pathlib import Path

import pytest

from heron_tui.capture import Sources, intake
from heron_tui.capture import stream as streams
from heron_tui.capture.reader import Reader
from heron_tui.capture.recording import Recording
from heron_tui.capture.spool import Spool
from heron_tui.capture.stream import Stream
from tests.capture.by_hand import Reading, packets, pcap, pcapng, read_bytes

SENT = packets(3000, size=700)
DATA = pcapng(SENT)
CONTENTS = [(time_us, data) for data, time_us in SENT]


@pytest.fixture
def pipe():
    read_end, write_end = os.pipe()
    stream = Stream(read_end, ahead=True)
    yield stream, write_end
    stream.close()


def write(fd, data):
    """In a thread of its own; the pipe holds 64 KiB."""

    def work():
        left = memoryview(data)
        while left:
            left = left[os.write(fd, left[:50_000]) :]
        os.close(fd)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def reader_of(stream, place):
    reader = Reader(0, "eth9", live=stream, id="s1")
    reader.keep_in(place)
    return reader


def same(one, other):
    """A plain truth value: pytest would show megabytes."""
    return one == other


@pytest.mark.parametrize("data", [DATA, pcap(SENT)], ids=["pcapng", "pcap"])
def test_all_is_on_the_disk_before_anything_is_decoded(pipe, tmp_path, monkeypatch, data):
    monkeypatch.setattr(streams, "CHUNK", 1000)  # what the decoder itself takes at the beginning
    stream, fd = pipe
    reader = reader_of(stream, tmp_path)
    writer = write(fd, data)
    reading = Reading()
    while reader.source.raw_path is None:
        if batch := reader.read(1):
            reading.take(batch)
    writer.join(10)
    assert not writer.is_alive()  # though nobody decodes
    wait(lambda: Path(reader.source.raw_path).stat().st_size == len(data))
    assert stream.waiting > 0
    assert not stream.ended
    for batch in Sources([reader]).batches():
        if batch is not None:
            reading.take(batch)
    assert same(reading.contents, CONTENTS)
    assert stream.waiting == 0
    assert stream.ended


def test_what_the_spool_refuses_waits_in_memory(pipe, tmp_path):
    stream, fd = pipe
    head = len(pcapng(SENT[:10]))
    os.write(fd, DATA[:head])
    stream.load(0, 24)
    spool = Spool(tmp_path / "x.pcapng", limit=1_000_000)
    stream.keep_in(spool)
    write(fd, DATA[head:]).join(10)
    assert same(everything(stream), DATA)
    assert spool.note
    assert (tmp_path / "x.pcapng").stat().st_size <= 1_000_000


def test_a_full_memory_holds_up_who_captures_and_loses_nothing(pipe, tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "MEMORY", 200_000)
    stream, fd = pipe
    os.write(fd, DATA[:1000])
    stream.load(0, 24)
    stream.keep_in(Spool(tmp_path / "x.pcapng", limit=1000))
    writer = write(fd, DATA[1000:])
    wait(lambda: stream.waiting >= 200_000)
    time.sleep(0.05)
    assert writer.is_alive()
    assert same(everything(stream), DATA)
    writer.join(10)
    assert not writer.is_alive()


def test_closing_ends_the_thread_while_it_waits(pipe, tmp_path):
    stream, fd = pipe
    os.write(fd, DATA[:1000])
    stream.load(0, 24)
    before = threading.active_count()
    stream.keep_in(Spool(tmp_path / "x.pcapng"))
    assert threading.active_count() == before + 1
    stream.close()
    assert threading.active_count() == before
    os.close(fd)
    stream.close = lambda: None


def test_a_recording_is_fed_by_several_threads(tmp_path):
    recording = Recording(tmp_path / "r.pcapng", "test")
    sources = [(SENT[:1000], pcapng(SENT[:1000])), (SENT[1000:], pcapng(SENT[1000:])), (SENT, pcap(SENT))]
    threads = []
    for name, (_, data) in enumerate(sources):
        feed = recording.source(str(name)).feed

        def work(feed=feed, data=data):
            for start in range(0, len(data), 9_973):
                feed(data[start : start + 9_973])

        threads.append(threading.Thread(target=work))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recording.close()
    read = read_bytes(tmp_path, (tmp_path / "r.pcapng").read_bytes())
    assert recording.problem is None
    assert recording.packets == 2 * len(SENT)
    assert same(sorted(read.contents), sorted(CONTENTS + CONTENTS))
    assert read.notes == []


def everything(stream):
    out, end = b"", time.monotonic() + 60
    while not stream.ended and time.monotonic() < end:
        position = stream.base + len(stream.data)
        if not out:
            out, position = bytes(stream.data), len(stream.data)
        stream.load(position, 1)
        out += bytes(stream.data)
        time.sleep(0.001)
    return out


def wait(ready, seconds=60):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)
