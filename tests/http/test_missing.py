"""Bytes that the capture does not hold: fewer statements, never a wrong one, and never an exception."""

import gzip
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.model.flow import CLIENT, SERVER

from .play import (
    GET,
    Bytes,
    End,
    Lost,
    Played,
    Step,
    at_places,
    chunked,
    client,
    play,
    post,
    response,
    server,
    split_all,
    stream,
)


def missing(steps: list[Step], side: int, at: int, size: int) -> list[Step]:
    """The steps without `size` bytes at offset `at` of one side's stream."""
    out: list[Step] = []
    offset = 0
    for step in steps:
        if not isinstance(step, Bytes) or step.side != side:
            out.append(step)
            continue
        start, data = offset, step.data
        offset += len(data)
        low, high = max(at - start, 0), min(at + size - start, len(data))
        if low >= high:
            out.append(step)
            continue
        out += [Bytes(step.side, (data[:low],)), Lost(step.side, high - low), Bytes(step.side, (data[high:],))]
    return out


def test_within_a_length_it_is_counted_and_the_rest_goes_on():
    head, body = post(b"a" * 100)[:-100], b"a" * 100
    answer = response(b"b" * 50)
    played = play(
        client(head + body[:30]),
        Lost(CLIENT, 20),
        client(body[50:]),
        server(answer[:-40]),
        Lost(SERVER, 10),
        server(answer[-30:]),
        client(GET),
        server(response(b"next")),
    )
    first, second = played.talks
    assert (len(first.request.body), first.request.lost, first.request.complete) == (80, 20, True)
    assert first.end and (first.state, first.end.lost, len(first.body)) == ("cut", 10, 40)
    assert (second.body, second.state) == (b"next", "complete")


def test_within_a_chunk_it_is_counted_and_the_next_chunk_is_found():
    wire = stream(b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n", b"data: 4\n\n")
    at = wire.index(b"2\n")
    played = play(client(GET), server(wire[:at]), Lost(SERVER, 1), server(wire[at + 1 :]))
    assert played.only.data == [b"1", b"3", b"4"] and played.only.state == "cut"
    assert played.only.end and played.only.end.lost == 1 and not played.counters.bytes_skipped


@pytest.mark.parametrize("size", [12, 14, 15, 20, 30, 45])
def test_across_chunks_the_next_plausible_one_is_found(size: int):
    parts = [b"data: %02d\n\n" % i for i in range(12)]
    wire = stream(*parts)
    at = wire.index(b"data: 02") + 3
    played = play(
        client(GET),
        server(wire[:at]),
        Lost(SERVER, size),
        server(wire[at + size :]),
        client(GET),
        server(response(b"n")),
    )
    first, second = played.talks
    assert first.data[:2] == [b"00", b"01"]
    assert first.data[-1] == b"11" and len(first.data) > 5
    assert (first.state, second.state, second.body) == ("cut", "complete", b"n")


def test_a_lost_segment_that_held_exactly_one_chunk_costs_two_events_at_most():
    parts = [b"data: %02d\n\n" % i for i in range(6)]
    pieces = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    head = stream().removesuffix(b"0\r\n\r\n")
    played = play(
        client(GET), server(head, *pieces[:2]), Lost(SERVER, len(pieces[2])), server(*pieces[3:], b"0\r\n\r\n")
    )
    assert played.only.data in ([b"00", b"01", b"04", b"05"], [b"00", b"01", b"03", b"04", b"05"])


def test_the_end_of_a_chunked_body_and_the_next_head_behind_it():
    wire = stream(b"data: 1\n\n", b"data: 2\n\n")
    at = wire.index(b"2\n\n")
    steps = [client(GET), server(wire[:at]), client(GET), Lost(SERVER, len(wire) - at), server(response(b"next"))]
    first, second = play(*steps).talks
    assert (first.data, first.state, second.body) == ([b"1"], "cut", b"next")


def test_an_encoded_body_keeps_what_was_decoded():
    packed = gzip.compress(b"x" * 5000 + bytes(range(256)) * 20)
    answer = response(packed, b"Content-Encoding: gzip")
    at = len(answer) - 60
    talk = play(client(GET), server(answer[:at]), Lost(SERVER, 10), server(answer[at + 10 :])).only
    assert talk.end and (talk.state, talk.end.lost, talk.end.error) == ("cut", 10, "10 bytes are missing")
    assert b"x" * 1000 in talk.body


def test_a_lost_head_hides_its_message_only():
    steps = [
        client(GET),
        server(response(b"1")),
        client(post(b"lost")),
        server(response(b"2")),
        client(GET),
        server(response(b"3")),
    ]
    played = play(*missing(steps, CLIENT, len(GET) + 3, 20))
    assert [(talk.request.method, talk.request.complete, talk.body) for talk in played.talks] == [
        ("GET", True, b"1"),
        ("?", False, b"2"),
        ("GET", True, b"3"),
    ]


def test_a_head_that_breaks_off_is_told_as_far_as_it_was_seen():
    wire = post(b"body", b"X-A: 1", b"X-B: 2")
    at = wire.index(b"X-B") + 2
    played = play(client(wire[:at]), Lost(CLIENT, 10), client(wire[at + 10 :]), server(response(b"ok")))
    request = played.only.request
    assert (request.method, request.target, request.complete, request.lost) == ("POST", "/v1/messages", False, 10)
    assert request.headers == (("Host", "api"), ("X-A", "1")) and played.only.body == b"ok"


def test_a_lost_answer_is_no_answer_and_the_next_one_finds_its_request():
    steps = [client(GET), server(response(b"1")), client(post(b"x")), server(response(b"2"))]
    played = play(*missing(steps, SERVER, 0, len(response(b"1"))))
    first, second = played.talks
    assert (first.state, first.response) == ("cut", None)
    assert (second.request.method, second.body, second.state) == ("POST", b"2", "complete")


def test_pipelined_answers_are_not_guessed_behind_a_gap():
    asks = [GET.replace(b"/a", b"/%d" % i) for i in range(4)]
    answers = [response(b"%d" % i) for i in range(4)]
    steps = [client(*asks[:2]), server(*answers[:2]), client(*asks[2:]), server(*answers[2:])]
    played = play(*missing(steps, SERVER, 2 * len(answers[0]), len(answers[0])))
    told = {talk.request.target: talk.body for talk in played.talks if talk.response}
    assert told == {"/0": b"0", "/1": b"1", "": b"3"}


def test_a_client_behind_an_upgrade_request_may_lose_bytes_too():
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    steps = [
        client(ask, GET[:5]),
        Lost(CLIENT, 4),
        client(GET[9:] + GET),
        server(response(b"1")),
        server(response(b"2")),
    ]
    assert [talk.body for talk in play(*steps).talks] == [b"1", b"2"]


def test_rubbish_between_messages_is_skipped_and_said():
    played = play(client(GET), server(response(b"1") + b"rubbish {}\r\n\x00\xff"), client(GET), server(response(b"2")))
    assert [talk.body for talk in played.talks] == [b"1", b"2"]
    assert played.counters.bytes_skipped == 14 and [t.code for t in played.troubles] == ["http.desync"]


def test_broken_chunk_lines_are_skipped_and_said():
    wire = stream(b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n").replace(b"9\r\ndata: 2", b"zz\r\ndata: 2")
    played = play(client(GET), server(wire), client(GET), server(response(b"next")))
    first, second = played.talks
    assert first.data in ([b"1"], [b"1", b"3"])
    assert second.body == b"next" and played.counters.desyncs == 1


# Any conversation, with any piece missing. Requests and responses carry the number of their exchange.

BODIES = ["sized", "stream", "gzip", "none", "plain"]


def messages(n: int, kind: str, size: int) -> tuple[bytes, bytes, list[bytes]]:
    """A request, its response, and the response's events."""
    mark = b"X-N: %d" % n
    ask = post(b'{"n":%d,"p":"%b"}' % (n, b"p" * size), mark, target=b"/%d" % n)
    events = [b'{"n":%d,"i":%d,"t":"%b"}' % (n, i, b"t" * (i * size % 90)) for i in range(size % 13 + 1)]
    parts = [b"data: " + event + b"\n\n" for event in events]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + mark
    match kind:
        case "stream":
            return ask, head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(*parts), events
        case "gzip":
            packed = gzip.compress(b"".join(parts))
            more = b"\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
            return ask, head + more + packed, events
        case "sized":
            return ask, response(b"".join(parts), b"Content-Type: text/event-stream", mark), events
        case "none":
            return ask, b"HTTP/1.1 204 No Content\r\n" + mark + b"\r\n\r\n", []
        case _:
            return ask, response(b'{"n":%d,"b":"%b"}' % (n, b"b" * size), mark), []


def number(headers: tuple[tuple[str, str], ...]) -> str | None:
    return dict(headers).get("X-N")


def assert_true(played: Played, said: list[tuple[bytes, bytes, list[bytes]]]) -> None:
    for talk in played.talks:
        request, end = talk.request, talk.end
        assert end
        if request.method != "?":
            n = int(request.target[1:])
            if request.complete and not request.lost:
                assert said[n][0].endswith(request.body) and len(request.body) > 5
            if talk.response and (answered := number(talk.response.headers)):
                assert answered == str(n)
        if talk.response and (answered := number(talk.response.headers)):
            true = iter(said[int(answered)][2])
            assert all(data in true for data in talk.data)
            if talk.state == "complete" and not end.lost and end.error is None and talk.data:
                assert talk.data == said[int(answered)][2]


conversations = st.lists(st.tuples(st.sampled_from(BODIES), st.integers(0, 400)), min_size=1, max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    conversations,
    st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), st.integers(0, 5000), st.integers(1, 900)), max_size=3),
    st.lists(st.integers(0, 5000), max_size=6),
    st.sampled_from(["fin", "rst", "eof", "idle"]),
)
def test_any_conversation_with_any_piece_missing(conversation, holes, cuts, how):
    said = [messages(n, kind, size) for n, (kind, size) in enumerate(conversation)]
    steps: list[Step] = [step for ask, answer, _ in said for step in (client(ask), server(answer))]
    for side, at, size in holes:
        total = sum(len(step.data) for step in steps if isinstance(step, Bytes) and step.side == side)
        steps = missing(steps, side, at % (total or 1), size)
    played = play(*split_all(steps, at_places(cuts)), End(None if how in ("eof", "idle") else SERVER, how))
    assert_true(played, said)
    if not holes:
        assert [talk.state for talk in played.talks] == ["complete"] * len(said)
        assert [talk.data for talk in played.talks] == [events for _, _, events in said]


@settings(max_examples=80, deadline=None)
@given(conversations, st.sampled_from([CLIENT, SERVER]), st.integers(0, 5000), st.integers(1, 900), st.integers(1, 4))
def test_what_follows_a_gap_comes_late(conversation, side, at, size, late):
    """The net floor waits before it gives a hole up; the other direction goes on meanwhile."""
    said = [messages(n, kind, size) for n, (kind, size) in enumerate(conversation)]
    steps: list[Step] = [step for ask, answer, _ in said for step in (client(ask), server(answer))]
    total = sum(len(step.data) for step in steps if isinstance(step, Bytes) and step.side == side)
    steps = missing(steps, side, at % total, size)
    hole = next(i for i, step in enumerate(steps) if isinstance(step, Lost))
    held = [step for step in steps[hole : hole + late] if getattr(step, "side", None) == side]
    others = [step for step in steps[hole : hole + late] if getattr(step, "side", None) != side]
    steps[hole : hole + late] = others + held
    assert_true(play(*steps), said)


@settings(max_examples=80, deadline=None)
@given(conversations, st.integers(0, 3000), st.integers(0, 3000))
def test_joined_anywhere_midway(conversation, from_client, from_server):
    said = [messages(n, kind, size) for n, (kind, size) in enumerate(conversation)]
    steps: list[Step] = [step for ask, answer, _ in said for step in (client(ask), server(answer))]
    begun = [
        Bytes(s.side, (s.data[from_client if i == 0 else from_server :],)) if i < 2 else s for i, s in enumerate(steps)
    ]
    played = play(*begun, midstream=True)
    assert_true(played, said)
    if len(said) > 1:
        assert {int(talk.request.target[1:]) for talk in played.talks if talk.request.target} >= set(
            range(1, len(said))
        )


UPGRADE = b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
SCRAPS = [
    *(GET, post(b"x"), response(b"y"), stream(b"data: 1\n\n"), b"HTTP/1.1 ", b"5\r\n", b"\r\n", b"0\r\n\r\n", b"GET "),
    *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02", b"Upgrade: websocket\r\n"),
    *(b"HTTP/1.1 101 S\r\n" + UPGRADE, b"GET / HTTP/1.1\r\n" + UPGRADE),
]
scraps = st.one_of(st.binary(max_size=60), st.sampled_from(SCRAPS), st.integers(1, 50))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([CLIENT, SERVER]), scraps), max_size=12), st.booleans())
def test_garbage_raises_nothing(pieces, midstream):
    steps: list[Step] = [Bytes(s, (p,)) if isinstance(p, bytes) else Lost(s, p) for s, p in pieces]
    total = sum(len(step.data) for step in steps if isinstance(step, Bytes))
    played = play(*steps, midstream=midstream)
    assert played.counters.bytes_skipped <= total
    assert all(re.fullmatch(r"[0-9a-z?:./]*", p.protocol) for p in played.protocols)
