"""WebSocket behind its upgrade, written by wsproto: messages as exchanges, cut anyhow, and with pieces missing."""

import json
import random
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from heron_tui.http.ws_frames import Inflater, unmask
from heron_tui.model.flow import CLIENT, SERVER

from .play import Bytes, End, Lost, Played, Step, Talk, at_places, client, one_by_one, play, response, server, split_all
from .test_missing import missing

UPGRADE = (
    b"GET /v1/responses HTTP/1.1\r\nHost: api\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: G3V5XB+2MflambnjT3j78Q==\r\nsession-id: s1\r\n\r\n"
)


class Socket:
    """Two ends behind an upgrade, and the steps of what they said."""

    def __init__(self, extension: str = "") -> None:
        self.extension = extension
        more = f"Sec-WebSocket-Extensions: {extension}\r\n" if extension else ""
        agreed = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + more + "\r\n"
        self.steps: list[Step] = [client(UPGRADE), server(agreed.encode())]
        self.ends = [self._end(ConnectionType.CLIENT), self._end(ConnectionType.SERVER)]

    def _end(self, kind: ConnectionType) -> Connection:
        if not self.extension:
            return Connection(kind)
        deflate = PerMessageDeflate()
        if kind is ConnectionType.CLIENT:
            deflate.finalize(self.extension)
        else:
            deflate.accept(self.extension)
        return Connection(kind, [deflate])

    def says(self, side: int, event: Event) -> None:
        data = self.ends[side].send(event)
        self.steps.append(client(data) if side == CLIENT else server(data))

    def client(self, **message: Any) -> None:
        self.says(CLIENT, TextMessage(json.dumps(message)))

    def server(self, *types: str, **more: Any) -> None:
        for kind in types:
            self.says(SERVER, TextMessage(json.dumps({"type": kind, **more})))

    def call(self, n: int, deltas: int = 3) -> None:
        self.client(type="response.create", n=n, input="x" * n * 10)
        self.server("response.created", response={"id": f"r{n}"})
        for i in range(deltas):
            self.server("response.output_text.delta", delta=f"call {n} delta {i}")
        self.server("response.completed", response={"id": f"r{n}", "usage": {"n": n}})

    def play(self, *more: Step, **kind: Any) -> Played:
        return play(*self.steps, *more, **kind)


def calls(played: Played) -> list[Talk]:
    return [talk for talk in played.talks if talk.request.transport == "websocket" and talk.request.stream]


def names(talk: Talk) -> list[str]:
    return [event[0] for event in talk.events]


EXTENSIONS = [
    "",
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; client_max_window_bits=10; server_max_window_bits=9",
]


def conversation(extension: str) -> Socket:
    socket = Socket(extension)
    for n in (1, 2, 3):
        socket.call(n, 4)
    return socket


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_each_response_create_is_an_exchange(extension: str):
    played = conversation(extension).play()
    upgrade, *rest = played.talks
    assert upgrade.end and (upgrade.status, upgrade.end.upgraded, upgrade.state) == (101, "websocket", "complete")
    assert [p.protocol for p in played.protocols] == ["http/1.1", "websocket"]
    assert len(rest) == 3 and not played.troubles and not played.counters.bytes_skipped
    for n, talk in enumerate(rest, 1):
        request = talk.request
        assert (request.method, request.target, request.host) == ("GET", "/v1/responses", "api")
        assert ("session-id", "s1") in request.headers and request.stream == n and request.complete
        assert json.loads(request.body)["n"] == n
        assert talk.kind == "websocket" and talk.response is None and talk.state == "complete"
        assert names(talk) == ["response.created", *["response.output_text.delta"] * 4, "response.completed"]
        assert json.loads(talk.data[2])["delta"] == f"call {n} delta 1"
        assert talk.body == b"".join(data + b"\n" for data in talk.data)
        assert all(talk.body[start : end - 1] == data for _, data, start, end in talk.events)
        first = request.place.first_packet
        assert talk.packets == [(first + i, first + i) for i in range(1, 7)]
        assert talk.end and talk.end.t_end_us == 1000 * (first + 6)


def test_fragments_control_frames_and_other_kinds():
    socket = Socket()
    whole = json.dumps({"type": "response.create", "n": 1})
    socket.says(CLIENT, TextMessage(whole[:10], message_finished=False))
    socket.says(CLIENT, Ping(b"are you there"))
    socket.says(CLIENT, TextMessage(whole[10:]))
    socket.server("response.created", response={"id": "r"})
    socket.says(SERVER, BytesMessage(b"\x00\x01"))
    socket.server("response.completed", response={"id": "r"})
    (talk,) = calls(socket.play())
    assert json.loads(talk.request.body) == {"type": "response.create", "n": 1}
    assert names(talk) == ["response.created", "", "response.completed"] and talk.data[1] == b"\x00\x01"


def test_prewarm_and_events_beside_the_calls():
    socket = Socket()
    socket.server("session.created")
    socket.client(type="response.create", generate=False)
    socket.server("response.created", "response.completed", response={"id": "a"})
    socket.server("rate_limits")
    socket.call(2)
    played = socket.play(End(CLIENT), End(SERVER))
    assert [len(talk.events) for talk in calls(played)] == [2, 5]
    (beside,) = [t for t in played.talks if t.request.transport == "websocket" and not t.request.stream]
    assert names(beside) == ["server", "server"] and beside.state == "complete"


def test_other_sockets_are_one_exchange():
    socket = Socket()
    socket.client(op="hello")
    socket.server("welcome")
    socket.client(op="more")
    socket.says(CLIENT, CloseConnection(1000))
    played = socket.play(End(CLIENT), End(SERVER))
    _, talk = played.talks
    assert names(talk) == ["client", "server", "client"] and talk.request.stream == 0 and talk.state == "complete"
    assert (talk.request.method, talk.request.target) == ("GET", "/v1/responses")


@pytest.mark.parametrize("end", ["response.failed", "response.incomplete", "error"])
def test_how_a_response_may_end(end: str):
    socket = Socket()
    socket.client(type="response.create", n=1)
    socket.server(end)
    socket.call(2)
    first, second = calls(socket.play())
    assert (names(first), first.state, second.state) == ([end], "complete", "complete")


def test_the_next_answer_ends_a_response_that_never_ended():
    socket = Socket()
    socket.client(type="response.create", n=1)
    socket.server("response.created", response={"id": "a"})
    socket.server("response.output_text.delta")
    socket.client(type="response.create", n=2)
    socket.server("response.output_text.delta")
    socket.server("response.created", response={"id": "b"})
    socket.server("response.completed", response={"id": "b"})
    first, second = calls(socket.play())
    assert (len(first.events), first.state) == (3, "cut")
    assert (len(second.events), second.state) == (2, "complete")


@pytest.mark.parametrize(
    ("steps", "state"),
    [((End(CLIENT, "rst"),), "aborted"), ((End(SERVER, "rst"),), "cut"), ((End(None, "eof"),), "open"), ((), "open")],
)
def test_the_connection_ends_within_a_response(steps: tuple[End, ...], state: str):
    socket = Socket()
    socket.client(type="response.create", n=1)
    socket.server("response.created", response={"id": "a"})
    (talk,) = calls(socket.play(*steps))
    assert talk.state == state and len(talk.events) == 1


@pytest.mark.parametrize(("side", "state"), [(CLIENT, "aborted"), (SERVER, "no_response")])
def test_a_close_frame_ends_what_is_open(side: int, state: str):
    socket = Socket()
    socket.client(type="response.create", n=1)
    socket.says(side, CloseConnection(1011, "no"))
    (talk,) = calls(socket.play())
    assert talk.state == state


def test_what_the_server_said_before_it_heard_of_the_end_still_counts():
    """As behind a gap: the server's bytes are held until it is clear that those before will not come."""
    steps = conversation("permessage-deflate").steps
    last = max(i for i, step in enumerate(steps) if isinstance(step, Bytes) and step.side == SERVER)
    for end in ([], [End(SERVER)]):
        played = play(*steps[:last], End(CLIENT), steps[last], *end)
        assert [talk.state for talk in calls(played)] == ["complete"] * 3
    lost = Lost(SERVER, len(steps[last].data))
    talk = calls(play(*steps[:last], End(CLIENT), lost, End(SERVER)))[-1]
    assert talk.state == "aborted" and talk.end and talk.end.holed


def test_the_first_frames_may_come_with_the_upgrade():
    socket = conversation("permessage-deflate")
    data = [
        b"".join(s.data for s in socket.steps if isinstance(s, Bytes) and s.side == side) for side in (CLIENT, SERVER)
    ]
    played = play(client(data[0]), server(data[1]))
    assert [len(talk.events) for talk in calls(played)] == [6, 6, 6]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_byte_by_byte(extension: str):
    steps = conversation(extension).steps
    assert play(*split_all(steps, one_by_one)).contents() == play(*steps).contents()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(EXTENSIONS), st.lists(st.integers(0, 800), max_size=8))
def test_split_at_random(extension: str, cuts: list[int]):
    steps = conversation(extension).steps
    assert play(*split_all(steps, at_places(cuts))).contents() == play(*steps).contents()


def assert_true(played: Played) -> None:
    """Every call's messages are those of one true call, in order."""
    for talk in calls(played):
        n = None
        if talk.request.complete:
            body = json.loads(talk.request.body)
            n = body["n"]
            assert body == {"type": "response.create", "n": n, "input": "x" * n * 10}
        for data in talk.data:
            message = json.loads(data)
            if "response" in message:
                said = int(message["response"]["id"][1:])
                n = said if n is None else n
                assert said == n
        deltas = [json.loads(data)["delta"] for data in talk.data if b"delta" in data]
        assert deltas == sorted(deltas) and len(set(deltas)) == len(deltas)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(EXTENSIONS),
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(0, 2000), st.integers(1, 120)), max_size=2),
    st.lists(st.integers(0, 800), max_size=5),
)
def test_any_piece_missing(extension, holes, cuts):
    steps = conversation(extension).steps
    head, body = steps[:2], steps[2:]
    for side, at, size in holes:
        total = sum(len(step.data) for step in body if isinstance(step, Bytes) and step.side == side)
        body = missing(body, side, at % (total or 1), size)
    assert_true(play(*head, *split_all(body, at_places(cuts)), End(SERVER), End(CLIENT)))


def test_a_gap_within_a_message_costs_that_message():
    socket = conversation("")
    wire = socket.steps[5]
    assert isinstance(wire, Bytes) and b"delta 1" in wire.data
    steps = [*socket.steps[:5], Bytes(SERVER, (wire.data[:20],)), Lost(SERVER, 5), Bytes(SERVER, (wire.data[25:],))]
    played = play(*steps, *socket.steps[6:])
    assert [len(talk.events) for talk in calls(played)] == [5, 6, 6]
    assert [talk.state for talk in calls(played)] == ["cut", "complete", "complete"]


def test_a_lost_message_spoils_what_refers_to_it_and_nothing_else():
    socket = Socket("permessage-deflate")
    text = "".join(random.Random(1).choices("abcdefghij", k=400))
    socket.client(type="response.create", n=1, input="x" * 10)
    socket.server("response.created", response={"id": "r1"})
    socket.server("delta", text=text)
    socket.server("delta", text=text)
    socket.server("delta", text=text[::-1])
    socket.server("response.completed", response={"id": "r1"})
    lost = socket.steps[4]
    assert isinstance(lost, Bytes)
    (talk,) = calls(play(*socket.steps[:4], Lost(SERVER, len(lost.data)), *socket.steps[5:]))
    assert all(json.loads(data) for data in talk.data) and talk.state != "complete"


def test_a_message_that_decodes_to_far_more_than_it_is_is_left_out_and_said():
    socket = Socket("permessage-deflate; server_no_context_takeover")
    socket.client(type="response.create", n=1, input="x" * 10)
    socket.server("response.created", response={"id": "r1"})
    socket.server("delta", text="x" * 3_000_000)
    socket.server("response.completed", response={"id": "r1"})
    played = socket.play()
    (talk,) = calls(played)
    assert [json.loads(data)["type"] for data in talk.data] == ["response.created", "response.completed"]
    (trouble,) = played.troubles
    assert trouble.code == "websocket.desync" and "decodes to more than is kept" in trouble.text
    assert played.counters.desyncs == 1


@pytest.mark.parametrize("extension", EXTENSIONS[:3])
def test_joined_midway(extension: str):
    socket = Socket(extension)
    for n in range(1, 5):
        socket.call(n)
    begin = next(i for i, s in enumerate(socket.steps) if i > 10 and isinstance(s, Bytes) and s.side == CLIENT)
    played = play(*socket.steps[begin:], midstream=True)
    assert [p.protocol for p in played.protocols] == ["websocket"]
    if extension != "permessage-deflate":
        assert [len(talk.events) for talk in calls(played)] == [5, 5]
        assert all(talk.request.method == "?" for talk in calls(played))
    assert played.troubles[0].code == "tcp.midstream"
    assert_true(played)
    turned = [Bytes(1 - s.side, s.segments) for s in socket.steps[begin:] if isinstance(s, Bytes)]  # type: ignore[arg-type]
    assert play(*turned, midstream=True).protocols[0].turned


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(EXTENSIONS[:2]),
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.binary(max_size=60)), max_size=8),
)
def test_garbage_raises_nothing(extension, pieces):
    start = conversation(extension).steps[:4]
    played = play(*start, *[Bytes(side, (data,)) for side, data in pieces], server(response(b"x")))
    assert len(played.talks) >= 1


@given(st.binary(max_size=50), st.binary(min_size=4, max_size=4))
def test_masks(data: bytes, mask: bytes):
    assert unmask(data, mask) == bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def test_a_message_that_unpacks_beyond_the_limit():
    packer = zlib.compressobj(wbits=-15)
    bomb = (packer.compress(bytes(10_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")
    assert Inflater(takeover=True).decode(bomb, 1_000_000) is None


def test_wsproto_agrees_on_the_handshake():
    """The upgrade that the other tests begin with is one."""
    ends = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
    ends[1].receive_data(ends[0].send(Request(host="api", target="/v1/responses")))
    answer = ends[1].send(AcceptConnection())
    assert play(client(UPGRADE), server(answer)).protocols[-1].protocol == "websocket"
