"""`-Y`: one filter for every kind of record, with fields of other scopes joined by any."""

import io
import json
from pathlib import Path

import pytest

from heron_tui import query
from heron_tui.core.errors import UsageError
from heron_tui.core.paths import config_dir
from heron_tui.filter import saved
from heron_tui.filter.fields import FIELDS

NAME = "claude-code-agents"


def kept(stores, kind: str, text: str, field: str, name: str = NAME) -> list:
    out = io.BytesIO()
    where = query.read_filter(text)
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


def test_metrics_are_those_of_the_calls_that_fit(stores):
    assert kept(stores, "metrics", "call.n <= 3", "calls")[-1] == 3
    assert not any(kept(stores, "metrics", "call.n > 99", "calls"))


def test_a_saved_filter_is_used_by_its_name(stores, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    saved.save(config_dir(), "slow", "call.ttft > 190ms")
    assert kept(stores, "calls", "$slow and call.n > 7", "n") == [8]
    with pytest.raises(UsageError, match=r"no saved filter \$slo; did you mean \$slow\?"):
        query.read_filter("$slo")


def test_the_documentation_lists_exactly_the_fields():
    text = (Path(__file__).resolve().parents[2] / "docs/filter.md").read_text()
    table = text[text.index("## Fields") :].splitlines()[4:]
    rows = [line for line in table if line.startswith("| ")]
    assert rows == [f"| `{f.name}` | {f.type} | {f.help} |" for f in FIELDS.values()]
