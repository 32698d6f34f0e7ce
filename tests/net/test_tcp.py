"""What can happen to a TCP connection, and to its capture."""

import pytest

from heron_tui.model.flow import Chunk, Close, Gap, Opened
from heron_tui.model.packet_kind import Kind
from heron_tui.net import Limits
from tests.net.build import ACK, FIN, RAW, RST, START_US, SYN, Conversation, Packet, raw, track

ASK = b"POST /v1/messages HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
SAY = b"HTTP/1.1 200 OK\r\n\r\n" + b"".join(b"data: %d\n\n" % n for n in range(500))
HOLE_US = Limits().hole_us


def conversation(**changes: int) -> Conversation:
    return Conversation(**changes).open().send(0, ASK).send(1, SAY, 100)


def test_both_directions() -> None:
    talk = conversation().close()
    seen = track(talk.packets)
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY)
    assert seen.closes == [(0, "fin"), (1, "fin")]
    [flow] = seen.flows
    assert (flow.bytes_client, flow.bytes_server, flow.closed, flow.midstream) == (len(ASK), len(SAY), "fin", False)
    assert (flow.t_start_us, flow.t_end_us) == (talk.packets[0].time_us, talk.packets[-1].time_us)
    assert seen.kind[:5] == [Kind.SYN, Kind.SYN, Kind.ACK, Kind.DATA, Kind.ACK]
    assert seen.kind[-4:] == [Kind.FIN, Kind.ACK, Kind.FIN, Kind.ACK]
    assert seen.side[:5] == [0, 1, 0, 0, 1]


def test_events_of_a_flow_are_in_the_order_of_time() -> None:
    talk = Conversation().open()
    for _ in range(3):
        talk.send(0, ASK).send(1, SAY, 100)
    seen = track(talk.close().packets)
    assert [event.side for event in seen.events if isinstance(event, Chunk)] == [0, 1] * 3
    starts = [event.marks.times[0] for event in seen.events if isinstance(event, Chunk)]
    assert starts == sorted(starts)
    assert isinstance(seen.events[0], Opened) and isinstance(seen.events[-1], Close)


def test_marks_name_packet_and_time_of_every_byte() -> None:
    talk = conversation()
    chunk = next(event for event in track(talk.packets).events if isinstance(event, Chunk) and event.side == 1)
    first = next(n for n, packet in enumerate(talk.packets) if packet.frame.endswith(SAY[:100]))
    assert chunk.marks.starts[:3].tolist() == [0, 100, 200]
    assert chunk.marks.packets[:3].tolist() == [first + 1, first + 3, first + 5]
    assert chunk.marks.times[0] == talk.packets[first].time_us
    assert len(chunk.marks.starts) == len(chunk.marks.packets) == len(chunk.marks.times) == -(-len(SAY) // 100)


def test_ids_tell_connections_apart_and_stay() -> None:
    talk = conversation()
    one, two = track(talk.packets).flows[0], track(talk.packets, range(1000)).flows[0]
    assert one.id == two.id and one.id[0] == "f" and len(one.id) == 16
    assert track(conversation(time_us=START_US + 1).packets).flows[0].id != one.id


def test_out_of_order() -> None:
    talk = conversation()
    places = [n for n, packet in enumerate(talk.packets) if len(packet.frame) > 150]
    packets = list(talk.packets)
    one, two = places[10], places[11]
    packets[one], packets[two] = packets[two].at(packets[one].time_us), packets[one].at(packets[two].time_us)
    seen = track(packets)
    assert seen.stream(1) == SAY and not seen.gaps
    assert (seen.kind[one], seen.kind[two]) == (Kind.OUT_OF_ORDER, Kind.DATA)
    assert seen.flows[0].out_of_order == 1


def test_retransmission_whole_and_partly_new() -> None:
    talk = Conversation().open().send(1, b"a" * 100)
    talk.add(1, ACK, b"a" * 50, seq=talk.seq[1] - 50)
    talk.add(1, ACK, b"a" * 50 + b"b" * 30, seq=talk.seq[1] - 50)
    talk.seq[1] += 30
    talk.send(1, b"c")
    seen = track(talk.packets)
    assert seen.stream(1) == b"a" * 100 + b"b" * 30 + b"c"
    assert seen.kind[5:7] == [Kind.RETRANSMISSION, Kind.DATA]
    assert (seen.flows[0].retransmissions, seen.flows[0].bytes_server) == (1, 131)


def test_retransmission_of_what_is_held() -> None:
    talk = Conversation(ack_every=0).open().send(1, b"a" * 10)
    early = talk.packet(1, ACK, b"b" * 10)
    talk.lose(1, 10).send(1, b"c" * 10)
    talk.wait(20_000).add(1, ACK, b"c" * 10, seq=talk.seq[1] - 10)
    talk.packets.append(early.at(talk.time_us))
    seen = track(talk.packets)
    assert seen.stream(1) == b"a" * 10 + b"b" * 10 + b"c" * 10
    assert seen.kind[-3:] == [Kind.OUT_OF_ORDER, Kind.RETRANSMISSION, Kind.DATA]


@pytest.mark.parametrize("copies", [2, 3])
def test_everything_doubled(copies: int) -> None:
    talk = conversation().close()
    packets = [packet.at(packet.time_us + n) for packet in talk.packets for n in range(copies)]
    seen = track(packets)
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY)
    single = track(talk.packets)
    assert seen.kind[::copies] == single.kind
    assert set(seen.kind[1::copies]) == {Kind.DOUBLED}
    flow = seen.flows[0]
    assert (flow.packets, flow.retransmissions) == (len(packets), 0)
    assert seen.closes == single.closes


def test_doubled_in_pairs() -> None:
    talk = Conversation(ack_every=0).open()
    for n in range(10):
        talk.send(1, bytes([n]) * 20, 10)
        talk.packets += [packet.at(packet.time_us + 150) for packet in talk.packets[-2:]]
    seen = track(talk.packets)
    assert seen.stream(1) == b"".join(bytes([n]) * 20 for n in range(10))
    assert seen.kind[3:] == [Kind.DATA, Kind.DATA, Kind.DOUBLED, Kind.DOUBLED] * 10


def test_midstream() -> None:
    talk = conversation()
    seen = track(talk.packets[3:])
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY)
    assert seen.flows[0].midstream


@pytest.mark.parametrize("from_server", [False, True])
@pytest.mark.parametrize("ports", [(40000, 8080), (8080, 40000)])
def test_who_is_the_client_of_a_midstream_flow(ports: tuple[int, int], from_server: bool) -> None:
    talk = Conversation(("10.0.0.1", ports[0]), ("10.0.0.2", ports[1]))
    talk = talk.send(1, SAY[:50]) if from_server else talk.send(0, ASK).send(1, SAY[:50])
    seen = track([talk.packet(1), *talk.packets])
    [flow] = seen.flows
    assert flow.client == f"10.0.0.1:{ports[0]}"
    assert seen.stream(1) == SAY[:50]
    assert seen.side[:2] == [1, 1 if from_server else 0]


def test_ports_decide_where_content_does_not() -> None:
    talk = Conversation(("10.0.0.1", 40000), ("10.0.0.2", 8080)).send(1, b"\x00\x01\x02\x03")
    assert track(talk.packets).flows[0].client == "10.0.0.1:40000"
    talk = Conversation(("10.0.0.1", 8080), ("10.0.0.2", 40000)).send(1, b"\x00\x01\x02\x03")
    assert track(talk.packets).flows[0].client == "10.0.0.2:40000"


EVENTS = [
    b'data: {"id":"chatcmpl-1"}\n\n',
    b"event: ping\ndata: {}\n\n",
    b"19\r\ndata: [DONE]\n\n\r\n",
    b'\x00\x01+\x00\x00\x00\x00\x00\x01data: {"id":"chatcmpl-1"}\n\n',
]


@pytest.mark.parametrize("event", EVENTS)
def test_who_sends_events_is_the_server_whatever_the_ports(event: bytes) -> None:
    talk = Conversation(("10.0.0.1", 40000), ("10.0.0.2", 60000)).send(1, event)
    assert track(talk.packets).flows[0].client == "10.0.0.1:40000"


def test_who_took_other_connections_is_the_server() -> None:
    server = ("10.0.0.2", 60000)
    seen_whole = Conversation(("10.0.0.1", 40000), server).open().send(0, ASK)
    joined = Conversation(("10.0.0.1", 40001), server, time_us=seen_whole.time_us).send(1, b"\x00\x01\x02")
    assert [flow.client for flow in track(seen_whole.packets + joined.packets).flows] == [
        "10.0.0.1:40000",
        "10.0.0.1:40001",
    ]
    assert track(joined.packets).flows[0].client == "10.0.0.2:60000"


def test_syn_ack_tells_the_client_too() -> None:
    talk = Conversation(("10.0.0.1", 80), ("10.0.0.2", 40000)).open().send(0, ASK)
    [flow] = track(talk.packets[1:]).flows
    assert flow.client == "10.0.0.1:80" and not flow.midstream


def test_syn_retransmitted_and_syn_late() -> None:
    talk = conversation()
    syn, syn_ack, *rest = talk.packets
    seen = track([syn, syn.at(syn.time_us + 1_000_000), syn_ack, syn_ack.at(syn.time_us + 1_100_000), *rest])
    assert len(seen.flows) == 1
    assert seen.kind[:4] == [Kind.SYN] * 4
    seen = track([syn_ack, syn, *rest])
    assert len(seen.flows) == 1 and seen.flows[0].client == "10.0.0.1:40000"
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY)


@pytest.mark.parametrize("ending", ["open", "fin", "rst"])
@pytest.mark.parametrize("together", [True, False])
def test_port_reuse(ending: str, together: bool) -> None:
    first = conversation()
    if ending == "fin":
        first.close()
    elif ending == "rst":
        first.rst(0)
    second = Conversation(isn=(77, 99), time_us=first.time_us + 1000).open().send(0, b"GET / HTTP/1.1\r\n\r\n").close()
    packets = first.packets + second.packets
    seen = track(packets, [] if together else [len(first.packets)])
    assert len(seen.flows) == 2
    assert (seen.stream(0, 0), seen.stream(1, 0)) == (ASK, SAY)
    assert seen.stream(0, 1) == b"GET / HTTP/1.1\r\n\r\n"
    assert seen.flow == [0] * len(first.packets) + [1] * len(second.packets)
    assert [flow.closed for flow in seen.flows] == ["reuse" if ending == "open" else ending, "fin"]


def test_port_reuse_without_syn_after_the_end() -> None:
    first = conversation().close()
    second = Conversation(isn=(7_000, 900), time_us=first.time_us + 60_000_000).send(0, ASK)
    seen = track(first.packets + second.packets)
    assert len(seen.flows) == 2 and seen.stream(0, 1) == ASK


def test_rst_ends_both_directions() -> None:
    seen = track(conversation().rst(0).packets)
    assert seen.closes == [(0, "rst")]
    assert seen.kind[-1] == Kind.RST and seen.flows[0].closed == "rst"


def test_rst_of_nobody_is_ignored() -> None:
    talk = conversation()
    talk.add(0, RST, seq=talk.seq[0] + (1 << 30))
    seen = track(talk.send(1, b"more").packets)
    assert seen.stream(1) == SAY + b"more"


def test_bytes_behind_the_end_are_late() -> None:
    talk = conversation().rst(0).send(1, b"into the void")
    seen = track(talk.packets)
    assert seen.stream(1) == SAY and len(seen.flows) == 1
    assert seen.kind[-2] == Kind.LATE and seen.tracker.counters.late == 1


def test_half_close() -> None:
    talk = Conversation().open().send(0, ASK).fin(0).send(1, SAY, 100).fin(1)
    seen = track(talk.packets)
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY)
    assert seen.closes == [(0, "fin"), (1, "fin")]


def test_fin_with_data_and_before_it() -> None:
    talk = Conversation(ack_every=0).open().send(1, b"one")
    late = talk.packet(1, ACK, b"two")
    talk.lose(1, 3).add(1, FIN | ACK, b"three")
    seen = track([*talk.packets, late.at(talk.time_us + 10)])
    assert seen.stream(1) == b"onetwothree"
    assert seen.closes == [(1, "fin"), (None, "eof")]


def test_keepalive_probes() -> None:
    talk = conversation()
    talk.add(0, ACK, seq=talk.seq[0] - 1)
    talk.add(1)
    talk.add(1, ACK, b"\0", seq=talk.seq[1] - 1)
    seen = track(talk.send(1, b"more").packets)
    assert seen.kind[-5:-2] == [Kind.KEEPALIVE, Kind.ACK, Kind.KEEPALIVE]
    assert seen.stream(1) == SAY + b"more" and not seen.gaps
    assert seen.flows[0].retransmissions == 0


def test_joined_at_a_keepalive_probe() -> None:
    talk = Conversation()
    probe = talk.packet(0, ACK, seq=talk.seq[0] - 1)
    seen = track([probe, *talk.send(0, ASK).packets])
    assert seen.stream(0) == ASK and not seen.gaps


def test_zero_window_probe_carries_the_next_byte() -> None:
    talk = Conversation().open().send(1, b"abc")
    talk.add(1, ACK, b"d")
    talk.add(1, ACK, b"defg")
    talk.seq[1] += 4
    seen = track(talk.send(1, b"h").packets)
    assert seen.stream(1) == b"abcdefgh" and not seen.gaps


def test_sequence_numbers_wrap() -> None:
    talk = Conversation(isn=(0xFFFFFF00, 0xFFFFFFFE)).open().send(0, ASK * 20, 90).send(1, SAY, 100).close()
    packets = list(talk.packets)
    packets[10], packets[12] = packets[12].at(packets[10].time_us), packets[10].at(packets[12].time_us)
    seen = track(packets)
    assert (seen.stream(0), seen.stream(1)) == (ASK * 20, SAY) and not seen.gaps


def test_more_than_four_gigabytes_in_one_direction() -> None:
    talk = Conversation(ack_every=1).open().send(1, b"begin")
    for _ in range(5):
        talk.lose(1, 1 << 30).send(1, b"x" * 10)
        talk.wait(HOLE_US + 1000).send(1, b"y" * 10)
    seen = track(talk.send(1, b"end").packets)
    assert [gap[2] for gap in seen.gaps] == [1 << 30] * 5
    assert sum(len(event.data) for event in seen.events if isinstance(event, Chunk)) == 108


def test_truncated_packets_are_gaps() -> None:
    talk = Conversation().open().send(0, ASK).send(1, SAY, 1000)
    seen = track([packet.cut(254) for packet in talk.packets])
    head = 200
    full, rest = divmod(len(SAY), 1000)
    assert seen.stream(0) == ASK
    assert seen.gaps == [(1, n * 1000 + head, 800) for n in range(full)] + [(1, full * 1000 + head, rest - head)]
    assert seen.stream(1)[:head] == SAY[:head] and seen.stream(1)[1000 : 1000 + head] == SAY[1000 : 1000 + head]
    assert seen.flows[0].lost_bytes == len(SAY) - (full + 1) * head
    assert seen.tracker.counters.truncated == full + 1


def dropped(seconds_after: float = 1.0, **changes: int) -> tuple[Conversation, list[Packet]]:
    """A conversation whose capture lacks bytes [300, 400) of the answer; the other side acknowledges them."""
    talk = conversation(**changes).wait(int(seconds_after * 1e6)).send(1, b"later")
    return talk, [packet for packet in talk.packets if SAY[300:400] not in packet.frame]


def test_a_lost_segment_is_one_gap() -> None:
    _, packets = dropped()
    seen = track(packets)
    assert seen.gaps == [(1, 300, 100)]
    assert seen.stream(1) == SAY[:300] + bytes(100) + SAY[400:] + b"later"
    flow = seen.flows[0]
    assert (flow.gaps, flow.lost_bytes, flow.bytes_server) == (1, 100, len(SAY) - 95)
    assert seen.tracker.counters.gaps == 1


def test_an_acknowledged_hole_is_given_up_soon_and_without_the_flows_help() -> None:
    _, packets = dropped(0)
    other = Conversation(("10.9.9.9", 1234), time_us=packets[-1].time_us + 150_000).open()
    seen = track(packets, close=False)
    assert not seen.gaps
    seen = track(packets + other.packets, close=False)
    assert seen.gaps == [(1, 300, 100)]


def test_a_hole_that_nobody_acknowledges_waits_for_seconds() -> None:
    talk = Conversation(ack_every=0).open().send(1, b"a" * 10).lose(1, 10).send(1, b"b" * 10)
    wait = talk.wait(HOLE_US - 1_000_000).send(1, b"c")
    assert not track(wait.packets, close=False).gaps
    seen = track(talk.wait(2_000_000).send(1, b"d").packets, close=False)
    assert seen.gaps == [(1, 10, 10)]


def test_a_retransmission_within_seconds_fills_a_hole() -> None:
    talk = Conversation(ack_every=0).open().send(1, b"a" * 10)
    missing = talk.packet(1, ACK, b"b" * 10)
    talk.lose(1, 10).send(1, b"c" * 10).wait(3_000_000)
    seen = track([*talk.packets, missing.at(talk.time_us)])
    assert seen.stream(1) == b"a" * 10 + b"b" * 10 + b"c" * 10 and not seen.gaps


def test_acknowledgements_before_their_data() -> None:
    packets = conversation().close().packets
    for n, packet in enumerate(packets[:-1]):
        if len(packet.frame) > 150:
            packets[n], packets[n + 1] = packets[n + 1].at(packet.time_us), packet.at(packets[n + 1].time_us)
    seen = track(packets)
    assert (seen.stream(0), seen.stream(1)) == (ASK, SAY) and not seen.gaps


def test_a_lost_tail_is_a_gap_before_the_next_request() -> None:
    talk = conversation()
    talk.lose(1, 500).add(0)
    talk.wait(1_000_000).send(0, ASK).send(1, SAY, 100)
    seen = track(talk.packets)
    assert seen.gaps == [(1, len(SAY), 500)]
    order = [(type(event), event.side) for event in seen.events if isinstance(event, Chunk | Gap)]
    assert order == [(Chunk, 0), (Chunk, 1), (Gap, 1), (Chunk, 0), (Chunk, 1)]


def test_a_fin_that_was_not_captured_is_no_gap() -> None:
    talk = conversation().lose(1, 1)
    talk.add(0)
    seen = track(talk.wait(10_000_000).send(0, ASK).packets)
    assert not seen.gaps


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("second", [FIN, RST])
def test_who_ended_first_is_known_without_its_fin(first: int, second: int) -> None:
    """The other side acknowledged it: a FIN takes a place among the bytes (RFC 9293 3.4)."""
    talk = conversation().lose(first, 1)
    talk.add(1 - first)
    talk.add(1 - first, second | ACK)
    seen = track(talk.packets)
    assert seen.closes == [(first, "fin"), (1 - first, "fin") if second == FIN else (1 - first, "rst")]
    assert (seen.stream(0), seen.stream(1), seen.gaps) == (ASK, SAY, [])


def test_an_end_that_acknowledges_lost_bytes_says_nothing_of_the_other_side() -> None:
    talk = conversation().lose(1, 2)
    seen = track(talk.fin(0).packets)
    assert seen.closes[0] == (0, "fin")


@pytest.mark.parametrize("ending", ["fin", "rst", "eof"])
def test_endings_say_what_is_missing(ending: str) -> None:
    talk = Conversation(ack_every=0).open().send(1, b"a" * 10).lose(1, 10).send(1, b"b" * 10)
    if ending == "fin":
        talk.lose(1, 5).fin(1).wait(10_000_000).add(0)
    elif ending == "rst":
        talk.rst(0)
    seen = track(talk.packets)
    assert seen.gaps == [(1, 10, 10), (1, 30, 5)][: 2 if ending == "fin" else 1]
    assert seen.stream(1)[20:30] == b"b" * 10


def test_held_bytes_are_bounded() -> None:
    limits = Limits(held_bytes=10_000)
    talk = Conversation(ack_every=0).open().lose(1, 10).send(1, b"x" * 20_000, 1000)
    seen = track(talk.packets, limits=limits, close=False)
    assert seen.gaps == [(1, 0, 10)] and len(seen.stream(1)) == 20_010
    limits = Limits(held_segments=10)
    talk = Conversation(ack_every=0).open().lose(1, 10).send(1, b"x" * 20, 1)
    assert track(talk.packets, limits=limits, close=False).gaps == [(1, 0, 10)]


def test_held_bytes_of_all_flows_are_bounded() -> None:
    packets: list[Packet] = []
    for n in range(50):
        talk = Conversation(("10.0.0.1", 2000 + n), ack_every=0).open()
        packets += talk.lose(1, 10).send(1, b"x" * 1000).packets
    seen = track(packets, range(0, len(packets), 4), limits=Limits(held_total=10_000), close=False)
    assert 40 <= len(seen.gaps) < 50


def test_idle_flows_are_closed() -> None:
    talk = conversation()
    late = Conversation(time_us=talk.time_us + 3 * 3600_000_000, isn=(1000, 5000)).open().send(0, ASK)
    seen = track(talk.packets + late.packets[2:])
    assert seen.closes[0] == (None, "idle")
    assert len(seen.flows) == 2 and seen.stream(0, 1) == ASK


def test_a_wild_timestamp_ends_nothing() -> None:
    talk = conversation()
    packets = list(talk.packets)
    packets[20] = packets[20].at(START_US * 2)
    seen = track(packets)
    assert len(seen.flows) == 1 and (seen.stream(0), seen.stream(1)) == (ASK, SAY)


def test_the_table_of_flows_is_bounded() -> None:
    talk = Conversation()
    packets = [talk.packet(0, SYN, seq=n).frame for n in range(5000)]
    flood = [Packet(START_US + n, frame[:34] + n.to_bytes(2, "big") + frame[36:]) for n, frame in enumerate(packets)]
    seen = track(flood, range(0, 5000, 100), limits=Limits(flows=200), close=False)
    assert len(seen.flows) == 5000
    assert len(seen.closes) == seen.tracker.counters.evicted == 4800


def test_close_says_eof_for_open_flows_only() -> None:
    ended, left = conversation().close(), Conversation(("10.0.0.3", 9999)).open()
    seen = track(ended.packets + left.packets)
    assert seen.closes == [(0, "fin"), (1, "fin"), (None, "eof")]
    assert [flow.closed for flow in seen.flows] == ["fin", "eof"]


def test_take_changed() -> None:
    talk = conversation()
    seen = track(talk.packets, close=False)
    tracker = seen.tracker
    assert tracker.take_changed() == seen.flows
    assert tracker.take_changed() == []
    tracker.close()
    assert tracker.take_changed() == seen.flows


@pytest.mark.parametrize("cuts", [(), (1,), (3, 4), range(1, 40)])
def test_plaintext_beside_its_encrypted_connection_is_a_flow_of_its_own(cuts):
    """A recording of packets and of TLS plaintext has both with the same addresses, the plaintext as raw IP."""
    hidden, plain = Conversation(), Conversation(link=RAW, wrap=raw)
    hidden.open()
    plain.open()
    hidden.send(0, b"\x17\x03\x03 not to be read")
    plain.send(0, b"GET / HTTP/1.1\r\n\r\n")
    plain.send(1, b"HTTP/1.1 204 \r\n\r\n")
    hidden.send(1, b"\x17\x03\x03 nor this")
    packets = sorted([*hidden.packets, *plain.packets], key=lambda packet: packet.time_us)
    seen = track(packets, cuts)
    assert len(seen.flows) == 2
    streams = {(seen.stream(0, n), seen.stream(1, n)) for n in (0, 1)}
    assert (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 \r\n\r\n") in streams
    assert (b"\x17\x03\x03 not to be read", b"\x17\x03\x03 nor this") in streams
