"""Training records of real agents: well formed, and equal to what their servers logged."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from heron_tui.engine.run import replay
from heron_tui.export.reasons import REASONS
from heron_tui.store.reader import Reader
from tests.engine import reshape
from tests.engine.truth import CAPTURES, _neutral, load, match
from tests.export.exporting import export
from tests.export.sft_rules import faults

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))
AGENTS = sorted(path.name.removesuffix(".pcap.gz") for path in (CAPTURES / "agents").glob("*.pcap.gz"))
Answer = tuple[str, str, str]


def said(message: dict[str, Any]) -> Answer:
    """An answer's text, thinking and tool calls."""
    calls = [
        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in message.get("tool_calls", ())
    ]
    return message["content"], message.get("reasoning_content", ""), _neutral(calls)


def true(record: dict[str, Any]) -> Answer:
    calls = [
        (call["name"], call["args"] if isinstance(call["args"], dict) else {"input": call["args"]})
        for call in record["tool_calls"]
    ]
    return record["text"], record["thinking"], _neutral(calls)


def answers(records: list[dict[str, Any]]) -> list[Answer]:
    return [said(m) for record in records for m in record["messages"] if m["role"] == "assistant"]


@pytest.mark.parametrize("unit", ["turn", "session", "call"])
@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_records_can_be_learned_from(name: str, unit: str, stores):
    for options in ({}, {"late_system": "lead", "subagents": "inline"}, {"late_system": "user", "system": "drop"}):
        records, report = export(stores(name), unit=unit, **options)
        assert [faults(record) for record in records] == [[] for _ in records]
        assert report.written == len(records)
        assert set(report.skipped) <= set(REASONS)
        for record in records:
            offered = {tool["function"]["name"] for tool in record.get("tools", ())}
            called = {c["function"]["name"] for m in record["messages"] for c in m.get("tool_calls", ())}
            assert called <= offered


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_every_call_is_in_a_record_or_counted(name: str, stores):
    """One record or one reason for each call."""
    records, report = export(stores(name), unit="call", metadata="keep")
    reader = Reader(stores(name))
    calls = reader.rows("call", 0, 10_000)
    reader.close()
    assert len(records) + sum(report.skipped.values()) == len(calls)
    fine = {c["id"] for c in calls if c["outcome"] == "ok" and c["operation"] == "chat"}
    fine -= {c["id"] for c in calls if c["auxiliary"] or c["leg_of"]}
    assert {record["metadata"]["call"] for record in records} == fine


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_that_the_server_gave(name: str, stores):
    """Of each turn that was written: the text, the thinking and the tool calls of every round."""
    records, _ = export(stores(name), metadata="keep", histories="each")
    reader = Reader(stores(name))
    calls = reader.rows("call", 0, 10_000)
    reader.close()
    have = answers(records)
    written = {(record["metadata"]["turn"], record["metadata"]["subagent"]) for record in records}
    compared = 0
    by_id = {call["id"]: call for call in calls}
    for record in load(name):
        call = match(record, calls)
        call = by_id[call["leg_of"]] if call and call["leg_of"] else call
        if call is None or call["outcome"] != "ok" or call["auxiliary"]:
            continue
        if (call["turn"], call["subagent"]) in written:
            assert true(record) in have
            compared += 1
    assert compared or not records
    assert set(have) <= set(map(true, load(name)))


def test_parallel_tools_and_thinking_are_kept(stores):
    (record,), report = export(stores("claude-code"))
    shape = [
        (m["role"], len(m.get("tool_calls", ())), "reasoning_content" in m)
        for m in record["messages"]
        if m["role"] != "system"
    ]
    assert shape[0] == ("user", 0, False)
    assert ("assistant", 3, False) in shape
    assert shape[-1] == ("assistant", 0, True)
    assert report.skipped == {"contained": 2}


def test_thinking_that_the_history_left_out_comes_from_the_call(stores):
    """Claude Code sends no thinking of earlier turns back, Codex only encrypted one."""
    (kept,), _ = export(stores("claude-code"))
    (dropped,), _ = export(stores("claude-code"), reasoning="drop")
    assert sum("reasoning_content" in m for m in kept["messages"]) == 2
    assert not any("reasoning_content" in m for m in dropped["messages"])
    assert [m["content"] for m in kept["messages"]] == [m["content"] for m in dropped["messages"]]


def test_each_history_or_the_longest(stores):
    each, report = export(stores("claude-code"), histories="each")
    assert len(each) == 3
    assert not report.skipped
    lengths = [len(record["messages"]) for record in each]
    assert lengths == sorted(lengths)
    (longest,), _ = export(stores("claude-code"), unit="session")
    assert len(longest["messages"]) == lengths[-1]


def test_a_chain_of_responses_is_one_history(stores):
    """Codex over a WebSocket sends only what is new, with `previous_response_id`."""
    (record,), report = export(stores("codex-ws"))
    roles = [message["role"] for message in record["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "tool", "assistant", "tool", "assistant"]
    assert report.skipped["side-call"] == 2
    assert "cut" in report.skipped


def test_a_compaction_begins_another_record(stores):
    records, _ = export(stores("codex-compact"))
    assert len(records) == 2
    assert "Another language model started" in records[1]["messages"][1]["content"]
    (one, two), report = export(stores("claude-code-compact"))
    assert len(one["messages"]) < len(two["messages"])
    assert report.skipped["side-call"] == 2


def test_failed_attempts_are_left_out_and_counted(stores):
    (record,), report = export(stores("codex-faults"))
    assert report.notes["attempts"] == 4
    assert [m["role"] for m in record["messages"]].count("user") == 4
    assert report.skipped == {"contained": 3}
    _, report = export(stores("anthropic-sdk-faults"))
    assert report.written == 3
    assert report.skipped == {"cut": 1, "failed": 1}


def test_legs_behind_a_proxy_are_not_written_twice(stores):
    _, report = export(stores("litellm-sdk"))
    assert (report.written, report.skipped) == (6, {"leg": 9})


def test_sub_agents_separate_inline_or_dropped(stores):
    separate, _ = export(stores("gemini-cli-subagents"), metadata="keep")
    assert [bool(record["metadata"]["subagent"]) for record in separate] == [False, True, True]
    (inline,), report = export(stores("gemini-cli-subagents"), subagents="inline")
    assert report.written == 1
    assert len(inline["subagents"]) == 2
    asked = {call["id"] for message in inline["messages"] for call in message.get("tool_calls", ())}
    for agent in inline["subagents"]:
        assert agent["name"] == "generalist"
        assert faults({"messages": agent["messages"], "tools": agent["tools"]}) == []
        assert agent["tool_call_id"] is None or agent["tool_call_id"] in asked
    _, report = export(stores("gemini-cli-subagents"), subagents="drop")
    assert (report.written, report.skipped) == (1, {"subagent": 6})


def test_side_calls_on_demand(stores):
    without, _ = export(stores("opencode-run"))
    records, report = export(stores("opencode-run"), side_calls="keep")
    assert len(records) == len(without) + 1
    assert "side-call" not in report.skipped


def test_system_prompt_kept_hashed_or_dropped(stores):
    kept, _ = export(stores("langchain"))
    hashed, _ = export(stores("langchain"), system="hash")
    dropped, _ = export(stores("langchain"), system="drop")
    assert all(record["messages"][0]["role"] == "system" for record in kept)
    prompts = {record["messages"][0]["content"] for record in hashed}
    assert len(prompts) == len({record["messages"][0]["content"] for record in kept})
    assert all(prompt.startswith("[system prompt, SHA-256 ") for prompt in prompts)
    assert all(message["role"] != "system" for record in dropped for message in record["messages"])


def test_hashing_leaves_no_system_text(stores):
    """Claude Code also sends system text in the midst of the conversation."""
    (record,), _ = export(stores("claude-code"), system="hash")
    assert "claude" not in "".join(m["content"] for m in record["messages"] if m["role"] == "system").lower()


def test_system_messages_in_the_midst(stores):
    where = {}
    for choice in ("keep", "lead", "user"):
        (record,), _ = export(stores("claude-code"), late_system=choice)
        where[choice] = [place for place, m in enumerate(record["messages"]) if m["role"] == "system"]
    assert where == {"keep": [0, 2], "lead": [0], "user": [0]}


def test_arguments_as_objects(stores):
    (record,), _ = export(stores("claude-code"), arguments="object", tools="drop")
    calls = [call for message in record["messages"] for call in message.get("tool_calls", ())]
    assert len(calls) == 5
    assert all(isinstance(call["function"]["arguments"], dict) for call in calls)
    assert "tools" not in record


def test_ids_choose_what_belongs_to_them(stores):
    reader = Reader(stores("claude-code"))
    turn = reader.rows("turn", 1, 2)[0]
    session = reader.rows("session", 0, 1)[0]
    reader.close()
    for unit, id, count in (
        ("turn", turn["id"], 1),
        ("turn", turn["calls"][0], 1),
        ("turn", session["id"], 3),
        ("call", turn["id"], 2),
        ("session", turn["calls"][1], 1),
    ):
        records, _ = export(
            stores("claude-code"), unit=unit, ids=(id,), histories=None if unit == "session" else "each"
        )
        assert len(records) == count, (unit, id)


@pytest.mark.parametrize("name", ["claude-code-agents", "codex-http", "gemini-cli", "openai-sdk"])
@pytest.mark.parametrize("seed", range(3))
def test_lost_packets_make_fewer_records_and_no_wrong_ones(name: str, seed: int, tmp_path: Path, stores):
    capture = tmp_path / "lossy.pcap"
    reshape.drop(CAPTURES / f"{name}.pcap", capture, random.Random(seed), 0.02)
    store = tmp_path / "lossy.store"
    replay([str(capture)], store)
    whole = set(answers(export(stores(name), unit="call")[0]))
    for unit in ("turn", "call"):
        records, _ = export(store, unit=unit)
        assert [faults(record) for record in records] == [[] for _ in records]
        assert {answer[0] for answer in answers(records)} <= {answer[0] for answer in whole}
