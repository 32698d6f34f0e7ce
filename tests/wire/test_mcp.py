"""MCP: which JSON is a call to a server of tools, and what it answers. Samples from the specification."""

import pytest

from heron_tui.wire import registry

from .play import play, request

CALL = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "get", "arguments": {"city": "Oslo"}}}
RESULT = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "rain"}]}}
NOTE = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progress": 1}}


@pytest.mark.parametrize(
    "method",
    ["tools/list", "tools/call", "resources/read", "prompts/get", "notifications/cancelled", "logging/setLevel"],
)
def test_methods_are_operations(method: str):
    asked = registry.open(request("/mcp", {"jsonrpc": "2.0", "id": 1, "method": method})).request
    assert (asked.wire_api, asked.operation, asked.model) == ("mcp", method, None)


def test_a_route_that_looks_like_another_api_does_no_harm():
    asked = registry.open(request("/messages?sessionId=1", CALL)).request
    assert (asked.wire_api, asked.operation) == ("mcp", "tools/call")


def test_what_others_have_too_needs_a_sign_of_mcp():
    greet = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"rootUri": "file:///x"}}
    assert registry.open(request("/lsp", greet)) is None
    greet["params"] = {"protocolVersion": "2025-06-18", "capabilities": {}}
    assert registry.open(request("/mcp", greet)).request.operation == "initialize"
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert registry.open(request("/x", ping)) is None
    headers = (("Mcp-Session-Id", "1"),)
    assert registry.open(request("/x", ping, headers=headers)).request.operation == "ping"


@pytest.mark.parametrize(
    "body",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "eth_call"},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"id": 1, "method": "tools/call"},
        {"jsonrpc": "2.0", "id": 1, "method": 5},
        {"jsonrpc": 2, "method": "tools/call", "params": []},
    ],
)
def test_other_json_is_none_of_it(body: dict):
    assert registry.open(request("/mcp", body)) is None


@pytest.mark.parametrize("params", [None, [], {}, {"name": 5}, {"name": "get", "arguments": "x"}])
def test_odd_parameters_do_no_harm(params: object):
    asked = registry.open(request("/mcp", {**CALL, "params": params})).request
    assert asked.operation == "tools/call"


def test_an_answer_in_one_body():
    played = play(request("/mcp", CALL), body=RESULT)
    assert (played.outcome, played.answer.text, played.request.tool.arguments) == ("ok", "rain", {"city": "Oslo"})


def test_an_answer_on_a_stream_behind_notifications():
    played = play(request("/mcp", CALL), [NOTE, RESULT])
    assert (played.outcome, played.answer.text) == ("ok", "rain")
    assert play(request("/mcp", CALL), [NOTE], state="aborted").outcome == "aborted"


def test_errors_of_the_protocol_and_of_the_tool():
    refused = {"jsonrpc": "2.0", "id": 7, "error": {"code": -32602, "message": "Unknown tool"}}
    played = play(request("/mcp", CALL), [refused])
    assert (played.outcome, played.answer.error_type, played.answer.error_message) == (
        "error",
        "-32602",
        "Unknown tool",
    )
    failed = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "no"}], "isError": True}}
    played = play(request("/mcp", CALL), body=failed)
    assert (played.outcome, played.answer.error_type, played.answer.error_message) == ("error", "tool_error", "no")


def test_an_accepted_one_is_whole_without_answer():
    assert play(request("/messages/?session_id=1", CALL), status=202, body=b"").outcome == "ok"
