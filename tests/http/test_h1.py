"""One exchange at a time: heads, framing, and what each part is told as."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.http.limits import Limits

from .cases import CASES, CHUNK_LIKE, CHUNKED, EXTENSIONS
from .play import GET, at_places, client, one_by_one, play, post, response, server, split_all, stream


def test_request_and_response():
    played = play(*CASES["plain"])
    talk = played.only
    request = talk.request
    assert (request.method, request.target, request.path) == ("POST", "/v1/messages", "/v1/messages")
    assert (request.host, request.client, request.server) == ("api", "10.0.0.1:50000", "10.0.0.2:80")
    assert request.headers == (("Host", "api"), ("X-A", "1"), ("Content-Length", "7"))
    assert request.body == b'{"a":1}' and request.raw_size == 7 and request.complete and not request.lost
    assert request.transport == "http/1.1" and request.stream is None
    assert talk.response and (talk.status, talk.response.reason) == (200, "OK")
    assert (talk.state, talk.body) == ("complete", b"yes")
    assert [p.protocol for p in played.protocols] == ["http/1.1"]
    assert not played.troubles and not played.counters.bytes_skipped


def test_places_name_bytes_packets_and_times():
    head, body = post(b"x" * 10)[:-10], b"x" * 10
    played = play(client(head[:5], head[5:], body[:3], body[3:]), server(response(b"ok")[:20], response(b"ok")[20:]))
    request, end = played.only.request, played.only.end
    assert (request.head.start, request.head.end) == (0, len(head))
    assert (request.head.first_packet, request.head.last_packet) == (1, 2)
    assert (request.place.end, request.place.last_packet) == (len(head) + 10, 4)
    assert (request.place.t_first_us, request.place.t_last_us) == (1000, 4000)
    assert end and end.place and (end.place.first_packet, end.place.last_packet, end.t_end_us) == (5, 6, 6000)
    assert end.place.end == len(response(b"ok"))


def test_keep_alive_gives_each_exchange_its_own_id():
    played = play(*CASES["keep-alive"])
    assert [talk.body for talk in played.talks] == [b"0", b"1", b"2"]
    assert len({talk.request.exchange for talk in played.talks}) == 3
    assert played.talks[1].request.head.start == len(GET)


def test_chunks_with_extensions_and_trailers():
    first, second = play(*CASES["chunked"]).talks
    assert first.body == b"hello world0123456789" and first.state == "complete"
    assert first.end and first.end.trailers == (("X-Sum", "1"), ("X-More", "2"))
    assert first.end.place and first.end.place.end == len(CHUNKED + EXTENSIONS)
    assert second.body == b"next"


def test_chunked_request():
    assert play(*CASES["chunked request"]).only.request.body == b"ab" + b"c" * 300


def test_many_chunk_sizes_in_both_letter_cases():
    sizes = [1, 9, 10, 15, 16, 255, 256, 4096, 20000]
    parts = [bytes([65 + i]) * size for i, size in enumerate(sizes)]
    for form in (b"%x", b"%X", b"%08x"):
        wire = b"".join(form % len(part) + b"\r\n" + part + b"\r\n" for part in parts) + b"0\r\n\r\n"
        assert play(client(GET), server(CHUNKED + wire)).only.body == b"".join(parts)


def test_chunks_that_hold_line_ends_and_chunk_lines():
    assert play(*CASES["chunk-like data"]).only.body == b"".join(CHUNK_LIKE)


def test_body_until_the_connection_closes():
    talk = play(*CASES["until close"]).only
    assert (talk.body, talk.state) == (b"all of it", "complete")
    assert talk.end and talk.end.t_end_us == 3000


def test_http_1_0():
    talk = play(*CASES["1.0"]).only
    assert (talk.request.host, talk.body, talk.state) == ("10.0.0.2:80", b"hi", "complete")


def test_interim_responses_are_collected():
    talk = play(*CASES["interim"]).only
    assert talk.response and (talk.response.interim, talk.status, talk.body) == ((100, 103), 200, b"ok")


def test_expect_continue():
    talk = play(*CASES["expect"]).only
    assert talk.request.complete and talk.request.body == b"body"
    assert talk.response and talk.response.interim == (100,)


def test_expectation_refused_and_the_body_never_sent():
    first, second = play(*CASES["refused"]).talks
    assert (first.status, first.request.complete, first.state) == (417, False, "complete")
    assert (second.request.method, second.body) == ("GET", b"next")


@pytest.mark.parametrize("status", ["204", "304"])
def test_no_body_by_status(status: str):
    assert [talk.body for talk in play(*CASES[status]).talks] == [b"", b"next"]


def test_head_has_no_body_whatever_its_length_says():
    first, second = play(*CASES["head"]).talks
    assert (first.request.method, first.body, first.state) == ("HEAD", b"", "complete")
    assert first.end and first.end.error is None
    assert second.body == b"next"


def test_folded_lines_bare_line_feeds_and_leading_line_ends():
    talk = play(*CASES["lenient"]).only
    assert talk.request.headers == (("Host", "h"), ("X-Long", "one two three"), ("X-Empty", ""))
    assert talk.response and (talk.response.reason, talk.body) == ("", b"ok")


def test_headers_in_any_number_and_size():
    many = b"".join(b"X-%d: %b\r\n" % (i, b"v" * 200) for i in range(1000))
    played = play(client(b"GET / HTTP/1.1\r\n" + many + b"\r\n"), server(response(b"ok")))
    assert len(played.only.request.headers) == 1000


def test_a_head_beyond_the_limit_is_skipped_and_said():
    huge = b"GET /huge HTTP/1.1\r\n" + b"X: y\r\n" * 500
    played = play(client(huge), client(b"\r\n" + GET), server(response(b"ok")), limits=Limits(head=1000))
    assert played.only.request.target == "/a"
    assert played.counters.bytes_skipped >= len(huge) and played.troubles[0].code == "http.desync"


def test_header_bytes_that_are_not_ascii():
    played = play(client("GET / HTTP/1.1\r\nA: ü\r\n".encode() + b"B: \xfc\r\n\r\n"), server(response()))
    assert played.only.request.headers == (("A", "ü"), ("B", "ü"))


def test_absolute_form():
    request = play(*CASES["absolute"]).only.request
    assert (request.target, request.path, request.host) == ("http://example.org:81/p?q=1", "/p", "example.org:81")


@pytest.mark.parametrize("lengths", [b"Content-Length: 2\r\nContent-Length: 2", b"Content-Length: 2, 2"])
def test_the_same_length_twice_is_one(lengths: bytes):
    played = play(
        client(GET), server(b"HTTP/1.1 200 OK\r\n" + lengths + b"\r\n\r\nok"), client(GET), server(response())
    )
    assert played.talks[0].body == b"ok" and len(played.talks) == 2


def test_lengths_that_differ_end_the_message_and_are_said():
    wrong = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"
    played = play(client(GET), server(wrong), client(GET), server(response(b"next")))
    first, second = played.talks
    assert (first.state, first.body, second.body) == ("cut", b"", b"next")
    assert [t.code for t in played.troubles] == ["http.desync"] and played.counters.bytes_skipped == 3


def test_chunked_wins_over_a_length():
    assert [talk.body for talk in play(*CASES["both"]).talks] == [b"hello", b"next"]


def test_pipelining():
    talks = play(*CASES["pipelined"]).talks
    assert [(talk.request.method, talk.body) for talk in talks] == [("GET", b"1"), ("GET", b"2"), ("POST", b"3")]


def test_upgrade_is_recognised_and_ends_http():
    ask = b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    agree = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"
    played = play(client(ask + b"\x81\x80abcd"), server(agree + b"\x81\x02hi"), client(GET))
    talk = played.talks[0]
    assert talk.end and (talk.status, talk.state, talk.end.upgraded) == (101, "complete", "websocket")
    assert [p.protocol for p in played.protocols] == ["http/1.1", "websocket"]


def test_upgrade_refused_goes_on_as_http():
    assert [talk.body for talk in play(*CASES["upgrade refused"]).talks] == [b"1", b"2"]


def test_connect_opens_a_tunnel_in_which_is_looked_again():
    tunnel, inside = play(*CASES["connect"]).talks
    assert tunnel.end and (tunnel.request.method, tunnel.end.upgraded, tunnel.state) == (
        "CONNECT",
        "connect",
        "complete",
    )
    assert (inside.request.target, inside.body) == ("/a", b"inside")


def test_events_carry_the_packets_of_their_bytes():
    wire = stream(b"event: a\ndata: 1\n\n", b"data: 2\n\ndata: 3", b"\n\n")
    cuts = [wire.index(b"event: a"), wire.index(b"2\r\n\n\n"), len(wire)]
    parts = [wire[a:b] for a, b in zip([0, *cuts], cuts, strict=False)]
    talk = play(client(GET), server(*parts)).only
    assert talk.kind == "sse"
    assert [event[:2] for event in talk.events] == [("a", b"1"), ("", b"2"), ("", b"3")]
    assert talk.packets == [(3, 3), (3, 3), (3, 4)]
    assert talk.times == [(3000, 3000), (3000, 3000), (3000, 4000)]


def test_an_event_stream_that_nobody_labelled():
    assert play(*CASES["unlabelled"]).only.data == [b'{"a":1}', b"2"]


def test_ndjson():
    talk = play(*CASES["ndjson"]).only
    assert talk.kind == "ndjson"
    assert [event[1:] for event in talk.events] == [(b'{"a":1}', 0, 8), (b'{"b":2}', 8, 17), (b'{"c":3}', 18, 25)]


def test_a_body_beyond_the_cap_is_cut_and_counted_but_its_events_are_told():
    parts = [b"data: %03d\n\n" % i for i in range(100)]
    played = play(client(post(b"r" * 70)), server(stream(*parts)), limits=Limits(body=55))
    talk = played.only
    assert talk.end and (talk.body, talk.end.dropped) == (b"".join(parts)[:55], 1100 - 55)
    assert len(talk.data) == 100 and talk.request.body == b"r" * 55
    assert played.counters.bodies_cut == 2
    assert [t.code for t in played.troubles] == ["body.truncated"] * 2


def test_the_cap_over_all_bodies():
    played = play(client(post(b"r" * 70)), server(response(b"s" * 70)), limits=Limits(total=50))
    assert played.only.request.body == b"r" * 50 and played.only.body == b"s" * 50  # each was given back


@pytest.mark.parametrize("name", CASES)
def test_byte_by_byte(name: str):
    assert play(*split_all(CASES[name], one_by_one)).contents() == play(*CASES[name]).contents()


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_split_at_random(cuts: list[int]):
    for name, steps in CASES.items():
        assert play(*split_all(steps, at_places(cuts))).contents() == play(*steps).contents(), name
