"""OpenAI's Responses. Forms that no capture holds follow OpenAI's API reference."""

import pytest

from .play import START_US, STEP_US, play, request

ASK = {"model": "gpt-x", "stream": True, "input": [{"role": "user", "content": "hi"}]}
USAGE = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 60},
    "output_tokens": 20,
    "output_tokens_details": {"reasoning_tokens": 8},
}


def ask(**more):
    return request("/v1/responses", {**ASK, **more})


def event(kind, **fields):
    return {"type": f"response.{kind}", **fields}


def response(status, **fields):
    return {"id": "resp_1", "object": "response", "status": status, "model": "gpt-x-1", "output": [], **fields}


CREATED = event("created", response=response("in_progress"))
COMPLETED = event("completed", response=response("completed", usage=USAGE))
TEXT = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "A", "arguments": ""}


def test_a_stream_is_folded():
    thought = {"type": "reasoning", "id": "rs_1", "summary": []}
    stream = [
        CREATED,
        event("output_item.added", output_index=0, item=thought),
        event("reasoning_summary_text.delta", output_index=0, summary_index=0, item_id="rs_1", delta="hm "),
        event("reasoning_summary_text.delta", output_index=0, summary_index=1, item_id="rs_1", delta="ha"),
        event("reasoning_summary_text.done", output_index=0, summary_index=0, item_id="rs_1", text="hm "),
        event("output_item.added", output_index=1, item=TEXT),
        event("output_text.delta", output_index=1, content_index=0, item_id="msg_1", delta="Hel"),
        event("output_text.delta", output_index=1, content_index=0, item_id="msg_1", delta="lo"),
        event("output_text.done", output_index=1, content_index=0, item_id="msg_1", text="Hello"),
        event("output_item.done", output_index=1, item={**TEXT, "content": [{"type": "output_text", "text": "Hello"}]}),
        COMPLETED,
    ]
    for cuts in ((), (1, 4, 7), tuple(range(11))):
        played = play(ask(), stream, cuts=cuts)
        answer = played.answer
        assert (answer.text, answer.thinking, answer.finish) == ("Hello", "hm ha", "completed")
        assert (answer.id, answer.model, answer.ended, played.outcome) == ("resp_1", "gpt-x-1", True, "ok")
        tokens = answer.tokens
        assert (tokens.input, tokens.cache_read, tokens.output, tokens.reasoning) == (100, 60, 20, 8)
        assert answer.t_first_token_us == START_US + 2 * STEP_US
        assert (answer.content_events, answer.max_gap_us) == (4, 3 * STEP_US)


def test_parallel_calls_whose_deltas_are_mixed():
    other = {**CALL, "id": "fc_2", "call_id": "call_2", "name": "B", "namespace": "agents"}
    stream = [
        CREATED,
        event("output_item.added", output_index=0, item=CALL),
        event("output_item.added", output_index=1, item=other),
        event("function_call_arguments.delta", output_index=1, item_id="fc_2", delta='{"x"'),
        event("function_call_arguments.delta", output_index=0, item_id="fc_1", delta="{}"),
        event("function_call_arguments.delta", output_index=1, item_id="fc_2", delta=":1}"),
        event("function_call_arguments.done", output_index=1, item_id="fc_2", arguments='{"x":1}'),
        COMPLETED,
    ]
    played = play(ask(), stream)
    assert played.calls == [("call_1", "A", {}), ("call_2", "B", {"x": 1})]
    assert played.answer.tool_calls[1].namespace == "agents"
    assert played.answer.t_first_token_us == START_US + 3 * STEP_US


def test_events_without_output_index_find_their_item():
    other = {**CALL, "id": "fc_2", "call_id": "call_2", "name": "B"}
    stream = [
        event("output_item.added", item=CALL),
        event("output_item.added", item=other),
        event("function_call_arguments.delta", item_id="fc_1", delta='{"k":1}'),
        event("function_call_arguments.delta", item_id="fc_2", delta='{"k":2}'),
        event("output_item.done", item={**other, "arguments": '{"k":2}'}),
        COMPLETED,
    ]
    assert play(ask(), stream).calls == [("call_1", "A", {"k": 1}), ("call_2", "B", {"k": 2})]


def test_items_that_only_come_when_they_are_done():
    item = {**CALL, "arguments": '{"k":1}'}
    played = play(ask(), [CREATED, event("output_item.done", output_index=0, item=item), COMPLETED])
    assert played.calls == [("call_1", "A", {"k": 1})]
    assert played.answer.content_events == 1
    only_end = event("completed", response=response("completed", output=[item]))
    assert play(ask(), [CREATED, only_end]).calls == played.calls


def test_custom_tools_have_their_text_as_input():
    item = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_1", "name": "exec", "input": ""}
    stream = [
        event("output_item.added", output_index=0, item=item),
        event("custom_tool_call_input.delta", output_index=0, delta='{"a":'),
        event("custom_tool_call_input.delta", output_index=0, delta="1}"),
        event("output_item.done", output_index=0, item={**item, "input": '{"a":1}'}),
        COMPLETED,
    ]
    assert play(ask(), stream).calls == [("call_1", "exec", {"input": '{"a":1}'})]


def test_local_shell_is_a_call_and_web_search_is_the_servers():
    shell = {"type": "local_shell_call", "id": "lsh_1", "call_id": "call_1",
             "action": {"type": "exec", "command": ["ls"]}}  # fmt: skip
    search = {"type": "web_search_call", "id": "ws_1", "action": {"type": "search", "query": "q"}}
    stream = [
        event("output_item.done", output_index=0, item=search),
        event("output_item.done", output_index=1, item=shell),
        COMPLETED,
    ]
    played = play(ask(), stream)
    assert played.calls == [("call_1", "local_shell", {"type": "exec", "command": ["ls"]})]
    assert [(call.name, call.arguments["query"]) for call in played.answer.server_calls] == [("web_search", "q")]


@pytest.mark.parametrize(
    ("last", "outcome", "finish", "error"),
    [
        (event("failed", response=response("failed", error={"code": "server_error", "message": "m"})),
         "error", "failed", "server_error"),
        (event("failed", response=response("failed", error=None)), "error", "failed", "failed"),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m"}, "error", None, "rate_limit_exceeded"),
        ({"type": "error", "error": {"type": "invalid_request_error", "message": "m"}}, "error", None,
         "invalid_request_error"),
        (event("incomplete", response=response("incomplete", incomplete_details={"reason": "max_output_tokens"})),
         "ok", "incomplete", None),
    ],
)  # fmt: skip
def test_how_a_stream_ends(last, outcome, finish, error):
    played = play(ask(), [CREATED, event("output_text.delta", output_index=0, delta="a"), last])
    assert (played.outcome, played.answer.finish, played.answer.error_type) == (outcome, finish, error)


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_what_goes_on_has_not_finished(status):
    stream = [event("created", response=response(status)), event("in_progress", response=response(status))]
    assert play(ask(), stream, state="open").answer.finish is None
    assert play(ask(stream=False), body=response(status)).answer.finish is None


def test_a_cancelled_response_has_finished():
    assert play(ask(stream=False), body=response("cancelled")).answer.finish == "cancelled"


def test_a_stream_that_stops_is_truncated():
    stream = [CREATED, event("output_text.delta", output_index=0, delta="a")]
    assert play(ask(), stream, state="cut").outcome == "truncated"
    assert play(ask(), stream, state="aborted").outcome == "aborted"


def test_a_refusal():
    part = {"type": "refusal", "refusal": "no"}
    stream = [event("refusal.delta", output_index=0, delta="no"), event("refusal.done", refusal="no"),
              event("output_item.done", output_index=0, item={**TEXT, "content": [part]}), COMPLETED]  # fmt: skip
    assert play(ask(), stream).answer.refusal == "no"
    assert play(ask(), body=response("completed", output=[{**TEXT, "content": [part]}])).answer.refusal == "no"


def test_a_whole_body():
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {**TEXT, "content": [{"type": "output_text", "text": "yes"}]},
        {**CALL, "arguments": '{"k":1}'},
    ]
    played = play(ask(stream=False), body=response("completed", output=output, usage=USAGE))
    assert (played.answer.text, played.answer.thinking, played.outcome) == ("yes", "hm", "ok")
    assert played.calls == [("call_1", "A", {"k": 1})]


def test_websocket_messages_are_calls():
    body = {"type": "response.create", "model": "gpt-x", "input": [], "generate": False, "previous_response_id": "r0"}
    asked = request("/v1/responses", body, method="GET", transport="websocket")
    played = play(asked, [CREATED, COMPLETED], kind="websocket", named=False)
    asks = played.request
    assert (asks.wire_api, asks.operation, asks.streaming) == ("openai-responses", "chat", True)
    assert (asks.params["generate"], asks.ids) == (False, {"previous_response_id": "r0"})
    assert (played.outcome, played.answer.id) == ("ok", "resp_1")


def test_what_a_request_asks():
    asked = ask(
        instructions="be brief",
        tools=[
            {"type": "function", "name": "A"},
            {"type": "namespace", "name": "agents", "tools": [{"type": "function", "name": "spawn"}]},
            {"type": "web_search"},
        ],
        text={"format": {"type": "json_schema", "schema": {}}},
        prompt_cache_key="k1",
        conversation={"id": "conv_1"},
        client_metadata={"turn_id": "t1", "number": 3},
        reasoning={"effort": "low"},
        input=[
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "rules"}]},
            {"role": "user", "content": "do"},
            {"type": "reasoning", "summary": [], "encrypted_content": "x"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]},
            {"type": "function_call", "call_id": "call_1", "name": "A", "arguments": '{"k": 1}'},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "exec", "input": "ls"},
            {"type": "web_search_call", "id": "ws_1"},
            {"type": "function_call_output", "call_id": "call_1", "output": "done"},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": [{"type": "input_text", "text": "a"}]},
            {"type": "additional_tools", "tools": [{"type": "function", "name": "late"}]},
        ],
    )
    asks = play(asked).request
    assert (asks.system, asks.tools, asks.schema) == ("be brief", ("A", "spawn", "web_search", "late"), True)
    assert asks.ids == {"prompt_cache_key": "k1", "conversation": "conv_1", "conversation.id": "conv_1",
                        "client_metadata.turn_id": "t1"}  # fmt: skip
    assert asks.params["reasoning.effort"] == "low"
    assert [(message.role, message.kind) for message in asks.messages] == [
        ("system", "developer"),
        ("user", "user"),
        ("assistant", "reasoning"),
        ("assistant", "assistant"),
        ("assistant", "function_call"),
        ("assistant", "custom_tool_call"),
        ("assistant", "web_search_call"),
        ("tool", "function_call_output"),
        ("tool", "custom_tool_call_output"),
        ("system", "additional_tools"),
    ]
    assert len(asks.keys) == 8  # reasoning and the server's own tools do not count
    assert asks.messages[5].tool_calls[0].arguments == {"input": "ls"}
    assert asks.messages[8].tool_results[0].text == "a"
    assert len(asks.parts) == len(asks.messages)


def test_an_input_that_is_one_string():
    asked = ask(input="just text")
    asks = play(asked).request
    assert [(message.role, message.texts) for message in asks.messages] == [("user", ("just text",))]
    assert [asked.body[start:end] for start, end in asks.parts] == [b'"just text"']


def test_azure_routes():
    path = "/openai/deployments/my-gpt/responses?api-version=2025-03-01-preview"
    assert play(request(path, {"input": "x"})).request.model == "my-gpt"
    asks = play(request("/openai/v1/responses?api-version=preview", ASK)).request
    assert (asks.wire_api, asks.model) == ("openai-responses", "gpt-x")
