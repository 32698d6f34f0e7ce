"""WebSockets on streams of HTTP/2 (RFC 8441): written by h2 and wsproto, cut anyhow, with pieces missing."""

import json

import pytest
from h2.settings import SettingCodes
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import CloseConnection, Event, TextMessage
from wsproto.extensions import PerMessageDeflate

from heron_tui.model.flow import CLIENT, SERVER

from .play import End, Lost, Played, Talk, at_places, one_by_one, split_all
from .test_h2 import SSE, Pair, event, play
from .test_missing import missing

DEFLATE = "permessage-deflate"


class Sockets(Pair):
    """Two ends that speak WebSocket on streams of their connection."""

    def __init__(self) -> None:
        super().__init__()
        self.server.update_settings({SettingCodes.ENABLE_CONNECT_PROTOCOL: 1})
        self.flush()
        self.ends: dict[tuple[int, int], Connection] = {}

    def upgrade(self, stream: int, *, status: int = 200, deflate: bool = False) -> None:
        self.ask(stream, b"", (":protocol", "websocket"), ("session-id", f"s{stream}"), method="CONNECT",
                 path="/v1/responses", end=False)  # fmt: skip
        self.head(stream, *([("sec-websocket-extensions", DEFLATE)] if deflate else []), status=status)
        for side, kind in ((CLIENT, ConnectionType.CLIENT), (SERVER, ConnectionType.SERVER)):
            extension = PerMessageDeflate()
            if deflate and side == CLIENT:
                extension.finalize(DEFLATE)
            elif deflate:
                extension.accept(DEFLATE)
            self.ends[stream, side] = Connection(kind, [extension] if deflate else None)

    def says(self, stream: int, side: int, event: Event, pieces: int = 1) -> None:
        data = self.ends[stream, side].send(event)
        step = -(-len(data) // pieces)
        for at in range(0, len(data), step):
            (self.client if side == CLIENT else self.server).send_data(stream, data[at : at + step])
            self.flush()

    def call(self, stream: int, n: int, pieces: int = 1) -> None:
        id = f"r{stream}.{n}"
        self.says(stream, CLIENT, TextMessage(json.dumps({"type": "response.create", "n": n, "s": stream})), pieces)
        for message in (
            {"type": "response.created", "response": {"id": id}},
            {"type": "response.output_text.delta", "delta": f"{stream} {n} and some text of it"},
            {"type": "response.completed", "response": {"id": id}},
        ):
            self.says(stream, SERVER, TextMessage(json.dumps(message)), pieces)


def conversation(*, deflate: bool = False, pieces: int = 1) -> Sockets:
    """Two sockets and an ordinary stream on one connection."""
    pair = Sockets()
    pair.upgrade(1, deflate=deflate)
    pair.upgrade(3, deflate=deflate)
    pair.ask(5, b"{}")
    pair.head(5, *SSE)
    for n in (1, 2):
        pair.call(1, n, pieces)
        pair.data(5, event(5, n))
        pair.call(3, n, pieces)
    pair.data(5, event(5, 3), end=True)
    return pair


CONVERSATION = conversation(deflate=True)


def calls(played: Played) -> list[Talk]:
    return [talk for talk in played.talks if talk.request.transport == "websocket" and talk.request.stream]


def check(played: Played) -> None:
    """Whatever is told of a call is true."""
    for talk in calls(played):
        if not talk.request.complete:
            continue
        asked = json.loads(talk.request.body)
        for name, data, *_ in talk.events:
            if name == "response.output_text.delta":
                assert json.loads(data)["delta"] == f"{asked['s']} {asked['n']} and some text of it"


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize("pieces", [1, 3])
def test_each_response_create_is_an_exchange(deflate: bool, pieces: int):
    played = conversation(deflate=deflate, pieces=pieces).play()
    upgrades = [talk for talk in played.talks if talk.request.method == "CONNECT" and talk.request.stream in (1, 3)]
    upgrades = [talk for talk in upgrades if talk.request.transport == "http/2"]
    assert [(talk.status, talk.end and talk.end.upgraded, talk.state) for talk in upgrades] == [
        (200, "websocket", "complete")
    ] * 2
    found = calls(played)
    assert [(json.loads(talk.request.body)["s"], json.loads(talk.request.body)["n"]) for talk in found] == [
        (1, 1),
        (3, 1),
        (1, 2),
        (3, 2),
    ]
    for talk in found:
        stream = json.loads(talk.request.body)["s"]
        assert talk.request.target == "/v1/responses" and ("session-id", f"s{stream}") in talk.request.headers
        assert [name for name, *_ in talk.events][::2] == ["response.created", "response.completed"]
        assert talk.state == "complete"
    check(played)
    [other] = [talk for talk in played.talks if talk.request.stream == 5]
    assert other.data == [b'{"n":5,"i":%d}' % n for n in (1, 2, 3)]
    assert not played.troubles and not played.counters.bytes_skipped


def test_byte_by_byte():
    whole, cut = conversation().play(), play(*split_all(conversation().steps, one_by_one))
    assert [talk.data for talk in calls(cut)] == [talk.data for talk in calls(whole)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 500), max_size=10))
def test_split_at_random(cuts: list[int]):
    played = play(*split_all(conversation(deflate=True, pieces=2).steps, at_places(cuts)))
    assert len(calls(played)) == 4
    check(played)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(0, 3000), st.integers(1, 200)), max_size=3),
    st.lists(st.integers(0, 500), max_size=6),
)
def test_any_piece_missing(holes: list[tuple[int, int, int]], cuts: list[int]):
    steps = CONVERSATION.steps
    for side, at, size in holes:
        steps = missing(steps, side, at, size)
    played = play(*split_all(steps, at_places(cuts)), End(SERVER), End(CLIENT))
    check(played)
    assert all(talk.end for talk in played.talks)


@pytest.mark.parametrize(
    ("end", "state"),
    [("client", "aborted"), ("server", "cut"), ("reset", "aborted"), ("fin", "cut"), ("close", "cut"), ("eof", "open")],
)
def test_how_a_response_under_way_ends(end: str, state: str):
    pair = Sockets()
    pair.upgrade(1)
    pair.says(1, CLIENT, TextMessage('{"type": "response.create"}'))
    pair.says(1, SERVER, TextMessage('{"type": "response.created", "response": {"id": "r"}}'))
    if end == "client":
        pair.client.end_stream(1)
    elif end == "server":
        pair.server.end_stream(1)
    elif end == "reset":
        pair.client.reset_stream(1)
    elif end == "close":
        pair.says(1, SERVER, CloseConnection(1001))
    pair.flush()
    [talk] = calls(pair.play(*{"fin": [End(SERVER), End(CLIENT)]}.get(end, [])))
    assert talk.state == state


def test_a_refused_socket_is_an_exchange_like_others():
    pair = Sockets()
    pair.upgrade(1, status=403)
    pair.server.end_stream(1)
    pair.flush()
    [talk] = pair.play().talks
    assert (talk.status, talk.state, talk.end and talk.end.upgraded) == (403, "complete", None)


def test_a_hole_within_a_message_costs_that_message_only():
    pair = conversation()
    at = next(
        i for i, step in enumerate(pair.steps) if getattr(step, "side", None) == SERVER and b"and some" in step.data
    )
    data = pair.steps[at].data
    pair.steps[at : at + 1] = [
        type(pair.steps[at])(SERVER, (data[:30],)),
        Lost(SERVER, 10),
        type(pair.steps[at])(SERVER, (data[40:],)),
    ]
    played = play(*pair.steps)
    assert [len(talk.events) for talk in calls(played)] == [2, 3, 3, 3]
