"""pcapng, built by hand: sections, interfaces, clocks, all kinds of blocks, damage."""

import struct

import pytest

from heron_tui.core.errors import SourceError
from tests.capture.by_hand import (
    BASE,
    block,
    enhanced,
    interface,
    obsolete,
    option,
    packets,
    pcapng,
    read_bytes,
    section,
    simple,
)

NOW = BASE * 1_000_000 + 123_456


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("limit", [1, 7, 32768])
def test_both_byte_orders(tmp_path, order, limit):
    sent = packets(20, size=21)
    reading = read_bytes(tmp_path, pcapng(sent, order), limit=limit)
    assert reading.contents == [(time_us, data) for data, time_us in sent]
    assert reading.notes == []
    assert (reading.sources[0].format, reading.sources[0].packets) == ("pcapng", 20)
    assert max(reading.sizes) <= limit


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "resolution, ticks",
    [
        (6, NOW),
        (9, NOW * 1000 + 999),
        (3, NOW // 1000),
        (0, NOW // 1_000_000),
        (12, (NOW % 10**12) * 10**6),
        (0x80 | 20, (NOW << 20) // 10**6 + 1),
        (0x80 | 10, (NOW << 10) // 10**6),
        (0x80 | 127, (1 << 64) - 1),
        (127, 10**15),
        (19, 12345 * 10**13),
    ],
)
def test_clock_resolutions(tmp_path, order, resolution, ticks):
    units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    described = interface(order, options=option(9, bytes([resolution]), order) + option(0, b"", order))
    reading = read_bytes(tmp_path, section(order) + described + enhanced(b"x", ticks, order))
    assert reading.contents == [(ticks * 1_000_000 // units, b"x")]


@pytest.mark.parametrize("offset, expected", [(3600, NOW + 3_600_000_000), (-10, NOW - 10_000_000), (-(2**63), 0)])
def test_clock_offsets(tmp_path, offset, expected):
    described = interface(options=option(14, struct.pack("<q", offset)))
    assert read_bytes(tmp_path, section() + described + enhanced(b"x", NOW)).contents == [(expected, b"x")]


@pytest.mark.parametrize("resolution", [0, 3, 6, 0x80, 0x80 | 5])
def test_absurd_times_stay_before_the_year_10000(tmp_path, resolution):
    described = interface(options=option(9, bytes([resolution])) + option(14, struct.pack("<q", 2**63 - 1)))
    ((time_us, _),) = read_bytes(tmp_path, section() + described + enhanced(b"x", (1 << 64) - 1)).contents
    assert time_us == 253_402_300_799_999_999


def test_sections_of_both_orders_and_interfaces_of_their_own(tmp_path):
    nanoseconds = option(9, b"\x09")
    data = (
        section("<")
        + interface("<", link=1)
        + interface("<", link=113, options=nanoseconds)
        + enhanced(b"a", NOW, "<", 0)
        + enhanced(b"b", NOW * 1000, "<", 1)
        + section(">")
        + interface(">", link=276)
        + enhanced(b"c", NOW, ">", 0)
        + enhanced(b"d", NOW, ">", 1)  # described in the section before only
        + section("<")
        + interface("<", link=101)
        + enhanced(b"e", NOW, "<", 0)
    )
    for limit in (1, 3, 100):
        reading = read_bytes(tmp_path, data, limit=limit)
        assert reading.contents == [(NOW, content) for content in (b"a", b"b", b"c", b"e")]
        assert [packet[4] for packet in reading.packets] == [1, 113, 276, 101]
        assert reading.notes == [f"{tmp_path / 'capture'}: packets skipped, their interface is not described: 1"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_simple_and_obsolete_packets(tmp_path, order):
    data = (
        section(order)
        + interface(order, snaplen=8)
        + simple(b"first!", order)
        + enhanced(b"second", NOW, order)
        + simple(b"cut to s", order, length=1000)
        + obsolete(b"old", NOW + 5, order, drops=7)
        + obsolete(b"older", NOW + 6, order)
        + simple(b"xy", order)
    )
    for limit in (1, 2, 100):
        reading = read_bytes(tmp_path, data, limit=limit)
        assert reading.contents == [
            (0, b"first!"),
            (NOW, b"second"),
            (NOW, b"cut to s"),
            (NOW + 5, b"old"),
            (NOW + 6, b"older"),
            (NOW + 6, b"xy"),
        ]
        assert [packet[3] for packet in reading.packets] == [6, 6, 1000, 3, 5, 2]
        assert reading.sources[0].dropped == 7


@pytest.mark.parametrize("order", ["<", ">"])
def test_comments_belong_to_their_packets(tmp_path, order):
    comments = option(2, bytes(4), order) + option(1, "größer".encode(), order) + option(1, b"again", order)
    data = (
        section(order, options=option(1, b"whole file", order))
        + interface(order)
        + enhanced(b"a", NOW, order)
        + enhanced(b"bcd", NOW, order, options=comments + option(0, b"", order))
        + obsolete(b"e", NOW, order, options=option(1, b"\xff old", order))
    )
    for limit in (1, 100):
        reading = read_bytes(tmp_path, data, limit=limit)
        assert reading.comments == {2: "größer\nagain", 3: "\N{REPLACEMENT CHARACTER} old"}
        assert reading.notes == [f"{tmp_path / 'capture'}: comment: whole file"]


def test_what_the_capture_lost_is_told_once(tmp_path):
    def statistics(interface, **counts):
        codes = {"received": 4, "ifdrop": 5, "osdrop": 7}
        options = b"".join(option(codes[name], struct.pack("<Q", count)) for name, count in counts.items())
        return block(5, struct.pack("<III", interface, 0, 0) + options)

    data = (
        section()
        + interface()
        + interface()
        + enhanced(b"a", NOW, options=option(4, struct.pack("<Q", 3)))
        + statistics(0, received=9, ifdrop=3)
        + statistics(1, received=9, osdrop=1)
        + statistics(0, received=12, ifdrop=4, osdrop=2)
        + statistics(9, ifdrop=1000)
    )
    reading = read_bytes(tmp_path, data)
    assert reading.sources[0].dropped == 7
    assert reading.notes == [f"{tmp_path / 'capture'}: packets lost while capturing, as the file says: 7"]


def test_other_blocks_are_skipped(tmp_path):
    known = [block(kind, b"whatever") for kind in (4, 9, 10, 0xBAD, 0x40000BAD)]
    data = (
        section()
        + b"".join(known)
        + interface()
        + block(0xABC, b"")
        + enhanced(b"a", NOW)
        + block(0xABC, bytes(70000))
        + enhanced(b"b", NOW)
    )
    reading = read_bytes(tmp_path, data)
    assert [content for _, content in reading.contents] == [b"a", b"b"]
    assert reading.notes == [f"{tmp_path / 'capture'}: blocks of unknown type 0xabc skipped: 2"]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_huge_block_is_skipped_without_being_held(tmp_path, compressed):
    import zlib

    data = section() + interface() + enhanced(b"a", NOW) + block(0xABC, bytes(40 << 20)) + enhanced(b"b", NOW)
    if compressed:
        data = zlib.compress(data, 1, wbits=31)
    reading = read_bytes(tmp_path, data, spool=tmp_path / "spool")
    assert [content for _, content in reading.contents] == [b"a", b"b"]


def test_a_packet_that_claims_more_than_its_block_holds(tmp_path):
    data = section() + interface() + enhanced(b"abcd", NOW, caplen=0xFFFFFFFF) + enhanced(b"next", NOW)
    reading = read_bytes(tmp_path, data)
    assert [content for _, content in reading.contents] == [b"abcd", b"next"]
    assert "packets cut, they claim more bytes than their block holds: 1" in reading.notes[0]


GOOD = section() + interface() + enhanced(b"a", NOW)


@pytest.mark.parametrize(
    "damage, why",
    [
        (struct.pack("<III", 6, 0, 0), "claims 0 bytes"),
        (struct.pack("<III", 6, 28, 0) + bytes(100), "claims 28 bytes"),
        (struct.pack("<III", 0xABC, 13, 0) + bytes(100), "claims 13 bytes"),
        (struct.pack("<III", 6, 0xFFFFFFFC, 0) + bytes(100), "claims 4,294,967,292 bytes"),
        (block(6, bytes(20))[:-4] + b"\x01\0\0\0", "lengths of a block differ"),
        (struct.pack("<III", 0x0A0D0D0A, 28, 0x12345678) + bytes(100), "byte-order magic 0x12345678"),
        (section(major=2), "pcapng version 2"),
    ],
)
def test_damaged_blocks_end_the_reading(tmp_path, damage, why):
    reading = read_bytes(tmp_path, GOOD + damage + enhanced(b"never", NOW))
    assert [content for _, content in reading.contents] == [b"a"]
    note = reading.sources[0].note
    assert note is not None and note.startswith(f"damaged at byte {len(GOOD):,}, behind packet 1: ") and why in note


def test_a_skipped_block_that_claims_more_than_the_file_holds(tmp_path):
    reading = read_bytes(tmp_path, GOOD + struct.pack("<III", 0xABC, 0xFFFFFFFC, 0) + bytes(100))
    assert len(reading.packets) == 1
    assert reading.sources[0].note is not None and reading.sources[0].note.startswith("cut at byte ")


def test_interfaces_without_end(tmp_path):
    reading = read_bytes(tmp_path, section() + interface() * 70_000 + enhanced(b"a", NOW))
    assert reading.packets == []
    assert "65,536 interfaces" in reading.notes[0]


def test_comments_without_end(tmp_path):
    comment = option(1, b"x" * 60_000)
    reading = read_bytes(tmp_path, section() + interface() + enhanced(b"a", NOW, options=comment) * 30)
    assert len(reading.packets) == 30
    assert sum(map(len, reading.comments.values())) <= 1 << 20
    assert "packet comments not kept" in reading.notes[0] and reading.notes[0].endswith(": 13")


def test_a_file_cut_at_every_byte(tmp_path):
    parts = [section(), interface(), enhanced(b"abc", NOW), simple(b"de"), enhanced(b"f", NOW), obsolete(b"g", NOW)]
    data = b"".join(parts)
    ends = [sum(map(len, parts[: index + 1])) for index in range(len(parts))]
    for length in range(len(data)):
        if length < 12:
            with pytest.raises(SourceError, match=r"empty|within the header"):
                read_bytes(tmp_path, data[:length])
            continue
        reading = read_bytes(tmp_path, data[:length])
        assert len(reading.packets) == sum(end <= length for end in ends[2:])
        assert bool(reading.notes) == (length not in ends)
