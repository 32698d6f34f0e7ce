"""Events that differ in one text only: read many at a time and one by one, they say the same."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heron_tui.wire import alike
from heron_tui.wire.anthropic import AnthropicAnswer
from heron_tui.wire.openai_chat import ChatAnswer

from .play import batch

words = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["", '"', "\\", '","', "\n", "\\n", "\ud83d", "\ude00", "heron", "}}", '"}}', '{"a":', "\x01"]),
)
raw = st.sampled_from(
    [b"\\", b'"', b'a","b', b"\\\\", b'\\"', b"\n", b"\xff", b"\\ud83d", b"", b",", b"\\u0041", b"\x00"]
)


TORN = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"}}'


def anthropic(delta: dict[str, Any], **more: Any) -> bytes:
    return dump({"type": "content_block_delta", "index": 0, "delta": delta, **more})


def chat(delta: dict[str, Any], **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return dump({"id": "x1", "model": "m", "choices": [choice], "usage": None, **more})


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def arguments(text: str, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 1, "function": {"arguments": text}, **more}]}


anthropic_events = st.one_of(
    words.map(lambda text: anthropic({"type": "text_delta", "text": text})),
    words.map(lambda text: anthropic({"type": "input_json_delta", "partial_json": text})),
    words.map(lambda text: anthropic({"type": "thinking_delta", "thinking": text})),
    words.map(lambda text: anthropic({"text": text, "partial_json": "x"})),
    raw.map(lambda text: TORN[:-2] + text + TORN[-3:]),
    st.just(TORN),
    st.sampled_from([
        dump({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a"}}),
        dump({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t"}}),
        dump({"type": "ping"}),
        anthropic({"text": "a"}, index=1),
        anthropic({"text": "a"}, index=None),
        b"no json",
    ]),
)  # fmt: skip
chat_events = st.one_of(
    words.map(lambda text: chat({"content": text})),
    words.map(lambda text: chat(arguments(text))),
    words.map(lambda text: chat(arguments(text, id="call_1"))),
    words.map(lambda text: chat({"content": text, "reasoning": "r"})),
    words.map(lambda text: chat({"content": text}, usage={"prompt_tokens": 1})),
    words.map(lambda text: chat({"content": text}, id="x2")),
    raw.map(lambda text: b'{"id":"x1","model":"m","choices":[{"index":0,"delta":{"content":"' + text + b'"}}]}'),
    st.sampled_from([b"[DONE]", chat({}, error="bad"), chat({"content": None}), chat({"content": ["x"]}), b"no json"]),
)


def streams(events: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Each event mostly several times, so that stretches come about."""
    runs = st.tuples(events, st.integers(1, 6), st.lists(events, max_size=3))
    several = runs.map(lambda run: [run[0]] * run[1] + run[2])
    return st.lists(several, max_size=10).map(lambda parts: [event for part in parts for event in part])


def told(answer: Any, data: list[bytes], size: int) -> Any:
    """What an answer says in the end; events come `size` at a time."""
    for first in range(0, len(data), size):
        part = data[first : first + size]
        answer.events(batch(part, [""] * len(part), first))
    blocks = {key: (block.kind, block.id, block.name, block.text, block.whole) for key, block in answer.blocks.items()}
    return answer.snapshot(), blocks


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(alike, "LEAST", 2)
    monkeypatch.setattr(alike, "STRIDE", 1)
    monkeypatch.setattr(alike, "PATIENCE", 1000)


@settings(max_examples=300)
@given(streams(anthropic_events))
@example([anthropic({"text": "a"})] * 3 + [b'{"type":"content_block_delta","index":0,"delta":{"text":"}}'] * 3)
@example([anthropic({"text": "\\"})] * 2 + [anthropic({"text": '","'})] * 2)
def test_anthropic(data: list[bytes]):
    assert told(AnthropicAnswer(), data, len(data) or 1) == told(AnthropicAnswer(), data, 1)


@settings(max_examples=300)
@given(streams(chat_events))
@example([chat({"content": ""})] * 5 + [chat(arguments(""))] * 5)
def test_openai_chat(data: list[bytes]):
    assert told(ChatAnswer(), data, len(data) or 1) == told(ChatAnswer(), data, 1)


def test_most_of_a_stream_is_read_many_at_a_time():
    data = [anthropic({"type": "text_delta", "text": f"word {n}"}) for n in range(100)]
    assert [(one.start, one.stop) for one in AnthropicAnswer()._alike.stretches(data)] == [(0, 100)]
