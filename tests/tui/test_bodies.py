"""Text from request bodies of every wire API."""

import json

import pytest

from heron_tui.tui import telling
from heron_tui.tui.bodies import asked, tool_result

ANTHROPIC = {
    "messages": [
        {"role": "user", "content": "fix it"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "2 failed"}]},
    ]
}
CHAT = {
    "messages": [
        {"role": "user", "content": "fix it"},
        {"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "sh", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "call1", "content": "2 failed"},
    ]
}
RESPONSES = {
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "fix it"}]},
        {"type": "function_call", "call_id": "call_1", "name": "sh", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "2 failed"},
    ]
}
GEMINI = {
    "contents": [
        {"role": "user", "parts": [{"text": "fix it"}]},
        {"role": "model", "parts": [{"functionCall": {"name": "sh", "args": {}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "sh", "response": {"output": "2 failed"}}}]},
    ]
}
IDS = [(ANTHROPIC, "toolu_1"), (CHAT, "call_1"), (RESPONSES, "call_1"), (GEMINI, "")]


@pytest.mark.parametrize(("body", "call"), IDS)
def test_the_result_of_a_tool_is_found(body: object, call: str):
    found = tool_result(json.dumps(body).encode(), call, "sh")
    assert found is not None
    assert "2 failed" in found


@pytest.mark.parametrize(("body", "call"), IDS)
def test_what_a_call_added_is_what_follows_the_last_answer(body: object, call: str):
    added = asked(json.dumps(body).encode())
    assert len(added) == 1
    assert added[0][0] == "tool result"
    assert "2 failed" in added[0][1]


def test_a_first_call_asked_what_the_user_said():
    assert asked(json.dumps({"messages": ANTHROPIC["messages"][:1]}).encode()) == [("user", "fix it", 0)]
    assert asked(b'{"input": "fix it"}') == [("user", "fix it", 0)]


@pytest.mark.parametrize("body", [b"", b"not json", b"[1,2]", b'{"messages": 3}', b'{"messages": [1, null]}'])
def test_other_bodies_say_nothing(body: bytes):
    assert asked(body) == []
    assert tool_result(body, "x", "y") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}', "“Hello”"),
        (b'{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{\\"a\\""}}', '“{"a"”'),
        (b'{"choices":[{"index":0,"delta":{"content":" world"}}]}', "“world”"),
        (b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}', "“{}”"),
        (b'{"type":"response.output_text.delta","delta":"Hi"}', "“Hi”"),
        (b'{"candidates":[{"content":{"parts":[{"text":"Hey"}],"role":"model"}}]}', "“Hey”"),
        (b"[DONE]", "[DONE]"),
        (b'{"type":"ping"}', ""),
        (
            b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":35}}',
            "stop_reason end_turn, output_tokens 35",
        ),
        (
            b'{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}}',
            "type tool_use, name Bash",
        ),
    ],
)
def test_events_tell_the_piece_they_bring(data: bytes, words: str):
    assert telling.event(data) == words


def test_arguments_in_a_few_words():
    assert telling.arguments({"description": "list", "command": "ls -la"}) == "ls -la"
    assert telling.arguments({"command": ["bash", "-lc", "ls"]}) == "bash -lc ls"
    assert telling.arguments({"pattern": "a\nb"}) == "a b"
    assert telling.arguments({}) == ""


def test_a_substituted_model_shows_both():
    assert telling.model({"request_model": "claude-opus-4-1", "response_model": "claude-haiku-4-5"}) == (
        "claude-opus-4-1 ⇒ claude-haiku-4-5"
    )
    assert telling.model({"request_model": "gpt-5", "response_model": "gpt-5-2025-08-07"}) == "gpt-5-2025-08-07"
