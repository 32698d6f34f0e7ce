"""What can stand at the caret, and what is suspicious."""

import pytest

from heron_tui.filter.complete import complete, hints
from heron_tui.filter.errors import FilterError
from heron_tui.filter.parser import parse


def offered(text: str, **more) -> list[str]:
    found = complete(text, len(text), values=lambda field: ("codex", "claude code"), saved=("slow",), **more)
    return [text[: found.start] + item.text for item in found.items]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("call.ttf", ["call.ttft"]),
        ("call.ttft ", ["call.ttft ==", "call.ttft !=", "call.ttft in", "call.ttft and"]),
        ("call.outcome == e", ["call.outcome == error"]),
        ("call.outcome in ", ["call.outcome in {"]),
        ("call.outcome in {ok, er", ["call.outcome in {ok, error"]),
        ('call.agent == "cl', ['call.agent == "claude code"']),
        ("call.ttft > 2", ["call.ttft > 2ms", "call.ttft > 2s"]),
        ("call.error an", ["call.error and"]),
        ("call.streaming == ", ["call.streaming == true", "call.streaming == false"]),
        ("not $", ["not $slow"]),
        ('call.agent == "claude code" and call.ttf', ['call.agent == "claude code" and call.ttft']),
        ('call.agent == "a \\" b" and call.ttf', ['call.agent == "a \\" b" and call.ttft']),
        ('call.agent == "x" and call.agent == "co', ['call.agent == "x" and call.agent == codex']),
        ("packet.length > ", []),
    ],
)
def test_completion(text: str, first: list[str]) -> None:
    assert offered(text)[: len(first)] == first
    assert bool(first) or not offered(text)


def test_half_a_name_says_that_the_rest_is_missing() -> None:
    with pytest.raises(FilterError, match=r"behind 'call\.'"):
        parse("call.")


def test_fields_of_the_view_come_first() -> None:
    assert offered("", scope="turn")[0].startswith("turn.")
    assert offered("(", scope="packet")[0] == "(packet.number"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("call.outcome == bad", "is never 'bad'"),
        ("call.agent == codx", "no record here has call.agent 'codx'"),
        ("call.e2e < 0s", "never true"),
        ("packet.length >= 0", "always true"),
        ("call.n == 1 and call.n == 2", "at once"),
        ("call.n in {5..1}", "backwards"),
        ("not finding.code == codex", "!="),
        ("call.error or not call.error", "everything fits"),
        ("call.model < m", "alphabet"),
    ],
)
def test_hints(text: str, words: str) -> None:
    assert words in hints(parse(text), values=lambda field: ("codex",))[0].message


@pytest.mark.parametrize("text", ["call.ttft > 2s", "call.agent != codex", "not call.error", "call.n in {1..5}"])
def test_no_hint_where_all_is_well(text: str) -> None:
    assert hints(parse(text), values=lambda field: ("codex",)) == []


def test_a_value_without_its_field_is_told_with_the_mend() -> None:
    with pytest.raises(FilterError, match=r"field in \{a, b\}"):
        parse("call.n == 1 or 2")
