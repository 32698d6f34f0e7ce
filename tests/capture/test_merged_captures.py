"""Several captures as one, in the order of time."""

import heapq
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.capture import open_sources, reader, sources
from heron_tui.core.errors import SourceError
from tests.capture.by_hand import Reading, block, enhanced, interface, option, packets, pcap, pcapng, read, section


def expected(files):
    """(time, bytes, file) as a plain merge has it: the file whose next packet is earliest goes first."""
    heads = [(times[0][1], file, 0) for file, times in enumerate(files) if times]
    heapq.heapify(heads)
    result = []
    while heads:
        time_us, file, index = heapq.heappop(heads)
        result.append((time_us, files[file][index][0], file))
        if index + 1 < len(files[file]):
            heapq.heappush(heads, (files[file][index + 1][1], file, index + 1))
    return result


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=30), min_size=1, max_size=4),
    st.sampled_from([1, 3, 32768]),
    st.booleans(),
)
def test_merged_by_time(tmp_path_factory, times, limit, ordered):
    folder = tmp_path_factory.mktemp("merge")
    files = []
    for file, column in enumerate(times):
        column = sorted(column) if ordered else column
        files.append([(bytes([file, index]) * (index % 3 + 1), time_us) for index, time_us in enumerate(column)])
        (folder / str(file)).write_bytes((pcap if file % 2 else pcapng)(files[-1]))
    reading = read(*(folder / str(file) for file in range(len(files))), limit=limit)
    assert [(time_us, data, file) for _, time_us, data, _, _, file in reading.packets] == expected(files)


def test_files_one_after_the_other_are_not_copied(tmp_path):
    later, sooner = tmp_path / "later", tmp_path / "sooner"
    sooner.write_bytes(pcap(packets(10)))
    later.write_bytes(pcap(packets(10, start=2_000_000_000_000_000)))
    opened = open_sources([str(later), str(sooner)], spool=None)
    batches = [batch for batch in opened.batches() if batch is not None]
    assert [int(batch.file[0]) for batch in batches] == [1, 0]
    assert [bytes(batch.data) for batch in batches] == [sooner.read_bytes(), later.read_bytes()]
    assert opened.progress == 1.0
    opened.close()


def test_comments_keep_their_packets(tmp_path):
    def commented(name, *moments):
        blocks = (enhanced(b"x", at, options=option(1, f"{name} {at}".encode())) for at in moments)
        (tmp_path / name).write_bytes(section() + interface() + b"".join(blocks))
        return tmp_path / name

    reading = read(commented("a", 1, 4, 5), commented("b", 2, 3, 6))
    assert reading.comments == {1: "a 1", 2: "b 2", 3: "b 3", 4: "a 4", 5: "a 5", 6: "b 6"}


def test_a_damaged_file_does_not_stop_the_others(tmp_path):
    (tmp_path / "good").write_bytes(pcap(packets(10)))
    (tmp_path / "bad").write_bytes(pcapng(packets(5)) + block(1, b"")[:6] + bytes(40))
    reading = read(tmp_path / "good", tmp_path / "bad")
    assert len(reading.packets) == 15
    assert [source.packets for source in reading.sources] == [10, 5]
    assert [bool(source.note) for source in reading.sources] == [False, True]


def test_a_quiet_pipe_does_not_hold_up_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PAUSE", 0.005)
    monkeypatch.setattr(reader, "PATIENCE", 0.01)
    (tmp_path / "file").write_bytes(pcap(packets(10)))
    read_end, write_end = os.pipe()
    opened = open_sources([str(tmp_path / "file"), "-"], spool=None, stdin_fd=read_end)
    reading = Reading()
    for batch in opened.batches():
        if batch is not None:
            reading.take(batch)
        elif write_end >= 0:
            assert len(reading.packets) == 10
            os.write(write_end, pcap(packets(3)))
            os.close(write_end)
            write_end = -1
    assert [packet[0] for packet in reading.packets] == list(range(1, 14))
    opened.close()
    os.close(read_end)


@pytest.mark.parametrize(
    "content, why",
    [
        (None, "No such file"),
        (b"", "empty, not a capture"),
        (b"\xd4\xc3\xb2\xa1\x02\0", "within the header"),
        (b"hello world, this is text", "not a capture"),
        (b"\n\r\r\n\x1c\0\0\0abcd", "not a capture"),
    ],
)
def test_what_is_no_capture_is_refused_in_one_line(tmp_path, content, why):
    (tmp_path / "good").write_bytes(pcap(packets(1)))
    if content is not None:
        (tmp_path / "bad").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        open_sources([str(tmp_path / "good"), str(tmp_path / "bad")], spool=tmp_path / "spool")
    message = str(caught.value)
    assert why in message and "\n" not in message and message.startswith(str(tmp_path / "bad"))
    assert not (tmp_path / "spool").exists()


def test_directories_and_nothing_and_stdin_twice_are_refused(tmp_path):
    for paths, why in (([str(tmp_path)], "a directory"), ([], "no capture"), (["-", "-"], "named twice")):
        with pytest.raises(SourceError, match=why):
            open_sources(paths, spool=None)


OPEN = Path("/proc/self/fd")


@pytest.mark.skipif(not OPEN.is_dir(), reason="no /proc")
def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "good").write_bytes(pcap(packets(1)))
    (tmp_path / "bad").write_bytes(b"no capture")
    before = len(list(OPEN.iterdir()))
    read(tmp_path / "good")
    with pytest.raises(SourceError):
        read(tmp_path / "good", tmp_path / "bad")
    assert len(list(OPEN.iterdir())) == before
