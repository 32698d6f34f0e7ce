"""Arrays of JSON objects, as Gemini streams them: however they are cut, their objects come once and at their places."""

import json

from hypothesis import given
from hypothesis import strategies as st

from heron_tui.http.json_array import JsonArray
from heron_tui.http.splitting import splitter

LIMIT = 1 << 20
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\{}[],: \nü', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"\\}]', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def written(items: list, comma: str = "\n,\r\n") -> bytes:
    return ("[" + comma.join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]\n").encode()


def split(body: bytes, sizes: list[int], limit: int = LIMIT) -> tuple[JsonArray, list[bytes], list[tuple[int, int]]]:
    made, data, places, at = JsonArray(limit), [], [], 0
    for size in [*sizes, len(body)]:
        found = made.feed(body[at : at + size])
        at += size
        data += found.data
        places += zip(found.starts.tolist(), found.ends.tolist(), strict=True)
    return made, data, places


@given(st.lists(objects, min_size=1, max_size=5), st.lists(st.integers(0, 12), max_size=40))
def test_objects_come_whole_and_at_their_places(items: list, sizes: list[int]):
    body = written(items)
    made, data, places = split(body, sizes)
    assert [json.loads(one) for one in data] == items
    assert [body[start:end] for start, end in places] == data
    assert (made.unfinished, made.start) == (0, len(body))


@given(st.binary(max_size=60), st.lists(st.integers(0, 9), max_size=10))
def test_nothing_raises(body: bytes, sizes: list[int]):
    assert split(body, sizes)[1] == split(body, [])[1]


@given(values.filter(lambda value: not (isinstance(value, list) and value and isinstance(value[0], dict))))
def test_other_json_is_left_alone(value: object):
    assert split(json.dumps(value).encode(), [1, 1, 1])[1] == []


def test_an_object_is_there_as_soon_as_it_ends():
    made = JsonArray(LIMIT)
    assert made.feed(b'[{"a": "}').data == []
    assert (made.start, made.unfinished) == (1, 8)
    assert made.feed(b'"}').data == [b'{"a": "}"}']
    assert made.feed(b'\n,\r\n{"b": 1').data == []
    assert made.unfinished == 7


def test_nothing_is_told_behind_a_gap_or_of_what_is_too_long():
    made = JsonArray(LIMIT)
    made.feed(b'[{"a": ')
    made.gap()
    assert made.feed(b'1}, {"b": 2}]').data == [] and made.unfinished == 0
    made, data, _ = split(b'[{"a": "' + b"x" * 50 + b'"}, {"b": 1}]', [30], limit=20)
    assert (data, made.overflows) == ([], 1)


def test_json_bodies_are_looked_at():
    assert isinstance(splitter((("Content-Type", "application/json; charset=UTF-8"),), LIMIT), JsonArray)
