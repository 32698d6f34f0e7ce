"""Real agents: what is read again from stored bodies is what the engine saw, and what the servers logged."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from heron_tui.conversation.reading import Conversations
from heron_tui.conversation.shapes import Conversation, Message
from heron_tui.store.reader import Reader
from heron_tui.store.shapes import Record
from tests.engine.truth import CAPTURES, load, match

NAMES = sorted(path.stem for path in CAPTURES.glob("*.pcap"))
AGENTS = sorted(path.name.removesuffix(".pcap.gz") for path in (CAPTURES / "agents").glob("*.pcap.gz"))
UNREAD = ("error", "no_response")


def conversations(path: Path) -> Iterator[tuple[Record, Conversation]]:
    reader = Reader(path)
    read = Conversations(reader)
    for call in reader.rows("call", 0, 10_000, full=True):
        if call["operation"] == "chat":
            yield call, read.of(call)
    reader.close()


def _calls(message: Message | None) -> list[tuple[str, object]]:
    parts = message.of("tool_call") if message else ()
    return [(part.name.rpartition("__")[2], part.taken) for part in parts]


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_bodies_say_what_the_engine_saw(name: str, stores) -> None:
    seen = 0
    for call, held in conversations(stores(name)):
        if call["outcome"] == "aborted" and not call["messages"]:  # the client left while it sent the request
            assert held.problem == "the request is no whole JSON object"
            continue
        assert not held.problem, (call["n"], held.problem)
        assert held.missing is None
        assert len(held.messages) - held.chained == call["messages"]
        assert not [part for message in held.messages for part in message.parts if part.kind == "other"]
        assert [tool.name.rpartition("__")[2] for tool in held.tools] == [
            tool.rpartition("__")[2] for tool in call["tools_offered"]
        ]
        results = [part for m in held.messages[held.chained :] for part in m.of("tool_result")]
        assert [(part.id, part.error) for part in results] == [(r["id"], r["error"]) for r in call["tool_results"]]
        if call["outcome"] not in UNREAD:
            answer = held.answer
            assert "".join(part.text for part in (answer.of("text") if answer else ())) == call["text"]
            assert "".join(part.text for part in (answer.of("thinking") if answer else ())) == call["thinking"]
            assert _calls(answer) == [
                (tool["name"].rpartition("__")[2], tool["arguments"]) for tool in call["tool_calls"]
            ]
        seen += 1
    assert seen


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_those_that_the_server_gave(name: str, stores) -> None:
    read = dict(enumerate(conversations(stores(name))))
    calls = {call["id"]: held for call, held in read.values()}
    for truth in load(name):
        call = match(truth, [call for call, _ in read.values()])
        if call is None or call["outcome"] != "ok":
            continue
        answer = calls[call["id"]].answer
        assert answer is not None or not (truth["text"] or truth["tool_calls"])
        if answer is None:
            continue
        assert "".join(part.text for part in answer.of("text")) == truth["text"]
        assert "".join(part.text for part in answer.of("thinking")) == truth["thinking"]
        assert [tool["name"] for tool in truth["tool_calls"]] == [name for name, _ in _calls(answer)]


@pytest.mark.parametrize("name", [*NAMES, *AGENTS])
def test_ranges_are_the_bytes_of_the_messages(name: str, stores) -> None:
    reader = Reader(stores(name))
    read = Conversations(reader)
    for call in reader.rows("call", 0, 10_000):
        if call["operation"] != "chat":
            continue
        for message in read.of(call).messages:
            if message.side == "request":
                assert message.end > message.start
                raw = reader.body(message.exchange, "request")[message.start : message.end]
                value = json.loads(raw)
                words = [part.text for part in message.of("text")]
                assert all(
                    word in json.dumps(value, ensure_ascii=False) or "\n" in word or '"' in word for word in words
                )
    reader.close()


@pytest.mark.parametrize("name", ["claude-code", "codex-http", "gemini-cli-tui", "openclaw-tools", "codex-ws"])
def test_a_history_sent_again_has_the_same_keys(name: str, stores) -> None:
    """Within a turn each request holds what the one before held, and the answer to it."""
    reader = Reader(stores(name))
    read = Conversations(reader)
    compared = 0
    for turn in reader.rows("turn", 0, 100):
        calls = [reader.get("call", id) or {} for id in turn["calls"]]
        for before, after in pairwise(calls):
            if before["outcome"] != "ok":
                continue
            held = read.of(before)
            grown = {message.key for message in read.of(after).messages}
            old = [message.key for message in held.messages if message.key]
            assert set(old) <= grown, (before["n"], after["n"])
            compared += 1
    reader.close()
    assert compared
