"""OpenAI's Chat Completions. Forms that no capture holds follow the documents of OpenAI, Azure, vLLM, OpenRouter."""

import pytest

from .play import START_US, STEP_US, play, request

ASK = {"model": "gpt-x", "stream": True, "messages": [{"role": "user", "content": "hi"}]}
DONE = b"[DONE]"


def ask(path="/v1/chat/completions", **more):
    return request(path, {**ASK, **more})


def chunk(finish=None, *, index=0, usage=None, **delta):
    one = {"id": "chatcmpl-1", "model": "gpt-x-1", "object": "chat.completion.chunk"}
    one["choices"] = [{"index": index, "delta": delta, "finish_reason": finish}]
    return one if usage is None else {**one, "usage": usage}


def tool(index=None, id=None, name=None, arguments=None):
    call = {"function": {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}}
    return call | {key: value for key, value in (("index", index), ("id", id)) if value is not None}


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 80},
    "completion_tokens_details": {"reasoning_tokens": 5},
}


def test_a_stream_is_folded():
    stream = [
        chunk(role="assistant", content="", refusal=None),
        chunk(reasoning_content="hm"),
        chunk(content="Hel"),
        chunk(content="lo"),
        chunk("stop"),
        {"id": "chatcmpl-1", "model": "gpt-x-1", "choices": [], "usage": USAGE},
        DONE,
    ]
    for cuts in ((), (1, 2, 3, 4, 5, 6), (6,)):
        played = play(ask(), stream, cuts=cuts)
        answer = played.answer
        assert (answer.text, answer.thinking, answer.finish, answer.ended) == ("Hello", "hm", "stop", True)
        assert (answer.id, answer.model, played.outcome) == ("chatcmpl-1", "gpt-x-1", "ok")
        assert (answer.tokens.input, answer.tokens.output) == (100, 20)
        assert (answer.tokens.cache_read, answer.tokens.reasoning, answer.tokens.cache_write) == (80, 5, None)
        assert answer.t_first_token_us == START_US + STEP_US
        assert (answer.content_events, answer.max_gap_us) == (3, STEP_US)


def test_reasoning_is_thinking_by_either_name():
    assert play(ask(), [chunk(reasoning="a"), chunk(reasoning="b"), DONE]).answer.thinking == "ab"


def test_parallel_tool_calls_by_index():
    stream = [
        chunk(tool_calls=[tool(0, "call_a", "A", "")]),
        chunk(tool_calls=[tool(1, "call_b", "B", "")]),
        chunk(tool_calls=[tool(1, arguments='{"x"'), tool(0, arguments="{}")]),
        chunk(tool_calls=[tool(1, arguments=":1}")]),
        chunk("tool_calls"),
        DONE,
    ]
    played = play(ask(), stream)
    assert played.calls == [("call_a", "A", {}), ("call_b", "B", {"x": 1})]
    assert played.answer.t_first_token_us == START_US + 2 * STEP_US  # a start that only names the tool is no content


def test_tool_calls_without_index():
    stream = [
        chunk(tool_calls=[tool(id="call_a", name="A", arguments='{"k":')]),
        chunk(tool_calls=[tool(arguments="1}")]),
        chunk(tool_calls=[tool(id="call_b", name="B", arguments='{"k":2}')]),
        DONE,
    ]
    assert play(ask(), stream).calls == [("call_a", "A", {"k": 1}), ("call_b", "B", {"k": 2})]


def test_arguments_as_an_object_and_the_old_function_call():
    assert play(ask(), [chunk(tool_calls=[tool(0, "c", "A", {"k": 1})]), DONE]).calls == [("c", "A", {"k": 1})]
    stream = [chunk(function_call={"name": "A", "arguments": ""}), chunk(function_call={"arguments": "{}"}), DONE]
    assert play(ask(), stream).calls == [("", "A", {})]


def test_custom_tools_have_their_text_as_input():
    custom = [{"index": 0, "id": "c", "type": "custom", "custom": {"name": "run", "input": '{"not": "parsed"}'}}]
    assert play(ask(), [chunk(tool_calls=custom), DONE]).calls == [("c", "run", {"input": '{"not": "parsed"}'})]


def test_several_choices():
    stream = [
        chunk(index=1, content="B1"),
        chunk(index=0, content="A1"),
        chunk(index=1, content="B2"),
        chunk("length", index=1),
        chunk("stop", index=0),
        DONE,
    ]
    answer = play(ask(), stream).answer
    assert (answer.text, answer.finish, answer.choices) == ("A1B1B2", "stop", 2)


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 3, "cache_read_input_tokens": 7, "output_tokens": 2}, (10, 2, 7)),
        ({"prompt_tokens": 10, "completion_tokens": 2, "cache_read_input_tokens": 7}, (10, 2, 7)),
        ({"prompt_tokens": 3, "completion_tokens": 2, "cache_read_input_tokens": 7}, (10, 2, 7)),
        ({"prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 7}, (10, 2, 7)),
    ],
)
def test_usage_by_key_name(usage, expected):
    tokens = play(ask(), [chunk("stop", usage=usage), DONE]).answer.tokens
    assert (tokens.input, tokens.output, tokens.cache_read) == expected


def test_the_last_usage_that_says_anything_wins():
    stream = [chunk(content="a", usage={"prompt_tokens": 1}), chunk("stop", usage=USAGE), chunk(usage={}),
              chunk(usage={"prompt_tokens": 0, "completion_tokens": 0}), DONE]  # fmt: skip
    assert play(ask(), stream).answer.usage == USAGE


def test_an_error_inside_a_stream():
    failure = {"error": {"message": "boom", "type": "server_error", "code": None}}
    played = play(ask(), [chunk(content="a"), failure, DONE])
    assert (played.outcome, played.answer.error_type, played.answer.error_message) == ("error", "server_error", "boom")
    with_choices = {**chunk("error", content=""), "error": {"code": 502, "message": "upstream"}}  # OpenRouter
    played = play(ask(), [chunk(content="a"), with_choices])
    assert (played.outcome, played.answer.error_type) == ("error", "502")


def test_the_words_of_error_bodies():
    quota = {"error": {"message": "m", "type": "tokens", "code": "rate_limit_exceeded"}}
    assert play(ask(), body=quota, status=429).answer.error_type == "rate_limit_exceeded"
    litellm = {"error": {"message": "m", "type": "None", "param": "None", "code": "429"}}
    assert play(ask(), body=litellm, status=429).answer.error_type == "429"
    vllm = {"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}
    played = play(ask(), body=vllm, status=400).answer
    assert (played.error_type, played.error_message) == ("BadRequestError", "too long")
    assert play(ask(), body={"detail": "Not Found"}, status=404).answer.error_message == "Not Found"
    assert play(ask(), body=quota, status=200).outcome == "error"


def test_a_refusal():
    played = play(ask(), [chunk(refusal="I "), chunk(refusal="won't"), chunk("stop"), DONE])
    assert (played.answer.refusal, played.outcome) == ("I won't", "ok")


def test_a_finish_reason_is_an_end_too():
    assert play(ask(), [chunk(content="a"), chunk("stop")]).outcome == "ok"
    assert play(ask(), [chunk(content="a")]).outcome == "truncated"


def test_content_in_parts():
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "yes"}]
    answer = play(ask(), [chunk(content=parts), DONE]).answer
    assert (answer.thinking, answer.text) == ("hm", "yes")


def test_a_surrogate_pair_torn_apart_by_deltas_is_whole_again():
    halves = [b'{"choices":[{"delta":{"content":"a\\ud83d"}}]}', b'{"choices":[{"delta":{"content":"\\ude00"}}]}']
    assert play(ask(), [*halves, DONE]).answer.text == "a😀"
    assert play(ask(), [halves[0], DONE]).answer.text == "a\ufffd"


def test_a_whole_body():
    message = {
        "role": "assistant",
        "content": None,
        "reasoning_content": "hm",
        "tool_calls": [{"id": "chatcmpl-tool-1", "function": {"name": "A", "arguments": '{"k": 1}'}}],
    }
    body = {"id": "chatcmpl-2", "model": "gpt-x-1", "usage": USAGE,
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}  # fmt: skip
    played = play(ask(stream=False), body=body)
    assert played.calls == [("chatcmpl-tool-1", "A", {"k": 1})]
    assert (played.answer.thinking, played.answer.finish) == ("hm", "tool_calls")
    assert (played.outcome, played.answer.served_by) == ("ok", "vllm")
    assert play(ask(stream=True), [body, DONE]).calls == played.calls


def test_a_message_in_anthropics_form():
    content = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "I look"},
        {"type": "tool_use", "id": "toolu_1", "name": "A", "input": {"k": 1}},
    ]
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": content,
            "stop_reason": "tool_use", "usage": {"input_tokens": 3, "output_tokens": 4}}  # fmt: skip
    played = play(ask(stream=False), body=body)
    answer = played.answer
    assert (played.outcome, answer.text, answer.thinking, answer.finish) == ("ok", "I look", "hm", "tool_use")
    assert played.calls == [("toolu_1", "A", {"k": 1})]
    assert (answer.id, answer.model, answer.tokens.input, answer.tokens.output) == ("msg_1", "claude-x", 3, 4)
    refused = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    played = play(ask(stream=False), body=refused)
    assert (played.outcome, played.answer.error_type) == ("error", "overloaded_error")


def test_azure_names_the_model_by_its_deployment():
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    asks = play(request(path, {"messages": [{"role": "user", "content": "x"}]})).request
    assert (asks.wire_api, asks.model) == ("openai-chat", "my-gpt")
    assert asks.params["api-version"] == "2024-10-21"
    filtered = {"id": "", "model": "", "choices": [], "prompt_filter_results": []}
    answer = play(request(path, ASK), [filtered, chunk(content="a"), DONE]).answer
    assert (answer.id, answer.model, answer.text) == ("chatcmpl-1", "gpt-x-1", "a")


def test_what_a_request_asks():
    asks = play(
        ask(
            tools=[
                {"type": "function", "function": {"name": "A", "parameters": {}}},
                {"type": "custom", "custom": {"name": "B"}},
            ],
            functions=[{"name": "C"}],
            response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
            user="u1",
            metadata={"session": "s1"},
            max_completion_tokens=7,
            messages=[
                {"role": "developer", "content": "be brief"},
                {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "call_1", "function": {"name": "A", "arguments": ""}}],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "result"},
            ],
        )
    ).request
    assert (asks.tools, asks.schema, asks.system) == (("A", "B", "C"), True, "")
    assert asks.ids == {"user": "u1", "metadata.session": "s1"}
    assert asks.params["max_completion_tokens"] == 7
    assert [message.role for message in asks.messages] == ["system", "user", "assistant", "tool"]
    assert [message.kind for message in asks.messages] == ["developer", "user", "assistant", "tool"]
    assert asks.messages[2].tool_calls[0].arguments == {}
    assert (asks.messages[3].tool_results[0].id, asks.messages[3].tool_results[0].text) == ("call_1", "result")
