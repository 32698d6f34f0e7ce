"""From what is shown to the captured bytes: on every event of the captures of real agents, and on streams by hand."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.store.reader import Reader
from heron_tui.store.shapes import CapturedPacket, Record
from heron_tui.tui.evidence.carried import Carried, Spot
from heron_tui.tui.evidence.claims import Claim, Evidence, find
from heron_tui.tui.evidence.framing import lay_out
from heron_tui.tui.evidence.spans import around, elements, members
from heron_tui.tui.evidence.wire import Wire
from tests.tui.test_layers import ETHERNET, ipv4

CAPTURES = sorted(path.stem for path in (Path(__file__).parents[1] / "captures").glob("*.pcap"))
BASE = 2**32 - 40  # the sequence numbers wrap around inside the stream


def packet(number: int, offset: int, payload: bytes) -> CapturedPacket:
    head = struct.pack("!HHIIHHHH", 49152, 8080, (BASE + offset) % 2**32, 2000, 5 << 12 | 0x18, 64240, 0, 0)
    return CapturedPacket(number, ETHERNET + ipv4(head + payload), 1)


def captured(reader: Reader, spots: list[Spot]) -> bytes:
    found = [(reader.packet_bytes(spot.packet)[0], spot.ranges) for spot in spots]
    return b"".join(data[start:end] for data, ranges in found for start, end in ranges)


@pytest.mark.parametrize("name", CAPTURES)
def test_every_event_is_found_in_the_packets_that_carried_it(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    told = 0
    for row in reader.rows("exchange", 0, 1000):
        exchange = reader.get("exchange", row["id"])
        assert exchange is not None
        body = reader.body(row["id"], "response")
        if not exchange["evidence"]["response"]:
            continue
        wire = Wire(reader, exchange, "response", body)
        for event in reader.events(row["id"]):
            found = wire.find([(event.start, event.end)], (event.first_packet, event.last_packet))
            numbers = [spot.packet for spot in found.spots]
            assert (min(numbers), max(numbers)) == (event.first_packet, event.last_packet)
            if body and not wire.coded:
                assert captured(reader, list(found.spots)) == body[event.start : event.end]
                told += 1
    reader.close()
    assert told or name in ("claude-code-gzip", "codex-ws")


@pytest.mark.parametrize("name", CAPTURES)
def test_every_request_is_found_byte_for_byte(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    for row in reader.rows("exchange", 0, 1000):
        exchange = reader.get("exchange", row["id"])
        assert exchange is not None
        wire = Wire(reader, exchange, "request", reader.body(row["id"], "request"))
        if not wire.coded and wire.body and exchange["transport"] != "websocket":
            assert captured(reader, list(wire.find([(0, len(wire.body))]).spots)) == wire.body
    reader.close()


def test_a_compressed_answer_is_shown_as_the_bytes_that_came(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code-gzip"))
    coded = set()
    for call in reader.rows("call", 0, 100):
        exchange = reader.get("exchange", call["exchange"])
        assert exchange is not None
        wire = Wire(reader, exchange, "response", reader.body(call["exchange"], "response"))
        whole = wire.find([(0, 10)])
        coded.add(wire.coded)
        assert whole.how == f"{wire.coded}: the whole body that carried it"
        if wire.encoding == "gzip":
            assert gzip.decompress(captured(reader, list(whole.spots))) == wire.body
    reader.close()
    assert coded == {"gzip-compressed", "br-compressed", "zstd-compressed"}


@pytest.fixture
def first_call(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    call = next(call for call in reader.rows("call", 0, 10) if call["tool_calls"])
    yield reader, call
    reader.close()


def bytes_of(reader: Reader, evidence: Evidence) -> bytes:
    return captured(reader, list(evidence.spots))


def test_figures_of_a_call_lead_to_the_bytes_that_say_so(first_call: tuple[Reader, Record]):
    reader, call = first_call

    def said(what: str, key: str = "") -> bytes:
        return bytes_of(reader, find(reader, Claim(call["id"], what, key)))

    assert said("output") == b'"output_tokens":%d' % call["output_tokens"]
    assert (
        sum(int(part) for part in said("input").replace(b'"', b":").split(b":") if part.isdigit())
        == (call["input_tokens"])
    )
    assert said("cached").endswith(b":%d" % call["cache_read_tokens"])
    assert said("finish") == b'"stop_reason":"tool_use"'
    assert said("status").startswith(b"HTTP/1.1 200")
    assert said("target").startswith(b"POST /v1/messages")
    assert b'"model":"%b"' % call["response_model"].encode() in said("model")
    assert said("usage").startswith(b'{"input_tokens"')
    assert said("part", "tools").startswith(b"[{")
    tool = call["tool_calls"][0]
    assert said("tool_call", tool["id"]).count(tool["id"].encode()) == 1
    assert said("tool_call", tool["id"]).count(b"input_json_delta") > 0


def test_the_first_token_is_between_the_end_of_the_request_and_the_first_content(first_call: tuple[Reader, Record]):
    reader, call = first_call
    evidence = find(reader, Claim(call["id"], "ttft"))
    first, last = evidence.spots
    rows = {row.number: row for row in reader.packets(0, 400)}
    assert rows[last.packet].time_us - rows[first.packet].time_us == call["ttft_us"]
    assert evidence.first == 1 and "content_block_delta" in evidence.text


def test_a_tool_result_leads_to_its_object_in_the_next_request(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    tools = [tool for tool in reader.rows("tool", 0, 100) if tool["result_call"]]
    assert tools
    for tool in tools:
        said = bytes_of(reader, find(reader, Claim(tool["result_call"], "tool_result", tool["id"])))
        assert said.startswith(b"{") and said.endswith(b"}") and tool["id"].encode() in said
    reader.close()


def test_what_cannot_be_shown_says_why(first_call: tuple[Reader, Record]):
    reader, call = first_call
    assert find(reader, Claim("nonesuch", "ttft")).how == "the call is not in this store"
    assert find(reader, Claim(call["id"], "tool_call", "nonesuch")).how == "the bytes that say so were not captured"


@given(st.binary(min_size=60, max_size=300), st.data())
def test_segments_in_any_order_twice_and_overlapping(data: bytes, draw: st.DataObject):
    cuts = sorted(draw.draw(st.sets(st.integers(1, len(data) - 1), max_size=8)))
    parts = list(zip([0, *cuts], [*cuts, len(data)], strict=True))
    extra = [(max(a - 3, 0), b) for a, b in parts[1::2]]  # sent again, with some of the one before
    middle = draw.draw(st.permutations([*parts[1:-1], *extra])) if len(parts) > 2 else []
    order = [parts[0], *middle, *parts[-1:]] if len(parts) > 1 else parts
    packets = [packet(number, a, data[a:b]) for number, (a, b) in enumerate(order, 1)]
    carried = Carried(packets, 1, len(order))
    assert bytes(carried.data) == data
    start, end = sorted(draw.draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
    raw = {p.number: p.data for p in packets}
    spots = carried.spots([(start, end)])
    assert sorted(b for s in spots for x, y in s.ranges for b in raw[s.packet][x:y]) == sorted(data[start:end])


def test_a_missing_segment_leaves_a_hole_and_no_packet_for_it():
    carried = Carried([packet(1, 0, b"a" * 10), packet(3, 20, b"c" * 10)], 1, 3)
    assert carried.data == b"a" * 10 + bytes(10) + b"c" * 10
    assert [spot.packet for spot in carried.spots([(5, 25)])] == [1, 3]


def test_chunks_are_followed_wherever_the_body_is_cut():
    body = b'data: {"a": 1}\n\n'
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for at in range(0, len(body), 3):
        wire += b"%x;x=y\r\n" % len(body[at : at + 3]) + body[at : at + 3] + b"\r\n"
    layout = lay_out(wire + b"0\r\n\r\n", "response", "http/1.1", None)
    assert layout.read(wire) == body
    assert b"".join(wire[a:b] for a, b in layout.place(2, 9)) == body[2:9]
    assert len(layout.frames) == len(range(0, len(body), 3)) + 1


def h2(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def test_http2_frames_of_one_stream_are_told_from_the_others():
    wire = b"tail of an earlier frame" + h2(1, 4, 5, b"head")
    wire += h2(0, 0, 3, b"other") + h2(0, 8, 5, b"\x02ab\0\0") + h2(8, 0, 0, b"\0\0\1\0") + h2(0, 1, 5, b"cd")
    layout = lay_out(wire + h2(0, 1, 7, b"later"), "response", "http/2", 5)
    assert layout.read(wire) == b"abcd"
    assert [wire[a:b] for a, b in layout.head] == [h2(1, 4, 5, b"head")]


def test_masked_websocket_frames_are_read():
    mask = b"\1\2\3\4"
    text = b'{"type":"response.create"}'
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))
    wire = b"\x81" + bytes([0x80 | len(text)]) + mask + masked
    assert lay_out(wire, "request", "websocket", 1).read(wire) == text


@given(st.binary(max_size=200), st.sampled_from(["http/1.1", "http/2", "websocket"]))
def test_no_bytes_make_a_layout_fail(data: bytes, transport: str):
    for side in ("request", "response"):
        layout = lay_out(data, side, transport, 1)
        assert all(0 <= start <= end for start, end in layout.place(0, 50))


def test_places_in_json_are_those_of_the_text():
    body = b'{"model": "m", "messages": [{"role":"user","content":"a } b"}, {"role":"x"}], "tools": [{"n":1}]}'
    found = members(body)
    assert body[slice(*found["tools"])] == b'[{"n":1}]'
    assert [body[slice(*part)] for part in elements(body, found["messages"])][1] == b'{"role":"x"}'
    assert body[slice(*around(body, body.index(b"a }"), (0, len(body))))] == b'{"role":"user","content":"a } b"}'
    assert members(b"no json") == {} and elements(b"{}", (0, 2)) == []
