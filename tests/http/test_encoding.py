"""Content codings: each alone, stacked, cut anywhere, broken, and hostile."""

import gzip
import random
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.http.encoding import Decoding
from heron_tui.http.limits import Limits

from .play import GET, End, at_places, chunked, client, one_by_one, play, post, response, server, split_all, stream

TEXT = b"".join(b"line %d of some text that compresses\n" % i for i in range(300))


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACK = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd,
    "members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:]) + b"\0\0",
    "frames": lambda data: zstd(data[:1000]) + zstd(data[1000:]),
}
NAMES = {"raw": "deflate", "members": "gzip", "frames": "zstd"}


@pytest.mark.parametrize("name", PACK)
def test_answers_and_requests(name: str):
    packed, header = PACK[name](TEXT), b"Content-Encoding: " + NAMES.get(name, name).encode()
    talk = play(client(post(packed, header)), server(response(packed, header))).only
    assert talk.request.body == TEXT and talk.request.raw_size == len(packed) and talk.request.error is None
    assert talk.request.encoding == NAMES.get(name, name)
    assert talk.body == TEXT and talk.end and talk.end.error is None and talk.state == "complete"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted(PACK)), min_size=1, max_size=3), st.lists(st.integers(0, 5000), max_size=6))
def test_stacked_and_cut_anywhere(names: list[str], cuts: list[int]):
    packed = TEXT
    for name in names:
        packed = PACK[name](packed)
    decoding = Decoding([NAMES.get(name, name) for name in names])
    out = b"".join(decoding.feed(part, 1 << 30) for part in at_places(cuts)(packed))
    decoding.close()
    assert out == TEXT and decoding.error is None


def test_stacked_headers_and_transfer_coding():
    packed = gzip.compress(brotli.compress(zstd(TEXT)))
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Encoding: BR\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    )
    talk = play(client(GET), server(head + chunked(packed[:50], packed[50:]))).only
    assert talk.body == TEXT and talk.response and talk.response.encoding == "zstd, BR"


def test_identity_is_no_coding():
    talk = play(client(GET), server(response(TEXT, b"Content-Encoding: identity"))).only
    assert talk.body == TEXT and talk.response and talk.response.encoding is None


def flushed(name: str, parts: list[bytes]) -> list[bytes]:
    """Each part flushed, as providers send event streams."""
    if name == "br":
        packer = brotli.Compressor()
        return [packer.process(part) + packer.flush() for part in parts[:-1]] + [
            packer.process(parts[-1]) + packer.finish()
        ]
    if name == "zstd":
        frame = zstandard.ZstdCompressor().compressobj()
        out = [frame.compress(part) + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for part in parts]
        return [*out[:-1], out[-1] + frame.flush()]
    member = zlib.compressobj(wbits=31 if name == "gzip" else 15)
    out = [member.compress(part) + member.flush(zlib.Z_SYNC_FLUSH) for part in parts]
    return [*out[:-1], out[-1] + member.flush()]


EVENTS = [b'event: e%d\ndata: {"n":%d,"text":"ab\xc3\xbccd"}\n\n' % (i, i) for i in range(40)]


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_events_of_an_encoded_stream_come_with_their_own_packets(name: str):
    parts = flushed(name, EVENTS)
    head, *chunks = stream(*parts, encoding=name.encode()).split(b"\r\n\r\n", 1)
    wire = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    talk = play(client(GET), server(head + b"\r\n\r\n", *wire, b"0\r\n\r\n")).only
    assert [event[0] for event in talk.events] == [f"e{i}" for i in range(40)]
    assert talk.packets == [(i + 3, i + 3) for i in range(40)]
    assert talk.body == b"".join(EVENTS) and talk.end and talk.end.error is None
    live = play(*split_all([client(GET), server(head + b"\r\n\r\n" + b"".join(chunks))], one_by_one))
    assert live.only.data == talk.data


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_cut_stream_keeps_what_was_decoded(name: str):
    parts = flushed(name, EVENTS)
    wire = stream(*parts, encoding=name.encode())
    cut = wire.index(parts[20]) + 3
    talk = play(client(GET), server(wire[:cut]), End(1)).only
    assert talk.state == "cut" and len(talk.events) == 20


def test_a_whole_body_whose_coding_does_not_end_is_an_error():
    talk = play(client(GET), server(response(gzip.compress(TEXT)[:-20], b"Content-Encoding: gzip"))).only
    assert talk.state == "complete" and talk.end and talk.end.error == "gzip: ends before its end"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_garbage_is_an_error_and_nothing_else(name: str):
    garbage = random.Random(name).randbytes(4000)
    played = play(client(GET), server(response(garbage, b"Content-Encoding: " + name.encode())), client(GET))
    assert played.talks[0].end and played.talks[0].end.error


def test_an_unknown_coding():
    talk = play(client(GET), server(response(b"abc", b"Content-Encoding: compress"))).only
    assert talk.end and talk.end.error == "unknown content coding compress"


def test_an_empty_body_needs_no_coding():
    talk = play(client(GET), server(response(b"", b"Content-Encoding: gzip"))).only
    assert talk.end and talk.end.error is None


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw", "br", "zstd"])
def test_a_bomb_is_decoded_up_to_the_cap_and_counted(name: str):
    bomb = PACK[name](bytes(5_000_000))
    limits = Limits(body=1_000_000)
    header = b"Content-Encoding: " + NAMES.get(name, name).encode()
    played = play(client(GET), server(response(bomb, header)), limits=limits)
    talk = played.only
    assert talk.end and len(talk.body) == 1_000_000 and talk.end.dropped
    assert played.counters.bodies_cut == 1


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("kind", [b"text/event-stream", b"application/json"])
def test_what_decodes_to_far_more_than_it_is_is_given_up_and_said(name: str, kind: bytes):
    bomb = PACK[name](b"data: x\n\n" * 4_000_000)
    header = b"Content-Type: " + kind + b"\r\nContent-Encoding: " + name.encode()
    played = play(client(GET), server(response(bomb, header)), client(GET), server(response(b"ok", b"X: 1")))
    talk, behind = played.talks
    assert talk.end and talk.end.dropped and talk.end.error == "decodes to more than 200 times its size"
    assert len(talk.body) < max(1 << 20, 200 * len(bomb)) + (20 << 20)
    assert [(t.code, "200 times" in t.text) for t in played.troubles] == [("body.truncated", True)]
    assert played.counters.bodies_cut == 1 and behind.body == b"ok"


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_stream_of_alike_events_is_no_bomb(name: str):
    text = b"".join(
        b'data: {"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n' % i for i in range(40_000)
    )
    header = b"Content-Type: text/event-stream\r\nContent-Encoding: " + name.encode()
    talk = play(client(GET), server(response(PACK[name](text), header))).only
    assert talk.end and talk.body == text and not talk.end.dropped


@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_bomb_within_a_bomb(name: str):
    bomb = PACK[name](PACK[name](bytes(50_000_000 if name != "br" else 5_000_000)))
    decoding = Decoding([name, name])
    assert len(decoding.feed(bomb, 1_000_000)) < 1_000_000 + (20 << 20)
