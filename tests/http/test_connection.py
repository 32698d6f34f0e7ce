"""What a connection speaks, which side is which, and how exchanges end with it."""

import numpy as np
import pytest

from heron_tui.http.decoder import Decoder
from heron_tui.http.limits import Limits
from heron_tui.model.flow import CLIENT, SERVER, Chunk, Marks

from .play import GET, Bytes, End, Lost, a_flow, client, flow_events, play, post, response, server, stream

HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(190)


@pytest.mark.parametrize(
    ("first", "protocol"),
    [
        (client(HELLO), "tls"),
        (client(b"\x16"), None),
        (server(b"SSH-2.0-OpenSSH_9.2\r\n"), "unknown"),
        (client(bytes(range(100))), "unknown"),
        (client(b"EHLO mail\r\n"), "unknown"),
        (client(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "http/2"),
        (client(b"GET / HTTP/1.1\r\n"), "http/1.1"),
        (client(b"QUERYX /thing HTTP/1.1\r\n"), "http/1.1"),
        (server(b"HTTP/1.1 408 Request Timeout\r\n\r\n"), "http/1.1"),
    ],
)
def test_protocols_by_their_first_bytes(first: Bytes, protocol: str | None):
    for step in (first, Bytes(first.side, tuple(first.data[i : i + 1] for i in range(len(first.data))))):
        played = play(step)
        assert [p.protocol for p in played.protocols] == ([protocol] if protocol else [])


def test_what_is_not_http_costs_nothing_more():
    played = play(client(HELLO), client(GET), server(response(b"x")))
    assert not played.talks and len(played.told) == 1


def test_sides_the_other_way_round():
    played = play(server(post(b"x")), client(response(b"ok")), server(GET), client(response(b"2")), midstream=True)
    assert played.protocols[0].turned
    first, second = played.talks
    assert (first.request.client, first.request.server) == ("10.0.0.2:80", "10.0.0.1:50000")
    assert (first.request.body, first.body, second.body) == (b"x", b"ok", b"2")


def test_a_response_tells_the_sides_too():
    played = play(client(response(b"1")), server(GET), client(response(b"2")), midstream=True)
    assert played.protocols[0].turned
    assert [(talk.request.method, talk.body) for talk in played.talks] == [("?", b"1"), ("GET", b"2")]
    assert not played.talks[0].request.complete


def test_joined_midway_skips_to_the_next_head_and_says_so_once():
    rest = stream(b"data: 1\n\n", b"data: 2\n\n")[90:]
    played = play(
        server(rest), client(GET), server(response(b"ok")), client(GET), server(response(b"2")), midstream=True
    )
    assert [talk.body for talk in played.talks] == [b"ok", b"2"]
    assert [t.code for t in played.troubles] == ["tcp.midstream"]
    assert played.counters.bytes_skipped == len(rest)


def test_joined_inside_a_request_body_that_looks_like_one():
    body = b'{"text":"GET /trap HTTP/1.1\\r\\nHost: x"} '
    played = play(client(body * 3), server(response(b"1")), client(GET), server(response(b"2")), midstream=True)
    assert [(talk.request.target, talk.body) for talk in played.talks] == [("", b"1"), ("/a", b"2")]


def test_a_lost_beginning_is_like_joining_midway():
    played = play(
        Lost(CLIENT, 30), client(b"rest of a body}"), server(response(b"1")), client(GET), server(response(b"2"))
    )
    assert [(talk.request.method, talk.body) for talk in played.talks] == [("?", b"1"), ("GET", b"2")]


def test_tls_joined_midway():
    record = b"\x17\x03\x03\x00\x20" + bytes(32)
    assert [p.protocol for p in play(server(record), client(record), midstream=True).protocols] == ["tls"]


def test_hunting_has_an_end():
    played = play(*[client(b"x" * 1000)] * 100, midstream=True, limits=Limits(hunt=50_000))
    assert [p.protocol for p in played.protocols] == ["unknown"]


SSE = stream(b"data: 1\n\n", b"data: 2\n\n")


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((End(SERVER), End(CLIENT)), "cut"),
        ((End(SERVER, "rst"),), "cut"),
        ((End(CLIENT), End(SERVER)), "aborted"),
        ((End(CLIENT, "rst"),), "aborted"),
        ((End(CLIENT), End(SERVER, "rst")), "aborted"),
        ((End(None, "idle"),), "open"),
        ((End(None, "reuse"),), "cut"),
        ((End(None, "eof"),), "open"),
        ((), "open"),
    ],
)
def test_how_a_response_under_way_ends(steps: tuple[End, ...], state: str):
    talk = play(client(GET), server(SSE[:-9]), *steps).only
    assert talk.state == state and talk.data == [b"1"]
    assert talk.end and talk.end.t_end_us == (3000 if state == "aborted" else 2000)
    assert talk.end.holed == (steps == (End(None, "reuse"),))
    assert talk.end.unfinished == (0 if talk.end.holed else len(b"data: 2"))


@pytest.mark.parametrize(
    ("steps", "state", "t_end"),
    [
        ((End(SERVER), End(CLIENT)), "no_response", 2000),
        ((End(SERVER, "rst"),), "no_response", 2000),
        ((End(CLIENT), End(SERVER)), "aborted", 2000),
        ((End(CLIENT, "rst"),), "aborted", 2000),
        ((End(None, "idle"),), "open", 1000),
        ((End(None, "reuse"),), "cut", 2000),
        ((End(None, "eof"),), "open", 1000),
    ],
)
def test_how_a_request_without_answer_ends(steps: tuple[End, ...], state: str, t_end: int):
    talk = play(client(GET), *steps).only
    assert (talk.state, talk.response) == (state, None)
    assert talk.end and talk.end.t_end_us == t_end


def test_a_client_that_closes_its_half_still_gets_its_answer():
    talk = play(client(GET), End(CLIENT), server(response(b"late")), End(SERVER)).only
    assert (talk.state, talk.body) == ("complete", b"late")


def test_a_request_that_breaks_off_is_told():
    head = post(b"x" * 100)[:-60]
    talk = play(client(head), End(CLIENT, "rst")).only
    assert (talk.request.complete, len(talk.request.body), talk.state) == (False, 40, "aborted")


def test_a_reset_ends_a_body_that_lasts_until_the_close():
    talk = play(client(GET), server(b"HTTP/1.1 200 OK\r\n\r\npart"), End(SERVER, "rst")).only
    assert (talk.state, talk.body) == ("cut", b"part")


def test_a_response_before_its_request_is_whole_waits():
    message = post(b"x" * 100)
    early = response(b"too large", status=b"413 Payload Too Large")
    played = play(client(message[:-50]), server(early), client(message[-50:]))
    assert played.only.request.complete and len(played.only.request.body) == 100
    assert [type(event).__name__ for event in played.told][1:] == ["Request", "Response", "ExchangeEnd"]


def test_a_response_before_the_head_of_its_request_is_whole_waits():
    message = post(b"x")
    played = play(
        client(message[:30]), server(response(b"1")), client(message[30:]), client(GET), server(response(b"2"))
    )
    assert [(talk.request.method, talk.body) for talk in played.talks] == [("POST", b"1"), ("GET", b"2")]


def test_events_of_a_response_that_waits_are_bounded():
    head = post(b"x" * 100)[:-60]
    wire = stream(*[b"data: %d\n\n" % i for i in range(50)])
    played = play(client(head), server(wire), limits=Limits(early=10))
    assert not played.only.request.complete and len(played.only.data) == 50


def test_requests_that_nobody_answers_are_bounded():
    played = play(client(GET * 20), limits=Limits(pipelined=5))
    assert [talk.state for talk in played.talks] == ["no_response"] * 15 + ["open"] * 5


def test_bytes_behind_the_end_of_a_connection_start_nothing():
    flow = a_flow()
    decoder = Decoder()
    events = flow_events(
        [client(GET), server(response(b"x")), End(CLIENT, "rst"), server(b"HTTP/1.1 200 OK\r\n\r\n")], flow
    )
    told = [event for step in events for event in decoder.feed(step)] + decoder.close()
    assert len([event for event in told if type(event).__name__ == "Request"]) == 1
    assert decoder.counters.bytes_skipped == 19


def test_marks_of_a_live_capture_and_of_a_joined_run_say_the_same():
    segments = [SSE[:20], SSE[20:77], SSE[77:100], SSE[100:]]
    joined = play(client(GET), server(*segments)).only
    single = play(client(GET), *[server(segment) for segment in segments]).only
    assert joined.content() == single.content() and joined.packets == single.packets and joined.times == single.times


def test_flows_are_apart():
    decoder = Decoder()
    told = []
    for n in range(2):
        flow = a_flow(n=n, id=f"f{n}")
        told += decoder.feed(Chunk(flow, 0, 0, GET, Marks(*np.array([[0], [n + 1], [n + 1]]))))
    assert len({event.exchange for event in told if type(event).__name__ == "Request"}) == 2
