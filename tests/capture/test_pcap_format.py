"""Classic pcap, built by hand: byte orders, resolutions, odd headers, damage."""

import struct

import pytest

from heron_tui.core.errors import SourceError
from tests.capture.by_hand import BASE, MICRO, MODIFIED, NANO, packets, pcap, pcap_header, pcap_record, read_bytes


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [MICRO, NANO, MODIFIED])
@pytest.mark.parametrize("limit", [1, 7, 32768])
def test_every_kind_of_pcap_reads_alike(tmp_path, order, magic, limit):
    sent = packets(20)
    reading = read_bytes(tmp_path, pcap(sent, order, magic, link=113), limit=limit)
    assert reading.contents == [(time_us, data) for data, time_us in sent]
    assert {packet[4] for packet in reading.packets} == {113}
    assert reading.notes == []
    assert max(reading.sizes) <= limit
    source = reading.sources[0]
    assert (source.format, source.packets, source.note) == ("pcap", 20, None)
    assert source.size == (tmp_path / "capture").stat().st_size


def test_nanoseconds_are_cut_to_microseconds(tmp_path):
    record = struct.pack("<IIII", BASE, 123_456_999, 1, 1) + b"x"
    assert read_bytes(tmp_path, pcap_header("<", NANO) + record).contents == [(BASE * 1_000_000 + 123_456, b"x")]


def test_length_on_the_wire_is_never_less_than_what_was_captured(tmp_path):
    data = pcap_header() + pcap_record(b"abcd", 1, length=1500) + pcap_record(b"abcd", 2, length=0)
    assert [packet[3] for packet in read_bytes(tmp_path, data).packets] == [1500, 4]


def test_frame_check_bits_do_not_change_the_link_type(tmp_path):
    data = pcap([(b"x", 1)], link=1 | 0x5400_0000)
    assert read_bytes(tmp_path, data).packets[0][4] == 1


def test_a_link_type_that_is_not_decoded_is_said(tmp_path):
    notes = read_bytes(tmp_path, pcap([(b"x", 1)], link=195)).notes
    assert len(notes) == 1 and "link type 195 is not decoded" in notes[0]


def test_a_file_header_alone_is_an_empty_capture(tmp_path):
    reading = read_bytes(tmp_path, pcap_header())
    assert (reading.packets, reading.notes) == ([], [])


@pytest.mark.parametrize(
    "snaplen, claim, readable", [(65535, 262_144, True), (65535, 262_145, False), (1 << 31, 1 << 20, True)]
)
def test_a_record_may_be_as_long_as_libpcap_writes_or_the_header_says(tmp_path, snaplen, claim, readable):
    data = pcap([(bytes(claim), 1), (b"x", 2)], snaplen=snaplen)
    assert len(read_bytes(tmp_path, data).packets) == (2 if readable else 0)


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0x80000000, 16 << 20])
def test_an_absurd_length_ends_the_reading_and_says_where(tmp_path, claim):
    head = pcap(packets(3))
    data = head + struct.pack("<IIII", BASE, 0, claim, claim) + bytes(1000)
    reading = read_bytes(tmp_path, data)
    assert len(reading.packets) == 3
    note = reading.sources[0].note
    assert note == f"damaged at byte {len(head):,}, behind packet 3: its record claims {claim:,} bytes"
    assert reading.notes == [f"{tmp_path / 'capture'}: {note}"]


def test_a_cut_record_is_left_out_and_said(tmp_path):
    data = pcap(packets(3))
    reading = read_bytes(tmp_path, data[:-10])
    assert len(reading.packets) == 2
    assert reading.sources[0].note == f"cut at byte {len(data) - 10:,}, behind packet 2, 66 bytes into a record"


def test_a_file_cut_at_every_byte(tmp_path):
    data = pcap(packets(4, size=20))
    for length in range(len(data)):
        if length < 24:
            with pytest.raises(SourceError, match=r"empty|within the header"):
                read_bytes(tmp_path, data[:length])
            continue
        reading = read_bytes(tmp_path, data[:length])
        whole, rest = divmod(length - 24, 36)
        assert len(reading.packets) == whole
        assert bool(reading.notes) == bool(rest)


def test_the_latest_time_a_record_can_hold(tmp_path):
    data = pcap_header() + struct.pack("<IIII", 0xFFFFFFFF, 0xFFFFFFFF, 1, 1) + b"x"
    assert read_bytes(tmp_path, data).contents == [(0xFFFFFFFF * 1_000_000 + 0xFFFFFFFF, b"x")]
