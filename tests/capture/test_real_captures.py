"""Captures of real clients, counted as Wireshark counts them."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest
import zstandard

from heron_tui.capture import demo
from tests.capture.by_hand import read

CAPTURES = sorted((Path(__file__).parent.parent / "captures").glob("*.pcap"))

needs_capinfos = pytest.mark.skipif(shutil.which("capinfos") is None, reason="capinfos (Wireshark) is not installed")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@needs_capinfos
def test_packet_counts():
    lines = tool("capinfos", "-T", "-r", "-M", "-c", "-d", *map(str, CAPTURES)).splitlines()
    for path, line in zip(CAPTURES, lines, strict=True):
        name, count, size = line.split("\t")
        reading = read(path)
        assert (name, int(count), int(size)) == (
            str(path),
            len(reading.packets),
            sum(length for _, _, _, length, _, _ in reading.packets),
        )
        assert reading.notes == []


@needs_tshark
@pytest.mark.parametrize("kind", ["pcap", "nsecpcap", "pcapng"])
def test_times_and_lengths_as_tshark_says(tmp_path, kind):
    path = tmp_path / "converted"
    tool("editcap", "-F", kind, str(CAPTURES[0]), str(path))
    fields = ("frame.number", "frame.time_epoch", "frame.len", "frame.cap_len")
    lines = tool("tshark", "-r", str(path), "-T", "fields", *(part for name in fields for part in ("-e", name)))
    shown = []
    for line in lines.splitlines():
        number, moment, length, caplen = line.split("\t")
        seconds, fraction = moment.split(".")
        shown.append((int(number), int(seconds) * 1_000_000 + int(fraction[:6]), int(length), int(caplen)))
    assert shown == [(number, time_us, length, len(data)) for number, time_us, data, length, _, _ in read(path).packets]


@needs_tshark
def test_merged_as_mergecap_does(tmp_path):
    path = tmp_path / "merged"
    chosen = [str(capture) for capture in CAPTURES[:4]]
    tool("mergecap", "-F", "pcap", "-w", str(path), *chosen)
    assert read(*chosen).contents == read(path).contents


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_compressed_captures(tmp_path, compress):
    for capture in CAPTURES[:3]:
        path = tmp_path / "packed"
        path.write_bytes(compress(capture.read_bytes()))
        assert read(path).packets == read(capture).packets


def test_the_demo(tmp_path):
    reading = read(demo.PATH, spool=tmp_path)
    assert len(reading.packets) == 1751
    assert reading.notes == []
    times = [time_us for time_us, _ in reading.contents]
    assert times == sorted(times)
    assert times[-1] - times[0] < 10_000_000
    everything = b"".join(data for _, data in reading.contents)
    for client in (b"claude-cli/", b"codex_exec", b"opencode/", b"Anthropic/Python"):
        assert client in everything
    assert demo.PATH.stat().st_size < 300_000
