"""Event streams against the standard, written down a second time as it reads (HTML, 9.2.6)."""

from dataclasses import dataclass
from itertools import chain

from hypothesis import example, given, settings
from hypothesis import strategies as st

from heron_tui.http.events import Found
from heron_tui.http.ndjson import Ndjson
from heron_tui.http.sse import Sse, exact, plain

from .play import at_places

LIMIT = 1 << 20
PIECES = [
    b"data", b"data: ", b"data:", b"event: ", b"event:", b"id: ", b"retry: 10", b":", b" ", b"x", b'{"a":1}',
    b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\r\r", "ü€😀".encode(), b"\xef\xbb\xbf", b"\x00",
    b"data: a\n\n", b"event: e\ndata: b\n\n",
]  # fmt: skip
streams = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


def by_the_book(body: bytes) -> list[tuple[str, bytes]]:
    """Decode, split into lines, process the fields, dispatch."""
    text = body.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    events, data, kind = [], "", ""
    for line in lines:
        if line == "":
            if data != "":
                events.append((kind, data.removesuffix("\n").encode("utf-8", "surrogateescape")))
            data = kind = ""
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                kind = value
            elif name == "data":
                data += value + "\n"
    return events


@dataclass
class Told:
    names: list[str]
    data: list[bytes]
    starts: list[int]
    ends: list[int]

    def __len__(self) -> int:
        return len(self.data)


def told(*parts: Found) -> Told:
    lists = [(part.names, part.data, part.starts.tolist(), part.ends.tolist()) for part in parts]
    return Told(*(list(chain.from_iterable(column)) for column in zip(*lists, strict=True)))


def run(splitter: Sse | Ndjson, parts: list[bytes], whole: bool = True) -> Told:
    return told(Found(), *(splitter.feed(part) for part in parts), *([splitter.close(True)] if whole else []))


def pairs(found: Told) -> list[tuple[str, bytes]]:
    return list(zip(found.names, found.data, strict=True))


@settings(max_examples=400)
@given(streams, st.lists(st.integers(0, 1000), max_size=8))
@example(b"data: a\r\rdata: b\r\r", [])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2])
@example(b"data: a\n\ndata: b\n\n\n\n\ndata: c\n\n", [9])
def test_as_the_standard_has_it_however_it_is_cut(body: bytes, cuts: list[int]):
    whole = run(Sse(LIMIT), [body])
    assert pairs(whole) == by_the_book(body)
    parts = at_places(cuts)(body)
    assert run(Sse(LIMIT), list(parts)) == whole
    assert run(Sse(LIMIT), [body[i : i + 1] for i in range(len(body))]) == whole


@given(streams)
def test_offsets_frame_their_events(body: bytes):
    found = run(Sse(LIMIT), [body])
    at = 0
    for name, data, start, end in zip(found.names, found.data, found.starts, found.ends, strict=True):
        assert at <= start < end <= len(body)
        assert pairs(told(exact(body[start:end], 0)[0])) == [(name, data)]
        at = end


values = st.binary(max_size=12).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b""))
plain_events = st.one_of(
    st.lists(values.map(lambda v: b"data: " + v + b"\n\n"), max_size=6),
    st.lists(st.tuples(values, values).map(lambda v: b"event: %b\ndata: %b\n\n" % v), max_size=6),
)


@given(plain_events.map(b"".join), st.integers(0, 99))
def test_the_short_way_says_what_the_long_way_says(text: bytes, offset: int):
    short = plain(text, offset)
    assert short is not None or not text
    assert short is None or told(short) == told(exact(text, offset)[0])


@given(streams.map(lambda text: text + b"\n\n"))
@example(b"event: a\ndata: x\ndata: y\n\nevent: b\n\n")
@example(b"event: a\nzzz\n\nevent: b\ndata: \ndata: y\n\n")
@example(b"event: a\nfoo: x\n\ndata: event: b\ndata: y\n\n")
@example(b"event: a\nevent: x\n\ndata: event: b\ndata: y\n\n")
@example(b"data: x\ndata: y\n\n\n\n")
@example(b"data: x\n\n\n\ndata: y\n\n")
def test_the_short_way_is_taken_only_where_it_is_right(text: bytes):
    short = plain(text, 7)
    assert short is None or told(short) == told(exact(text, 7)[0])


def test_an_event_without_its_blank_line_is_held_not_told():
    splitter = Sse(LIMIT)
    assert splitter.feed(b"data: a\n\ndata: b\n").data == [b"a"]
    assert not splitter.close(True) and splitter.unfinished == 8


def test_a_gap_costs_the_event_that_it_touched_and_no_other():
    splitter = Sse(LIMIT)
    assert splitter.feed(b"data: a\n\ndata: b").data == [b"a"]
    splitter.gap()
    assert splitter.feed(b"c\ndata: d\n\ndata: e\n\n").data == [b"e"]


@given(streams, st.integers(0, 300), st.integers(1, 100), st.lists(st.integers(0, 1000), max_size=4))
def test_after_a_gap_only_true_events_are_told(body: bytes, at: int, size: int, cuts: list[int]):
    at = min(at, len(body))
    splitter = Sse(LIMIT)
    before = run(splitter, [body[:at]], whole=False)
    splitter.gap()
    after = run(splitter, list(at_places(cuts)(body[at + size :])))
    true = by_the_book(body)
    assert pairs(before) == true[: len(before)]
    assert not len(after) or pairs(after) == true[-len(after) :]


def test_an_event_beyond_the_limit_is_left_out():
    splitter = Sse(100)
    found = run(splitter, [b"data: a\n\n", b"data: " + b"x" * 90, b"y" * 90, b"\n\n", b"data: b\n\n"])
    assert found.data == [b"a", b"b"] and splitter.overflows == 1


lines = st.lists(st.sampled_from([b'{"a":1}', b"\n", b"\r\n", b" ", b"x", "ü".encode()]), max_size=20).map(b"".join)


@given(lines, st.lists(st.integers(0, 1000), max_size=6))
def test_lines_of_json_however_they_are_cut(body: bytes, cuts: list[int]):
    found = run(Ndjson(LIMIT), list(at_places(cuts)(body)))
    assert found.data == [line.strip(b" \t\r") for line in body.split(b"\n") if line.strip(b" \t\r")]
    for data, start, end in zip(found.data, found.starts, found.ends, strict=True):
        assert body[start:end].strip(b" \t\r\n") == data


def test_a_line_that_a_gap_touched_is_left_out():
    splitter = Ndjson(LIMIT)
    assert splitter.feed(b'{"a":1}\n{"b"').data == [b'{"a":1}']
    splitter.gap()
    assert splitter.feed(b':2}\n{"c":3}\n{"d"').data == [b'{"c":3}']
    assert splitter.unfinished == 4
