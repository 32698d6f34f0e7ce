"""What must hold for any traffic: cut, shuffled, doubled, overlapped, damaged, or plain noise."""

import random
from dataclasses import astuple
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.model.flow import Chunk
from heron_tui.model.packet import PacketBatch
from heron_tui.model.packet_kind import Kind
from heron_tui.net import Limits, Tracker
from heron_tui.net.columns import TCP, dissect
from heron_tui.net.dissect import Broken, Raw, Reassembled, Segment, dissect_one
from heron_tui.net.fragments import Fragments
from tests.net.build import (
    ACK,
    ETHERNET,
    IPV4_ONLY,
    LOOP,
    NULL,
    RAW,
    SLL,
    SLL2,
    START_US,
    SYN,
    Conversation,
    Packet,
    Seen,
    batch,
    ethernet,
    ipv4,
    ipv6,
    mpls,
    null,
    pppoe,
    raw,
    sll,
    sll2,
    snap,
    tcp,
    track,
    vlan,
)

ISN = st.sampled_from([0, 1000, 0xFFFFFFF0, 0xFFFFFFFF, 0x7FFFFFFA]) | st.integers(0, 0xFFFFFFFF)
TURNS = st.lists(st.tuples(st.sampled_from([0, 1]), st.binary(min_size=1, max_size=400)), min_size=1, max_size=8)


def talk(turns: list[tuple[int, bytes]], isn: tuple[int, int], mss: int, ack_every: int = 1) -> Conversation:
    made = Conversation(isn=isn, ack_every=ack_every).open()
    for side, data in turns:
        made.send(side, data, mss)
    return made


def streams(turns: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    return tuple(b"".join(data for side, data in turns if side == each) for each in (0, 1))  # type: ignore[return-value]


def story(seen: Seen) -> dict[str, object]:
    """Everything that may not depend on how packets are cut into batches."""
    told: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    for event in seen.events:
        if isinstance(event, Chunk):
            marks = zip(event.marks.starts, event.marks.packets, event.marks.times, strict=True)
            told.setdefault((event.flow.id, event.side), []).extend(marks)
    flows = {flow.id: {**dict(zip(flow.__slots__, astuple(flow), strict=True)), "n": 0} for flow in seen.flows}
    ordinals = [flow.id for flow in sorted(seen.flows, key=lambda flow: flow.n)]
    return {
        "streams": {(flow.id, side): seen.stream(side, flow.n) for flow in seen.flows for side in (0, 1)},
        "gaps": sorted(
            (event.flow.id, event.side, event.offset, event.size, event.packet, event.time_us)
            for event in seen.events
            if hasattr(event, "size")
        ),
        "closes": sorted(
            (event.flow.id, str(event.side), event.how, event.packet) for event in seen.events if hasattr(event, "how")
        ),
        "marks": told,
        "flows": flows,
        "kinds": seen.kind,
        "packets of flows": [ordinals[n] if n >= 0 else None for n in seen.flow],
        "payload": seen.payload,
        "counters": astuple(seen.tracker.counters),
    }


@settings(deadline=None)
@given(TURNS, st.tuples(ISN, ISN), st.integers(1, 200), st.randoms(use_true_random=False))
def test_any_cutting_gives_the_same_bytes(
    turns: list[tuple[int, bytes]], isn: tuple[int, int], mss: int, chance: random.Random
) -> None:
    packets = talk(turns, isn, mss).close().packets
    seen = track(packets, [chance.randrange(len(packets)) for _ in range(3)])
    assert (seen.stream(0), seen.stream(1)) == streams(turns)
    assert not seen.gaps and not seen.damage
    assert seen.flows[0].closed == "fin"


@settings(deadline=None, max_examples=25)
@given(TURNS)
def test_byte_by_byte(turns: list[tuple[int, bytes]]) -> None:
    packets = talk(turns, (1, 2), 1, ack_every=3).packets
    assert (track(packets).stream(0), track(packets).stream(1)) == streams(turns)
    for cuts in (range(len(packets)), range(0, len(packets), 7)):
        seen = track(packets, cuts)
        assert (seen.stream(0), seen.stream(1)) == streams(turns)


def disturbed(packets: list[Packet], chance: random.Random, window: int, doubles: bool) -> list[Packet]:
    """Shuffled within a window, some doubled; the times stay in order."""
    places = [(n + chance.random() * window, packet) for n, packet in enumerate(packets)]
    if doubles:
        places += [(place + chance.random() * window, packet) for place, packet in places if chance.random() < 0.3]
    times = range(packets[0].time_us, packets[0].time_us + 100 * len(places), 100)
    return [packet.at(time) for (_, packet), time in zip(sorted(places, key=lambda p: p[0]), times, strict=True)]


@settings(deadline=None, max_examples=60)
@given(TURNS, st.tuples(ISN, ISN), st.integers(5, 200), st.booleans(), st.randoms(use_true_random=False))
def test_shuffled_and_doubled(
    turns: list[tuple[int, bytes]], isn: tuple[int, int], mss: int, doubles: bool, chance: random.Random
) -> None:
    made = talk(turns, isn, mss)
    opening, rest = made.packets[:3], made.packets[3:]
    packets = opening + disturbed(rest, chance, 6, doubles)
    seen = track(packets, [chance.randrange(len(packets)) for _ in range(2)])
    assert (seen.stream(0), seen.stream(1)) == streams(turns)
    assert not seen.gaps


@settings(deadline=None, max_examples=60)
@given(st.binary(min_size=2, max_size=2000), st.tuples(ISN, ISN), st.randoms(use_true_random=False))
def test_overlapping_segments(data: bytes, isn: tuple[int, int], chance: random.Random) -> None:
    made = Conversation(isn=isn, ack_every=0).open()
    first = made.seq[1]
    edges = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(8))})
    spans = list(pairwise(edges))
    spans += [(low := chance.randrange(len(data)), chance.randrange(low, len(data)) + 1) for _ in range(8)]
    chance.shuffle(spans)
    for low, high in spans:
        made.add(1, ACK, data[low:high], seq=(first + low) & 0xFFFFFFFF)
    seen = track(made.packets, [chance.randrange(len(made.packets))])
    assert seen.stream(1) == data
    assert not seen.gaps


@settings(deadline=None, max_examples=60)
@given(TURNS, st.tuples(ISN, ISN), st.integers(20, 200), st.booleans(), st.randoms(use_true_random=False))
def test_a_dropped_segment_is_one_gap_and_all_else_comes(
    turns: list[tuple[int, bytes]], isn: tuple[int, int], mss: int, acked: bool, chance: random.Random
) -> None:
    turns = [(0, b"x" * 30), (1, b"y" * 30), *turns, (0, b"x" * 30), (1, b"y" * 30)]
    made = talk(turns, isn, mss, ack_every=int(acked))
    sizes = track(made.packets).payload
    candidates = [n for n, size in enumerate(sizes) if size > 1]
    lost = chance.choice(candidates[2 : -2 * -(-30 // mss)] or candidates[2:3])
    whole = track(made.packets)
    side, size = whole.side[lost], sizes[lost]
    offset = sum(sizes[n] for n in range(lost) if whole.side[n] == side)
    packets = made.packets[:lost] + made.packets[lost + 1 :]
    seen = track(packets, [chance.randrange(len(packets))])
    assert seen.gaps == [(side, offset, size)]
    expected = list(streams(turns))
    expected[side] = expected[side][:offset] + bytes(size) + expected[side][offset + size :]
    assert [seen.stream(0), seen.stream(1)] == expected
    assert (seen.flows[0].gaps, seen.flows[0].lost_bytes) == (1, size)


FRAMES = [
    (ETHERNET, ethernet),
    (ETHERNET, lambda network: vlan(network, 0x8100)),
    (ETHERNET, lambda network: vlan(network, 0x88A8, 0x8100)),
    (ETHERNET, lambda network: mpls(network, 2)),
    (ETHERNET, pppoe),
    (ETHERNET, snap),
    (NULL, null),
    (LOOP, lambda network: null(network, ">", 30)),
    (NULL, lambda network: null(network, ">", 24)),
    (RAW, raw),
    (IPV4_ONLY, raw),
    (SLL, sll),
    (SLL2, sll2),
]


@st.composite
def frames(draw: st.DrawFn) -> Packet:
    """A packet of any shape, whole, cut, or with bytes changed; or noise."""
    link = draw(st.sampled_from([ETHERNET, NULL, LOOP, RAW, IPV4_ONLY, SLL, SLL2, 4711]))
    time_us = START_US + draw(st.integers(0, 10_000_000))
    if draw(st.integers(0, 5)) == 0:
        return Packet(time_us, draw(st.binary(max_size=100)), link)
    link, wrap = draw(st.sampled_from(FRAMES))
    ports = st.integers(1, 3)
    payload = draw(st.binary(max_size=60))
    options = bytes(4 * draw(st.integers(0, 3)))
    flags = draw(st.sampled_from([ACK, ACK, ACK, SYN, SYN | ACK, 4, 17, 0, 63]))
    segment = tcp(
        draw(ports), draw(ports), draw(st.integers(0, 300)), draw(st.integers(0, 300)), flags, payload, options
    )
    protocol = draw(st.sampled_from([6, 6, 6, 6, 17, 1, 58, 50, 44, 0, 60, 51]))
    if draw(st.booleans()):
        network = ipv4(
            f"1.1.1.{draw(ports)}",
            f"1.1.1.{draw(ports)}",
            segment,
            protocol=protocol,
            ident=draw(st.integers(0, 3)),
            options=bytes(draw(st.sampled_from([0, 0, 0, 4]))),
            fragment=draw(st.sampled_from([0, 0, 0, 0, 8])),
            more=draw(st.sampled_from([False, False, False, True])),
            length=draw(st.sampled_from([None, None, None, 0, 10, 45, 4000])),
        )
    else:
        extensions = draw(st.lists(st.sampled_from([(0, bytes(7)), (60, bytes(7)), (44, bytes(7))]), max_size=2))
        network = ipv6(
            f"::{draw(ports)}", f"::{draw(ports)}", segment, protocol=protocol, extensions=extensions,
            length=draw(st.sampled_from([None, None, None, 0, 10, 45, 4000])),
        )  # fmt: skip
    frame = bytearray(wrap(network) + bytes(draw(st.sampled_from([0, 0, 6]))))
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    packet = Packet(time_us, bytes(frame), link)
    return packet.cut(draw(st.integers(0, len(frame)))) if draw(st.integers(0, 3)) == 0 else packet


def one_by_one(part: PacketBatch) -> tuple[list[int], list[tuple[int, ...]]]:
    """What `dissect_one` says of a batch: kinds, and segments with their row."""
    fragments, kinds, segments = Fragments(Limits()), [], []
    for row in range(len(part)):
        columns = (part.pos, part.caplen, part.length, part.link, part.number, part.time_us)
        found = dissect_one(Raw(part.data, *(int(column[row]) for column in columns)), fragments)
        if isinstance(found, Reassembled):
            found = found.segment._replace(start=-1)
        if isinstance(found, Segment):
            segments.append((row, *found))
        kinds.append(TCP if isinstance(found, Segment) else Kind.BROKEN if isinstance(found, Broken) else found)
    return kinds, segments


@settings(deadline=None, max_examples=200)
@given(st.lists(frames(), min_size=1, max_size=30))
def test_columns_say_what_the_scalar_dissector_says(packets: list[Packet]) -> None:
    part = batch(packets)
    found = dissect(part, Fragments(Limits()))
    kinds, segments = one_by_one(part)
    assert found.kind.tolist() == kinds
    columns = [getattr(found.segments, name) for name in ("index", *Segment._fields)]
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == segments


@settings(deadline=None, max_examples=100)
@given(st.lists(frames(), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_noise_never_raises_and_batches_do_not_matter(packets: list[Packet], chance: random.Random) -> None:
    packets = sorted(packets, key=lambda packet: packet.time_us)
    whole = story(track(packets))
    assert story(track(packets, range(len(packets)))) == whole
    assert story(track(packets, [chance.randrange(len(packets)) for _ in range(3)])) == whole


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(TURNS, ISN, st.integers(0, 3)), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_batches_do_not_matter_with_loss_and_reuse(
    plans: list[tuple[list[tuple[int, bytes]], int, int]], chance: random.Random
) -> None:
    packets: list[Packet] = []
    for number, (turns, isn, port) in enumerate(plans):
        made = Conversation(("10.0.0.1", 4000 + port), isn=(isn, 5), time_us=START_US + number * 3_000_000).open()
        for side, data in turns:
            made.send(side, data, 60).wait(chance.choice([0, 0, 50_000, 7_000_000]))
        packets += disturbed(made.close(chance.randrange(2)).packets, chance, 4, True)
    packets = sorted((p for p in packets if chance.random() > 0.1), key=lambda packet: packet.time_us)
    if packets:
        whole = story(track(packets))
        assert story(track(packets, range(len(packets)))) == whole
        assert story(track(packets, [chance.randrange(len(packets)) for _ in range(3)])) == whole


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=3000), st.sampled_from([ETHERNET, NULL, RAW, SLL, SLL2]), st.randoms(use_true_random=False))
def test_random_bytes_with_random_lengths(data: bytes, link: int, chance: random.Random) -> None:
    """Lengths on the wire that lie, in both directions."""
    edges = sorted(chance.randrange(len(data) + 1) for _ in range(20))
    part = batch([Packet(START_US, data[low:high], link) for low, high in pairwise(edges)])
    part.length = np.array([chance.choice([0, 1, 70, 1 << 31, 1 << 40]) for _ in range(len(part))], np.int64)
    tracker = Tracker()
    columns, _ = tracker.feed(part)
    assert (columns.payload >= 0).all() and (columns.kind >= 0).all()
    tracker.close()


def test_memory_is_bounded_under_floods() -> None:
    """Nothing that an endless flood of SYNs, of segments behind holes, or of fragments leaves behind may grow."""
    limits = Limits(flows=100, closed_flows=50, held_total=50_000, held_segments=50, datagrams=20)
    tracker = Tracker(limits)
    chance = random.Random(7)
    for number in range(30):
        packets = []
        for n in range(300):
            source = f"10.{chance.randrange(9)}.{chance.randrange(250)}.1"
            seq = chance.randrange(1 << 32)
            flags = chance.choice([SYN, ACK, ACK, 17, 4])
            payload = b"x" * 500 if flags == ACK else b""
            datagram = tcp(1000 + n % 50, 80, seq, 1, flags, payload)
            more = chance.random() < 0.1
            packets.append(
                Packet(START_US + number * 1000 + n, ipv4(source, "10.0.0.2", datagram, ident=n, more=more), RAW)
            )
        tracker.feed(batch(packets, number * 300 + 1))
        assert len(tracker._open) <= limits.flows and len(tracker._ended) <= limits.closed_flows
        assert sum(connection.held_bytes for connection in tracker._open.values()) <= limits.held_total
        assert len(tracker._fragments._partials) <= limits.datagrams
        assert set(tracker._waiting) <= set(tracker._open)
        tracker.take_changed()
