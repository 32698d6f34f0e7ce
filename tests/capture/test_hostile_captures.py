"""Damage of every kind: never an exception once reading began, never a hang, never much memory."""

import gzip
import struct
import subprocess
import sys

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.core.errors import SourceError
from tests.capture.by_hand import (
    enhanced,
    interface,
    obsolete,
    option,
    packets,
    pcap,
    pcap_header,
    read_bytes,
    section,
    simple,
)

RICH = (
    section(options=option(1, b"file"))
    + interface(options=option(9, b"\x09"))
    + interface(link=113, snaplen=20, options=option(9, b"\x8a") + option(14, bytes(8)))
    + enhanced(b"abc", 1 << 50, options=option(1, b"packet") + option(4, bytes(8)))
    + simple(b"defg")
    + obsolete(b"h", 1 << 40, interface=1, drops=3)
    + section(">")
    + interface(">")
    + enhanced(b"ijk", 1 << 50, ">")
)
SAMPLES = [
    RICH,
    pcap(packets(8, size=20)),
    pcap(packets(8, size=20), ">"),
    gzip.compress(RICH),
    zstandard.compress(RICH),
]


@settings(max_examples=300, deadline=2000)
@given(st.sampled_from(SAMPLES), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
def test_wrong_bytes_anywhere(tmp_path_factory, data, changes):
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        read_bytes(tmp_path_factory.getbasetemp(), bytes(damaged), "damaged")
    except SourceError as error:
        assert "\n" not in str(error)


@settings(max_examples=200, deadline=2000)
@given(st.sampled_from([b"", pcap_header(), pcap_header(">"), section() + interface()]), st.binary(max_size=300))
def test_noise_behind_a_header(tmp_path_factory, head, noise):
    try:
        reading = read_bytes(tmp_path_factory.getbasetemp(), head + noise, "noise")
    except SourceError:
        assert not head
        return
    assert sum(len(data) for _, data in reading.contents) <= len(noise)


@pytest.mark.parametrize("filler", [b"\0", b"\xff", b"\x06\0\0\0", b"\x0c\0\0\0", b"\n\r\r\n"])
@pytest.mark.parametrize("head", [pcap_header(), section() + interface()])
def test_a_megabyte_of_the_same(tmp_path, head, filler):
    reading = read_bytes(tmp_path, head + filler * ((1 << 20) // len(filler)))
    assert len(reading.packets) <= (1 << 20) // 16


def test_empty_packets_are_packets(tmp_path):
    reading = read_bytes(tmp_path, pcap([(b"", 1)] * 100_000))
    assert len(reading.packets) == 100_000


WEIGHED = """
import sys
from heron_tui.capture import open_sources
sources = open_sources([sys.argv[1]], spool=None)
print(sum(len(batch) for batch in sources.batches() if batch is not None))
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("compressed", [False, True])
def test_memory_stays_small_with_large_packets(tmp_path, compressed):
    record = struct.pack("<IIII", 0, 0, 200_000, 200_000) + bytes(200_000)
    data = pcap_header() + record * 1500
    path = tmp_path / "large"
    path.write_bytes(zstandard.compress(data) if compressed else data)
    done = subprocess.run([sys.executable, "-c", WEIGHED, str(path)], capture_output=True, text=True, check=True)
    count, peak_kib = map(int, done.stdout.split())
    assert count == 1500
    assert peak_kib < 150 << 10
