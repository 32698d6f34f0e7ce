"""Parts that captures do not hold: images, hidden thinking, tools of the API's own, and what has no form."""

import json
from typing import Any

import pytest

from heron_tui.conversation.reading import request
from heron_tui.conversation.shapes import Conversation


def read(wire_api: str, **body: Any) -> Conversation:
    return request(wire_api, json.dumps(body).encode(), "x1")


def kinds(held: Conversation) -> list[list[str]]:
    return [[part.kind for part in message.parts] for message in held.messages]


def test_anthropic():
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}
    held = read(
        "anthropic",
        model="m",
        system=[{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
        tools=[
            {"name": "Read", "description": "reads", "input_schema": {"type": "object"}},
            {"type": "web_search_20250305", "name": "web_search"},
        ],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Look"}, image]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "AAA"},
                    {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"q": "x"}},
                    {"type": "web_search_tool_result", "tool_use_id": "srv", "content": []},
                    {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": [image]},
                    {"type": "document", "source": {"type": "text", "data": "x"}},
                ],
            },
        ],
    )
    assert held.system_text == "Be brief.\nBe kind."
    assert [(tool.name, tool.kind) for tool in held.tools] == [("Read", "function"), ("web_search", "server")]
    assert kinds(held) == [
        ["text", "image"],
        ["thinking", "thinking", "server_tool", "server_tool", "tool_call"],
        ["tool_result", "other"],
    ]
    assert held.messages[0].parts[1].text == "data:image/png;base64,iVBO"
    assert [part.hidden for part in held.messages[1].of("thinking")] == [False, True]
    result = held.messages[2].parts[0]
    assert (result.error, [part.kind for part in result.parts]) == (True, ["image"])
    assert held.messages[2].parts[1].wire == "document"
    assert [message.role for message in held.messages] == ["user", "assistant", "user"]


def test_openai_chat():
    held = read(
        "openai-chat",
        model="m",
        tools=[
            {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
            {"type": "custom", "custom": {"name": "patch", "description": "free"}},
        ],
        messages=[
            {"role": "developer", "content": "rules"},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                    {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "let me",
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                    {"id": "call_2", "type": "function", "function": {"name": "f", "arguments": '{"a": '}},
                    {"id": "call_3", "type": "custom", "custom": {"name": "patch", "input": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
        ],
    )
    assert [message.role for message in held.messages] == ["system", "user", "assistant", "tool"]
    assert kinds(held)[1:3] == [["image", "other"], ["thinking", "tool_call", "tool_call", "tool_call"]]
    good, bad, free = held.messages[2].of("tool_call")
    assert (good.arguments, good.text) == ({"a": 1}, '{"a": 1}')
    assert (bad.arguments, bad.free) == (None, False)
    assert (free.arguments, free.free, free.text) == (None, True, "{}")
    assert [tool.kind for tool in held.tools] == ["function", "custom"]


def test_openai_responses():
    held = read(
        "openai-responses",
        model="m",
        instructions="rules",
        tools=[{"type": "namespace", "name": "ns", "tools": [{"type": "function", "name": "f", "parameters": {}}]}],
        input=[
            {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iV"}]},
            {"type": "reasoning", "summary": [], "encrypted_content": "AAA"},
            {"type": "function_call", "call_id": "c", "namespace": "ns", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "ok"}]},
            {"type": "web_search_call", "id": "ws", "action": {"query": "x"}},
            {"type": "item_reference", "id": "msg_1"},
        ],
    )
    assert held.system_text == "rules"
    assert [tool.name for tool in held.tools] == ["ns__f"]
    assert kinds(held) == [["image"], ["thinking"], ["tool_call"], ["tool_result"], ["server_tool"], ["other"]]
    assert held.messages[1].parts[0].hidden
    assert held.messages[1].key == b""
    assert held.messages[2].parts[0].name == "ns__f"
    assert held.messages[3].parts[0].text == "ok"


def test_one_string_is_one_message():
    assert kinds(read("openai-responses", model="m", input="Hello")) == [["text"]]
    assert kinds(read("ollama", model="m", prompt="Hello", system="brief")) == [["text"]]


def test_gemini_wrapped_by_code_assist():
    held = read(
        "gemini",
        model="m",
        request={
            "systemInstruction": {"parts": [{"text": "rules"}]},
            "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"inlineData": {"mimeType": "image/png", "data": "iV"}},
                        {"fileData": {"fileUri": "gs://x"}},
                    ],
                },
                {
                    "role": "model",
                    "parts": [{"text": "hm", "thought": True}, {"functionCall": {"name": "f", "args": {"a": 1}}}],
                },
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"name": "f", "response": {"error": "no such file"}}}],
                },
            ],
        },
    )
    assert held.system_text == "rules"
    assert kinds(held) == [["image", "other"], ["thinking", "tool_call"], ["tool_result"]]
    assert held.messages[0].parts[1].wire == "fileData"
    result = held.messages[2].parts[0]
    assert (result.text, result.error, held.messages[2].role) == ("no such file", True, "tool")
    assert held.messages[2].end > held.messages[2].start


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null"])
@pytest.mark.parametrize("wire_api", ["anthropic", "openai-chat", "openai-responses", "gemini", "ollama", "smoke"])
def test_what_is_no_request_says_so(wire_api: str, body: bytes):
    assert request(wire_api, body).problem


@pytest.mark.parametrize("wire_api", ["anthropic", "openai-chat", "openai-responses", "gemini", "ollama"])
def test_any_json_in_the_place_of_messages_is_read(wire_api: str):
    odd: list[Any] = [
        None,
        1,
        "x",
        [],
        {},
        {"role": 1, "content": 1},
        {"role": "user", "content": [1, None, {"type": []}]},
    ]
    for name in ("messages", "input", "contents", "prompt", "system", "tools", "instructions"):
        for value in (odd, *odd):
            request(wire_api, json.dumps({"model": "m", name: value}).encode())
