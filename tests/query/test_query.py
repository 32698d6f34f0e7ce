"""What `heron-tui query` prints: the records' contract, field choice, and the three forms."""

import csv
import io
import json

import pytest

from heron_tui import query
from heron_tui.core.errors import UsageError
from heron_tui.store.contract import FIELDS

NAME = "claude-code-agents"
CONTRACT = {kind: list(fields) for kind, fields in FIELDS.items()}


def printed(stores, kind: str, form: str = "json", fields=None, full: bool = False) -> str:
    out = io.BytesIO()
    assert query.run_store(stores(NAME), kind, fields=fields, form=form, full=full, out=out) == 0
    return out.getvalue().decode()


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_every_record_holds_every_field_of_the_contract_in_order(kind: str, stores):
    for line in printed(stores, kind).splitlines():
        assert list(json.loads(line))[: len(CONTRACT[kind])] == CONTRACT[kind]


@pytest.mark.parametrize(
    ("kind", "count"),
    [("calls", 8), ("turns", 1), ("sessions", 1), ("tools", 4), ("flows", 3), ("exchanges", 8), ("packets", 650)],
)
def test_all_records_are_printed(kind: str, count: int, stores):
    assert len(printed(stores, kind).splitlines()) == count


def test_fields_are_chosen_and_dots_go_inside(stores):
    first = json.loads(
        printed(stores, "calls", fields=["n", "evidence.request", "usage.output_tokens"]).splitlines()[0]
    )
    assert first == {"n": 1, "evidence.request": [4, 6], "usage.output_tokens": 93}


def test_an_unknown_field_is_refused_with_those_that_are_near():
    with pytest.raises(UsageError, match="request_model"):
        query.check_fields("calls", ["requestmodel"])


def test_texts_are_cut_unless_asked_in_full(stores):
    cut = [json.loads(line)["arguments"] for line in printed(stores, "tools").splitlines()]
    whole = [json.loads(line)["arguments"] for line in printed(stores, "tools", full=True).splitlines()]
    assert all(isinstance(value, dict) for value in cut + whole)
    turn = json.loads(printed(stores, "turns", full=True))
    assert len(turn["answer"]) >= len(json.loads(printed(stores, "turns"))["answer"])


def test_csv_has_a_header_and_nested_values_as_json(stores):
    text = printed(stores, "calls", "csv")
    assert "\r" not in text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == CONTRACT["calls"]
    assert [tool["name"] for tool in json.loads(rows[0]["tool_calls"])] == ["Agent", "Agent"]
    assert rows[0]["retry_of"] == ""


def test_a_table_shows_human_units(stores):
    lines = printed(stores, "calls", "table").splitlines()
    assert "ttft" in lines[0]
    assert "ms" in lines[1]
    assert " / " in printed(stores, "metrics", "table").splitlines()[1]
