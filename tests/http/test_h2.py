"""HTTP/2: streams as exchanges, however the frames are cut, and with pieces missing. The traffic is written by h2."""

import gzip
import struct
from itertools import accumulate

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.http.limits import Limits
from heron_tui.model.flow import CLIENT, SERVER

from .play import Bytes, End, Lost, Played, Step, at_places, client, one_by_one, play, server, split_all
from .test_missing import missing

SSE = [("content-type", "text/event-stream")]


class Pair:
    """Two ends that talk, and the steps of what they said."""

    def __init__(self) -> None:
        self.client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.steps: list[Step] = []
        self.client.initiate_connection()
        self.server.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Everything that was said so far goes over the wire."""
        while True:
            asked, answered = self.client.data_to_send(), self.server.data_to_send()
            if asked:
                self.server.receive_data(asked)
                self.steps.append(client(asked))
            if answered:
                self.client.receive_data(answered)
                self.steps.append(server(answered))
            if not asked and not answered:
                return

    def ask(self, stream: int, body: bytes = b"", *more: tuple[str, str], end: bool = True, **kind: str) -> None:
        head = [(":method", kind.get("method", "POST")), (":path", kind.get("path", f"/{stream}")), (":scheme", "http")]
        self.client.send_headers(stream, [*head, (":authority", "api"), *more], end_stream=end and not body)
        if body:
            self.client.send_data(stream, body, end_stream=end)
        self.flush()

    def head(self, stream: int, *more: tuple[str, str], status: int = 200, end: bool = False) -> None:
        self.server.send_headers(stream, [(":status", str(status)), *more], end_stream=end)
        self.flush()

    def data(self, stream: int, *parts: bytes, end: bool = False, pad: int | None = None) -> None:
        for i, part in enumerate(parts):
            self.server.send_data(stream, part, end_stream=end and i == len(parts) - 1, pad_length=pad)
        self.flush()

    def play(self, *more: Step, **kind: object) -> Played:
        return play(*self.steps, *more, **kind)  # type: ignore[arg-type]


def event(n: int, i: int) -> bytes:
    return b'data: {"n":%d,"i":%d}\n\n' % (n, i)


def interleaved() -> Pair:
    pair = Pair()
    for stream in (1, 3, 5):
        pair.ask(stream, b'{"n":%d}' % stream, ("x-n", str(stream)))
    for stream in (5, 1, 3):
        pair.head(stream, *SSE, ("x-n", str(stream)))
    for i in range(4):
        for stream in (3, 1, 5):
            pair.data(stream, event(stream, i), end=i == 3)
    pair.ask(7, b"last", ("x-n", "7"))
    pair.head(7, ("content-type", "application/json"), ("x-n", "7"))
    pair.data(7, b"{}", end=True)
    return pair


def test_streams_are_exchanges():
    played = interleaved().play()
    assert [p.protocol for p in played.protocols] == ["http/2"] and not played.troubles
    by_stream = {talk.request.stream: talk for talk in played.talks}
    assert sorted(by_stream) == [1, 3, 5, 7]  # type: ignore[type-var]
    for stream in (1, 3, 5):
        talk = by_stream[stream]
        assert (talk.request.method, talk.request.target, talk.request.host) == ("POST", f"/{stream}", "api")
        assert (
            talk.request.body == b'{"n":%d}' % stream and talk.request.transport == "http/2" and talk.request.complete
        )
        assert talk.data == [event(stream, i)[6:-2] for i in range(4)] and talk.kind == "sse"
        assert (talk.status, talk.state) == (200, "complete")
    assert by_stream[7].body == b"{}"
    assert len({talk.request.exchange for talk in played.talks}) == 4


def test_times_are_those_of_the_frames():
    pair = Pair()
    pair.ask(1)
    pair.head(1, *SSE)
    before = len(pair.steps)
    pair.data(1, b"data: 1\n\nda", b"ta: 2\n\n", end=True)
    frames = pair.steps[before]
    assert isinstance(frames, Bytes)
    cut = 9 + len(b"data: 1\n\nda")
    steps = [*pair.steps[:before], server(frames.data[:cut], frames.data[cut:])]
    n = sum(len(s.segments) for s in pair.steps[:before] if isinstance(s, Bytes))
    assert play(*steps).only.packets == [(n + 1, n + 1), (n + 1, n + 2)]


def test_encoded_stream():
    pair = Pair()
    pair.ask(1)
    packer = gzip.compress(b"".join(event(1, i) for i in range(9)))
    pair.head(1, *SSE, ("content-encoding", "gzip"))
    pair.data(1, packer[:40], packer[40:], end=True)
    talk = pair.play().only
    assert len(talk.data) == 9 and talk.response and talk.response.encoding == "gzip"


def test_interim_trailers_padding_and_long_headers():
    pair = Pair()
    pair.ask(1, b"x", *((f"x-{i}", "v" * 900) for i in range(60)))
    pair.head(1, status=103)
    pair.head(1, ("a", "b"))
    pair.data(1, b"abc", b"def", pad=20)
    pair.server.send_headers(1, [("x-sum", "1")], end_stream=True)
    pair.flush()
    assert any(
        b"\x09\x04\x00\x00\x00\x01" in step.data for step in pair.steps if isinstance(step, Bytes)
    )  # CONTINUATION
    talk = pair.play().only
    assert len(talk.request.headers) == 64 and talk.request.body == b"x"
    assert talk.response and talk.response.interim == (103,)
    assert talk.body == b"abcdef" and talk.end and talk.end.trailers == (("x-sum", "1"),)


def test_resets():
    pair = Pair()
    for stream in (1, 3, 5):
        pair.ask(stream)
    pair.head(1, *SSE)
    pair.head(3, *SSE)
    pair.data(1, event(1, 0))
    pair.client.reset_stream(1, 8)
    pair.server.reset_stream(3, 2)
    pair.server.reset_stream(5, 7)
    pair.flush()
    played = pair.play()
    assert {t.request.stream: t.state for t in played.talks} == {1: "aborted", 3: "cut", 5: "no_response"}


def test_goaway():
    pair = Pair()
    pair.ask(1)
    pair.ask(3)
    pair.head(1)
    pair.server.close_connection(last_stream_id=1)
    pair.flush()
    frame = b"\x00\x00\x02\x00\x01\x00\x00\x00\x01ok"
    played = pair.play(server(frame))
    assert {t.request.stream: (t.state, t.body) for t in played.talks} == {
        1: ("complete", b"ok"),
        3: ("no_response", b""),
    }


def test_answer_before_the_request_is_whole():
    pair = Pair()
    pair.ask(1, b"part", end=False)
    pair.head(1, status=413, end=True)
    pair.client.send_data(1, b" and rest", end_stream=True)
    pair.flush()
    talk = pair.play().only
    assert (talk.request.body, talk.request.complete, talk.status) == (b"part and rest", True, 413)


@pytest.mark.parametrize(("side", "state"), [(CLIENT, "aborted"), (SERVER, "cut"), (None, "open")])
def test_the_connection_ends_within_a_stream(side, state):
    pair = Pair()
    pair.ask(1)
    pair.head(1, *SSE)
    pair.data(1, event(1, 0))
    talk = pair.play(*([End(side, "rst")] if side is not None else [])).only
    assert (talk.state, len(talk.data)) == (state, 1)


def test_promised_streams():
    pair = Pair()
    pair.ask(1)
    pair.server.push_stream(1, 2, [(":method", "GET"), (":path", "/push"), (":scheme", "http"), (":authority", "api")])
    pair.head(2)
    pair.data(2, b"pushed", end=True)
    pair.head(1, end=True)
    told = {talk.request.target: talk.body for talk in pair.play().talks}
    assert told == {"/1": b"", "/push": b"pushed"}


def test_a_greater_header_table():
    pair = Pair()
    pair.server.update_settings({SettingCodes.HEADER_TABLE_SIZE: 65536})
    pair.flush()
    for stream in range(1, 60, 2):
        pair.ask(stream, b"", ("x-session", "s" * 300), ("x-n", str(stream) * 50))
        pair.head(stream, end=True)
    played = pair.play()
    assert [dict(t.request.headers)["x-n"] for t in played.talks] == [str(s) * 50 for s in range(1, 60, 2)]
    assert not played.troubles


def test_h2c_upgrade_continues_the_exchange_on_stream_1():
    pair = Pair()
    ask = b"POST /up HTTP/1.1\r\nHost: api\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    ask += b"HTTP2-Settings: AAMA\r\nContent-Length: 4\r\n\r\nbody"
    agree = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    answer = b"\x00\x00\x01\x01\x04\x00\x00\x00\x01\x88" + b"\x00\x00\x02\x00\x01\x00\x00\x00\x01ok"
    preface = pair.steps[0]
    assert isinstance(preface, Bytes)
    steps = [client(ask), server(agree + settings + answer), preface]
    for played in (play(*steps), play(*split_all(steps, one_by_one))):
        talk = played.only
        assert (talk.request.method, talk.request.body, talk.status, talk.body) == ("POST", b"body", 200, b"ok")
        assert talk.response and talk.response.interim == (101,)
        assert [p.protocol for p in played.protocols] == ["http/1.1", "http/2"]


def test_the_server_may_speak_first():
    pair = interleaved()
    settings = next(i for i, step in enumerate(pair.steps) if isinstance(step, Bytes) and step.side == SERVER)
    steps = [pair.steps[settings], *pair.steps[:settings], *pair.steps[settings + 1 :]]
    for midstream in (False, True):  # TLS plaintext has no SYN
        played = play(*steps, midstream=midstream)
        assert len(played.talks) == 4 and not played.counters.bytes_skipped and not played.troubles


def test_grpc_messages():
    pair = Pair()
    pair.ask(1, b"\0\0\0\0\2hi", ("content-type", "application/grpc"))
    pair.head(1, ("content-type", "application/grpc+proto"))
    wire = b"".join(struct.pack(">BI", i % 2, i) + b"m" * i for i in range(5))
    pair.data(1, wire[:7], wire[7:])
    pair.server.send_headers(1, [("grpc-status", "0")], end_stream=True)
    pair.flush()
    talk = pair.play().only
    assert talk.kind == "grpc" and talk.data == [b"m" * i for i in range(5)]
    assert [e[0] for e in talk.events] == ["", "compressed", "", "compressed", ""]
    assert talk.end and talk.end.trailers == (("grpc-status", "0"),)


def test_streams_are_bounded():
    pair = Pair()
    for stream in range(1, 41, 2):
        pair.ask(stream)
    played = pair.play(limits=Limits(streams=5))
    assert [talk.state for talk in played.talks] == ["no_response"] * 15 + ["open"] * 5


CONVERSATION = interleaved()
WHOLE = {talk.request.stream: talk for talk in CONVERSATION.play().talks}


def test_byte_by_byte():
    played = play(*split_all(CONVERSATION.steps, one_by_one))
    assert {t.request.stream: t.content() for t in played.talks} == {s: t.content() for s, t in WHOLE.items()}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 500), max_size=10))
def test_split_at_random(cuts):
    played = play(*split_all(CONVERSATION.steps, at_places(cuts)))
    assert {t.request.stream: t.content() for t in played.talks} == {s: t.content() for s, t in WHOLE.items()}


def assert_true(played: Played) -> None:
    for talk in played.talks:
        true = WHOLE[talk.request.stream]
        known = dict(talk.request.headers)
        assert known.items() <= dict(true.request.headers).items() or "?" in known
        if talk.request.complete and not talk.request.lost and talk.request.method != "?" and not talk.request.error:
            assert true.request.body.endswith(talk.request.body)
        if talk.response:
            assert talk.status in (200, 0)
            assert dict(talk.response.headers).get("x-n", str(talk.request.stream)) == str(talk.request.stream)
        rest = iter(true.data)
        assert all(data in rest for data in talk.data)
        if talk.state == "complete" and talk.data:
            assert talk.data == true.data


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(0, 3000), st.integers(1, 200)), max_size=3),
    st.lists(st.integers(0, 500), max_size=6),
)
def test_any_piece_missing(holes, cuts):
    steps = CONVERSATION.steps
    for side, at, size in holes:
        total = sum(len(step.data) for step in steps if isinstance(step, Bytes) and step.side == side)
        steps = missing(steps, side, at % (total or 1), size)
    played = play(*split_all(steps, at_places(cuts)), End(SERVER), End(CLIENT))
    assert_true(played)


def test_a_gap_within_data_costs_its_event_only():
    data = next(i for i, s in enumerate(CONVERSATION.steps) if isinstance(s, Bytes) and b'"n":3,"i":1' in s.data)
    wire = CONVERSATION.steps[data]
    assert isinstance(wire, Bytes)
    at = wire.data.index(b'"i":1')
    hole = [Bytes(SERVER, (wire.data[:at],)), Lost(SERVER, 2), Bytes(SERVER, (wire.data[at + 2 :],))]
    played = play(*CONVERSATION.steps[:data], *hole, *CONVERSATION.steps[data + 1 :])
    by_stream = {talk.request.stream: talk for talk in played.talks}
    assert len(by_stream[3].data) == 3 and by_stream[3].state == "cut"
    assert {len(by_stream[s].data) for s in (1, 5)} == {4} and not played.troubles


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.lists(st.integers(0, 500), max_size=4))
def test_joined_midway_at_a_frame(step, cuts):
    played = play(*split_all(CONVERSATION.steps[step:], at_places(cuts)), midstream=True)
    assert_true(played)


def test_joined_midway_recovers_what_can_be():
    """Requests repeat their headers by reference; what was added behind the place of joining is known."""
    pair = Pair()
    for stream in range(1, 12, 2):
        pair.ask(stream, b'{"n":%d}' % stream, ("x-session", "abc"), ("x-n", str(stream)), path="/v1/messages")
        pair.head(stream, *SSE)
        pair.data(stream, event(stream, 0), event(stream, 1), end=True)
    begin = next(i for i, s in enumerate(pair.steps) if isinstance(s, Bytes) and b'{"n":3}' in s.data)
    played = play(*pair.steps[begin:], midstream=True)
    assert [p.protocol for p in played.protocols] == ["http/2"]
    assert [t.request.stream for t in played.talks] == [3, 5, 7, 9, 11]
    for talk in played.talks:
        n = talk.request.stream
        assert talk.request.body == b'{"n":%d}' % n and len(talk.data) == 2 and talk.state == "complete"
        assert ("?", str(n)) in talk.request.headers or n == 3
    assert [t.code for t in played.troubles] == ["h2.desync"]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(max_size=40)), max_size=8), st.booleans())
def test_garbage_raises_nothing(pieces, midstream):
    start = [] if midstream else CONVERSATION.steps[:4]
    play(*start, *[Bytes(side, (data,)) for side, data in pieces], *CONVERSATION.steps[4:6], midstream=midstream)


def test_a_header_block_that_does_not_go_on():
    headers = b"\x00\x00\x01\x01\x00\x00\x00\x00\x09\x88"  # no END_HEADERS
    ping, stray = b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + bytes(8), b"\x00\x00\x01\x09\x04\x00\x00\x00\x09\x88"
    for wrong in (headers + ping, stray, headers + stray[:-1]):
        played = play(*CONVERSATION.steps, server(wrong))
        assert {t.request.stream: t.content() for t in played.talks} == {s: t.content() for s, t in WHOLE.items()}


def test_frames_that_break_the_rules_are_said():
    wrong = b"\x00\x00\x03\x04\x00\x00\x00\x00\x00abc"  # settings of three bytes
    steps = CONVERSATION.steps
    at = list(accumulate(1 for _ in steps))[len(steps) // 2]
    played = play(*steps[:at], server(wrong), *steps[at:])
    assert {t.code for t in played.troubles} == {"h2.desync"} and played.counters.desyncs
    assert_true(played)


def test_a_header_block_without_end_is_given_up_whatever_its_frames_hold():
    block = b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82" + b"\x00\x00\x00\x09\x00\x00\x00\x00\x01" * 200
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    assert not play(client(preface + block[:500]), limits=Limits(head=1000)).troubles
    assert [one.code for one in play(client(preface + block), limits=Limits(head=1000)).troubles][:1] == ["h2.desync"]
