"""Filters asked of a few rows answer as they do for the whole store, and look at those rows alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.filter.parser import parse
from heron_tui.filter.tree import Present
from heron_tui.store.few import Few
from heron_tui.store.reader import Reader

FILTERS = [
    "call.error",
    "not call.error",
    "call.model != x",
    "call.attempt > 1",
    "all call.input_tokens > 100",
    "call.subagent",
    "tool.name == Bash or http.status >= 400",
    "finding.severity in {warning, error}",
    'flow.server contains "127" and turn.calls > 1',
    "session.cost > 0 or process.pid",
    "packet.length > 300",
    'packet.info contains "SSE" and call.streaming',
    'http.header["content-type"] contains "json"',
]
KINDS = ("flow", "exchange", "call", "tool", "turn", "session", "finding")


@pytest.mark.parametrize("name", ["claude-code", "claude-code-agents", "anthropic-sdk-faults"])
@pytest.mark.parametrize("text", FILTERS)
def test_answers_as_the_filter_of_the_whole_store_does(name: str, text: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    node = parse(text)
    assert node is not None
    packets = reader.packets(0, 10_000)
    fit = reader.fit("packet", node)
    assert reader.few.packets(node, packets[40:140]) == {
        int(number) for number in fit.keys if packets[40].number <= number <= packets[min(139, len(packets) - 1)].number
    }
    if "packet." in text:
        return
    for kind in KINDS:
        rows = [row["id"] for row in reader.rows(kind, 0, 10_000)]
        fits = reader.fit(kind, node)
        expected = {row["id"] for row in reader.fit_rows(fits, 0, fits.count)}
        assert reader.few.fitting(kind, node, rows) == expected
        assert reader.few.fitting(kind, node, rows[1:3]) == expected & set(rows[1:3])


def test_relatives_are_found_by_their_indexes(stores: Callable[[str], Path]):
    """The tools of three calls are not looked for among all tools."""
    asked: list[str] = []
    reader = Reader(stores("claude-code-agents"))
    connection = reader._connection
    ids = [row["id"] for row in reader.rows("call", 0, 3)]
    node = parse("tool.error or turn.status == incomplete or finding.severity == error")
    assert node is not None
    connection.set_trace_callback(asked.append)
    Few(connection).fitting("call", node, ids)
    connection.set_trace_callback(None)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], plan


def test_values_of_fields_of_rows_and_their_relatives(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code-agents"))
    sessions = [row["id"] for row in reader.rows("session", 0, 10)]

    def values(kind: str, text: str, ids: list[str]) -> dict[str, list]:
        node = parse(text)
        assert isinstance(node, Present)
        return reader.few.values(kind, node.operand, ids)

    models = {call["request_model"] for call in reader.rows("call", 0, 100) if call["session"] == sessions[0]}
    assert set(values("session", "call.model", sessions)[sessions[0]]) == models
    assert values("session", "session.agent", sessions) == {id: ["claude-code"] for id in sessions}
    assert values("session", "process.pid", sessions) == {}
    calls = [row["id"] for row in reader.rows("call", 0, 3)]
    agents = values("call", 'http.header["user-agent"]', calls)
    assert set(agents) == set(calls)
    assert all("claude-cli" in found[0] for found in agents.values())
