"""`-Y`: one filter for every kind of record, with fields of other scopes joined by any."""

import io
import json
from pathlib import Path

import pytest

from heron_tui import query
from heron_tui.core.errors import UsageError
from heron_tui.filter.fields import FIELDS
from heron_tui.query.relatives import SCOPE_OF, Relatives
from heron_tui.query.rows import records
from heron_tui.store.reader import Reader

NAME = "claude-code-agents"


def kept(stores, kind: str, text: str, field: str, name: str = NAME) -> list:
    out = io.BytesIO()
    where = query.read_filter(kind, text)
    query.run_store(stores(name), kind, fields=[field], form="json", full=False, out=out, where=where)
    return [json.loads(line)[field] for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("call.ttft > 190ms", [7, 8]),
        ("call.subagent", [2, 4, 5, 6]),
        ("not call.subagent and call.finish == tool_use", [1]),
        ("tool.name == Read", [4]),
        ("call.subagent and tool.name in {Bash, Read}", [2, 4]),
        ('http.header["X-App"] == cli and call.n < 3', [1, 2]),
        ('body contains "hello-from-lab"', [5]),
        ("call.outcome != ok", [8]),
        ("call.tpot > 0s and session.agent == codex", []),
        ("call.input_tokens in {7k..8k}", [2, 4, 5, 6]),
        ('turn.prompt ~ r"^Delegate"', [1, 2, 3, 4, 5, 6, 7, 8]),
        ("flow.calls >= 4 and call.n > 1", [3, 6, 8]),
        ("packet.number == 1", []),
    ],
)
def test_calls(text: str, numbers: list[int], stores):
    assert kept(stores, "calls", text, "n") == numbers


@pytest.mark.parametrize(
    ("kind", "text", "field", "expected"),
    [
        ("turns", 'turn.agent == "claude-code"', "prompt", ["Delegate: lab:subagents"]),
        ("turns", "call.error", "prompt", []),
        ("tools", "call.subagent", "name", ["Bash", "Read"]),
        ("tools", 'tool.arguments contains "notes.txt"', "name", ["Read"]),
        ("sessions", "tool.name == Bash and turn.tools > 3", "agent", ["claude-code"]),
        ("flows", "tool.name == Bash", "client", ["127.0.0.1:53040"]),
        ("exchanges", "call.n == 2", "path", ["/v1/messages"]),
        ("packets", "call.ttft > 190ms and packet.length > 5kB", "number", [469, 471, 603]),
    ],
)
def test_other_kinds(kind: str, text: str, field: str, expected: list, stores):
    assert kept(stores, kind, text, field) == expected


def test_a_turn_with_a_failed_call_has_a_call_error(stores):
    errors = kept(stores, "turns", "call.error", "prompt", "anthropic-sdk-faults")
    assert len(errors) == 5
    assert kept(stores, "turns", "call.error == truncated", "prompt", "anthropic-sdk-faults") == ["y lab:long+cut"]


def test_every_field_of_the_language_is_a_field_of_its_records(stores):
    reader = Reader(stores("litellm-claude-code"))
    for kind, scope in SCOPE_OF.items():
        for record in records(reader, kind, full=True):
            [seen] = Relatives(reader, None).of(kind, record)(scope)
            for field in FIELDS.values():
                if field.scope == scope and field.name not in ("body", "http.header"):
                    assert field.key in seen, f"{field.name}: {kind} have no {field.key}"
            break


def test_metrics_cannot_be_filtered_and_say_so():
    with pytest.raises(UsageError, match="filter calls"):
        query.read_filter("metrics", "call.error")


def test_the_documentation_lists_every_field():
    text = (Path(__file__).resolve().parents[2] / "docs/filter.md").read_text()
    assert [name for name in FIELDS if f"| `{name}` | {FIELDS[name].type} | {FIELDS[name].help} |" not in text] == []
