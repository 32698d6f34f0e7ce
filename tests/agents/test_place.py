"""Places in a request, whatever stands there."""

import pytest

from heron_tui.agents import place
from heron_tui.agents.view import View

from .build import call, tell, user

SECRETS = '{"session_id":"s","n":7,"deep":{"er":"x"},"list":[1],"flag":true,"none":null,"":"e"}'


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("header:x-meta#session_id", "s"),
        ("header:X-META#n", "7"),
        ("header:x-meta#deep.er", "x"),
        ("header:x-meta#deep", None),
        ("header:x-meta#deep.er.est", None),
        ("header:x-meta#list", None),
        ("header:x-meta#flag", None),
        ("header:x-meta#none", None),
        ("header:x-meta#other", None),
        ("header:x-other", None),
        ("header:x-empty", None),
        ("body:meta#session_id", "s"),
        ("body:bad#session_id", None),
        ("body:bad", "{"),
        ("body:deep#x", None),
        ("body:old~_session_([0-9a-f-]+)$", "9bad-1"),
        ("body:old~_project_(.+)", None),
        ("body:meta#deep.er~(.)", "x"),
        ('header:x-meta~session_id":"(.)', "s"),
    ],
)
def test_reading(where: str, found: str | None):
    one = call(
        "a",
        0,
        user("x"),
        headers={"X-Meta": SECRETS, "x-empty": ""},
        ids={
            "meta": SECRETS,
            "bad": "{",
            "old": "user_1_account__session_9bad-1",
            "deep": '{"x":' + "[" * 5000 + "]" * 5000 + "}",
        },
    )
    assert place.parse(where).read(View(one)) == found


@pytest.mark.parametrize("text", ["x-session", "header:", "body:a b", "cookie:x", "header:a#", ""])
def test_what_is_no_place(text: str):
    with pytest.raises(ValueError, match="is no place"):
        place.parse(text)


@pytest.mark.parametrize("text", ["body:user~", "body:user~(", "body:user~x", "body:user~(a)(b)"])
def test_patterns_of_places_need_one_group(text: str):
    with pytest.raises(ValueError, match=r"is no (place|pattern)|needs one group"):
        place.parse(text)


@pytest.mark.parametrize("count", ["-1", "9" * 5000, "x", "1e9", "٣"])
def test_counts_that_are_none(count: str):
    assert tell(call("a", 0, user("x"), headers={"x-stainless-retry-count": count})).parts["a"].attempt == 1


def test_requests_of_which_nothing_could_be_read_are_no_retries():
    told = tell(call("a", 0, outcome="error"), call("b", 200, outcome="error"))
    assert [told.parts[id].retry_of for id in "ab"] == [None, None]
    assert len(told.turns) == 2
