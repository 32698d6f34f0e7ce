"""Both back ends give the same answer: SQL over a store, Python over its records."""

import sqlite3
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heron_tui.filter.fields import FIELDS, Field
from heron_tui.filter.parser import parse
from heron_tui.filter.to_python import matches, predicate
from heron_tui.filter.tree import And, Compare, Member, Node, Not, Operand, Or, Present
from heron_tui.store.reader import Reader
from heron_tui.store.records import FORMS
from heron_tui.store.writer import Writer

from .relatives import KINDS, Relatives

TEXTS = [
    "",
    "a",
    "A",
    "ok",
    "error",
    "É",
    "é",
    "ß",
    "STRASSE",
    "İ",
    "日本",
    "a\nb",
    "%_",
    '"',
    "1",
    "claude-code",
    "🙂",
]
NUMBERS = [None, -(2**63) + 1, -5, -1, 0, 1, 2, 3, 200, 2**53 + 1, 2**63 - 1]
texts = st.sampled_from(TEXTS) | st.text(string.printable, max_size=5)
maybe = st.none() | texts
numbers = st.sampled_from(NUMBERS)
ids = st.sampled_from(["1", "2", "3"])
HEADERS = st.lists(st.tuples(st.sampled_from(["X-A", "x-a", "É"]), texts), max_size=3)


def value(draw, name: str, kind: type):
    """Something for a column that is no link."""
    if kind is float:
        return draw(st.sampled_from([None, -0.5, 0.0, 0.25, 3.0]))
    if kind is int:
        return draw(st.sampled_from([None, 0, 1])) if name in FLAGS else draw(numbers)
    return draw(maybe)


FLAGS = frozenset().union(*(form.flags for form in FORMS.values()))
LINKS = {"turn": "u", "session": "z", "call": "c", "result_call": "c", "exchange": "x", "flow": "f"}
OWN = {"calls": "c", "turns": "u", "sessions": "z", "tools": "t", "flows": "f", "exchanges": "x", "findings": "i"}


@st.composite
def stores(draw):
    """Rows of every table, linked at random, with missing and strange values."""
    import json

    from heron_tui.store import schema

    made: dict[str, list[dict]] = {}
    shapes = {"calls": schema.CALL, "turns": schema.TURN, "sessions": schema.SESSION, "tools": schema.TOOL}
    shapes |= {"flows": schema.FLOW, "exchanges": schema.EXCHANGE, "findings": schema.FINDING}
    for table, shape in shapes.items():
        rows = []
        for n in range(1, draw(st.integers(0, 3)) + 1):
            row = {name: value(draw, name, kind) for name, kind in shape.items()}
            row |= dict.fromkeys(("usage", "legs", "evidence", "tools_offered", "tool_results", "tool_calls"))
            row |= {"server_calls": None, "models": None, "subagents": "[]", "calls": row.get("calls")}
            row = {name: row[name] for name in shape}
            for name, prefix in LINKS.items():
                if name in shape:
                    row[name] = draw(st.none() | ids.map(lambda i, p=prefix: p + i))
            row["id"] = OWN[table] + str(n)
            if "process" in shape:
                comm = st.fixed_dictionaries({"pid": st.integers(-1, 3), "comm": maybe, "exe": maybe})
                row["process"] = draw(st.none() | comm.map(json.dumps))
            if table == "turns":
                row["calls"] = "[]"
            if table == "tools":
                row["arguments"] = draw(st.sampled_from([None, "null", '"a"', '{"a":"B"}', "[1]", "5", "true"]))
            if table == "exchanges":
                row |= {"request_headers": json.dumps(draw(HEADERS)), "response_headers": json.dumps(draw(HEADERS))}
            if table == "flows":
                row["n"] = n
                row["turned"] = draw(st.sampled_from([0, 1]))
            if table == "findings":
                scope = draw(st.sampled_from(["call", "turn", "tool", "flow", "session", "exchange"]))
                row |= {"scope": scope, "ref": OWN[f"{scope}s"] + draw(ids)}
            time = {"calls": "t_request_us", "exchanges": "t_request_us", "findings": "t_us"}.get(table, "t_start_us")
            row[time] = row[time] or 0
            rows.append(row)
        made[table] = rows
    bodies = draw(st.dictionaries(st.tuples(st.sampled_from(["x1", "x2"]), st.sampled_from([0, 1])), texts, max_size=4))
    return made, bodies


fields = st.sampled_from([f for f in FIELDS.values() if f.scope != "packet"])


@st.composite
def leaves(draw):
    field: Field = draw(fields)
    operand = Operand(field, "x-a" if field.name == "http.header" else None, draw(st.booleans()))
    if field.type == "text":
        literals = texts
    elif field.type == "bool":
        literals = st.booleans()
    else:
        literals = st.sampled_from([-(10**30), -1, 0, 1, 2, 0.25, 2.5, 200, 2**53 + 1, 2**63 - 1, 10**30])
    form = draw(st.sampled_from(["compare", "compare", "text", "member", "present"]))
    if form == "present":
        return Present(Operand(field, operand.key))
    if form == "text":
        op = draw(st.sampled_from(["contains", "~"]))
        wanted = draw(st.sampled_from(["a", "1", "^A", "é", "ss", "", ".", "(?i)É", "tru"]))
        return Compare(operand, op, wanted)
    if form == "member":
        ranges = [] if field.type == "bool" else draw(st.lists(st.tuples(literals, literals), max_size=2))
        singles = draw(st.lists(literals, min_size=0 if ranges else 1, max_size=3))
        return Member(operand, tuple(singles), tuple(ranges))
    ops = ["==", "!="] if field.type == "bool" else ["==", "!=", "<", "<=", ">", ">="]
    return Compare(operand, draw(st.sampled_from(ops)), draw(literals))


filters = st.recursive(
    leaves(),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=1, max_size=3).map(lambda p: And(tuple(p)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda p: Or(tuple(p)))
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filter") / "made.store"
    Writer(path).close()
    return path


def fill(path: Path, made: dict[str, list[dict]], bodies: dict) -> None:
    from array import array

    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    with connection:
        for table, rows in made.items():
            connection.execute(f"DELETE FROM {table}")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
        connection.execute("DELETE FROM bodies")
        connection.execute("DELETE FROM chunks")
        for at, ((exchange, side), text) in enumerate(bodies.items(), 1):
            data = text.encode()
            connection.execute("INSERT INTO chunks VALUES (?, ?, ?, ?)", (at, str(at).encode(), len(data), data))
            ids = array("I", [at]).tobytes()
            connection.execute("INSERT INTO bodies VALUES (?, ?, ?, ?)", (exchange, side, len(data), ids))
    connection.close()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=stores(), wanted=st.lists(filters, min_size=1, max_size=5))
def test_sql_and_python_agree(store: Path, made, wanted: list[Node]) -> None:
    fill(store, *made)
    reader = Reader(store)
    try:
        relatives = Relatives(reader)
        for node in wanted:
            for scope, kind in KINDS.items():
                fit = reader.fit(kind, node)
                by_sql = [row["id"] for row in reader.fit_rows(fit, 0, 100)]
                records = relatives.all[scope]
                assert by_sql == [row["id"] for row in records if matches(node, relatives.of(scope, row))], (kind, node)
    finally:
        reader.close()


def test_a_record_alone_knows_its_own_fields_only() -> None:
    slow = predicate(parse("call.ttft > 2s"), "call")
    assert slow({"ttft_us": 2_000_001})
    assert not slow({"ttft_us": None})
    assert not predicate(parse("turn.calls > 1"), "call")({"calls": 5})


@pytest.mark.parametrize("text", ["packet.number == 3", "packet.length != 80", "packet.info contains 'a'"])
def test_packets_are_asked_for_among_packets_only(store: Path, text: str) -> None:
    reader = Reader(store)
    assert reader.fit("call", parse(text)).count == 0
    assert np.array_equal(reader.fit("packet", parse(text)).keys, [])
    reader.close()
