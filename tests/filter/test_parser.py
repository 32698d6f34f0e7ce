"""The grammar: what is read, and what is refused with which words at which place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.filter.errors import FilterError
from heron_tui.filter.fields import FIELDS
from heron_tui.filter.parser import parse
from heron_tui.filter.tree import And, Compare, Member, Not, Or, Present


def test_comparison():
    node = parse('call.model == "gpt-5"')
    assert isinstance(node, Compare)
    assert (node.operand.field.name, node.op, node.value) == ("call.model", "==", "gpt-5")


def test_and_binds_tighter_than_or_and_not_tightest():
    node = parse("call.error or not call.streaming and tool.error")
    assert isinstance(node, Or)
    assert isinstance(node.parts[1], And)
    assert isinstance(node.parts[1].parts[0], Not)
    assert parse("call.error || !call.streaming && tool.error") == node


def test_words_for_operators_are_wiresharks():
    assert parse("call.status ge 400") == parse("call.status >= 400")
    assert parse('http.path matches "x"') == parse('http.path ~ r"x"')


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("call.ttft > 2s", 2_000_000),
        ("call.ttft > 350ms", 350_000),
        ("call.ttft > 1.5s", 1_500_000),
        ("call.input_tokens > 1k", 1_000),
        ("packet.length > 64kB", 64_000),
        ("tool.result_bytes > 1MiB", 1_048_576),
        ("call.time > 2026-01-31T12:00:00Z", 1_769_860_800_000_000),
        ("call.status == 429", 429),
        ("call.model == gpt-5.1", "gpt-5.1"),
        ("call.outcome == error", "error"),
        ('turn.prompt contains "a\\"b\\n"', 'a"b\n'),
    ],
)
def test_values_carry_units(text: str, value: object):
    node = parse(text)
    assert isinstance(node, Compare)
    assert node.value == value


def test_sets_and_ranges():
    node = parse("call.status in {200, 400..499}")
    assert isinstance(node, Member)
    assert (node.values, node.ranges) == ((200,), ((400, 499),))


def test_headers_are_named_in_brackets():
    node = parse('http.header["X-Request-Id"]')
    assert isinstance(node, Present)
    assert node.operand.key == "x-request-id"


def test_saved_filters_are_used_by_name_and_cannot_use_themselves():
    saved = {"slow": "call.ttft > 2s", "a": "$b", "b": "$a"}
    assert parse("$slow and call.streaming", saved) == parse("(call.ttft > 2s) and call.streaming")
    with pytest.raises(FilterError, match="uses itself"):
        parse("$a", saved)
    with pytest.raises(FilterError, match=r"did you mean \$slow"):
        parse("$slo", saved)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("call.modle == 1", 0, "did you mean call.model"),
        ("e2e > 2s", 0, "did you mean call.e2e?"),
        ("dur > 2s", 0, "did you mean tool.duration or turn.duration or session.duration?"),
        ("nonesuch == 1", 0, "fields are named like call.model"),
        ("call.model = 1", 11, "a comparison is written =="),
        ("call.model ==", 13, "a value for call.model was expected"),
        ("call.ttft > 2", 12, "a duration needs its unit"),
        ("call.ttft > 2parsec", 13, "unit 'parsec' is unknown"),
        ("call.status == high", 15, "call.status wants an int"),
        ('call.model == "x', 14, "no closing quote"),
        ("(call.error", 11, "a closing parenthesis"),
        ("call.error call.model", 11, "and, or, or the end"),
        ('http.path ~ "("', 12, "not a pattern"),
        ("call.status in 200", 15, "{ after in"),
        ("call.streaming > true", 17, "no order"),
        ("and", 0, "a field was expected"),
    ],
)
def test_mistakes_have_a_place_and_a_mend(text: str, at: int, words: str):
    with pytest.raises(FilterError, match=words.replace("(", r"\(")) as caught:
        parse(text)
    assert caught.value.at == at
    assert caught.value.caret().index("^") == at


def test_an_empty_filter_is_none():
    assert parse("  ") is None


@given(st.text(alphabet=st.sampled_from('abc.=!<>&|(){}[]"\\r~ 0123456789sminkB,$') | st.characters(), max_size=60))
def test_no_text_does_worse_than_a_filter_error(text: str):
    try:
        parse(text)
    except FilterError as error:
        assert 0 <= error.at <= len(text)


def test_deep_nesting_is_refused_not_crashed():
    with pytest.raises(FilterError, match="nested deeper"):
        parse("(" * 5000)


def test_every_field_has_help():
    assert all(field.help for field in FIELDS.values())
