"""Cohere's Chat API as in the vendor's reference: no client of theirs was captured."""

import pytest

from .play import play, request

ASK = {"model": "command-a", "messages": [{"role": "user", "content": "hi"}], "stream": True}
USAGE = {"billed_units": {"input_tokens": 2, "output_tokens": 3}, "tokens": {"input_tokens": 11, "output_tokens": 7}}


def event(kind, **message):
    return {"type": kind, "index": 0, "delta": {"message": message}}


def said(text):
    return event("content-delta", content={"text": text})


def end(finish="COMPLETE"):
    return {"type": "message-end", "delta": {"finish_reason": finish, "usage": USAGE}}


START = {"type": "message-start", "id": "r1", "delta": {"message": {"role": "assistant", "content": []}}}


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("api.cohere.com", "/v2/chat", "cohere"),
        ("stg.api.cohere.ai:443", "/gateway/v2/chat", "cohere"),
        ("127.0.0.1:8000", "/cohere/v2/chat", "cohere"),
        ("127.0.0.1:8000", "/v2/chat", "cohere"),
        ("llm.example", "/llm-gateway/v2/chat", "openai-chat"),
        ("api.cohere.ai", "/compatibility/v1/chat/completions", "openai-chat"),
    ],
)
def test_by_route(host, path, expected):
    assert play(request(path, ASK, host=host)).request.wire_api == expected


def test_a_stream_is_folded():
    stream = [START, event("content-start", content={"type": "text", "text": ""}), said("Hel"), said("lo"), end()]
    for cuts in ((), (1, 3)):
        played = play(request("/v2/chat", ASK), stream, cuts=cuts)
        answer = played.answer
        assert (answer.text, answer.finish, answer.id, played.outcome) == ("Hello", "COMPLETE", "r1", "ok")
        assert (answer.tokens.input, answer.tokens.output, answer.content_events) == (11, 7, 2)
    assert play(request("/v2/chat", ASK), stream[:3]).outcome == "truncated"


def test_tool_calls_and_their_plan():
    call = {"id": "t1", "type": "function", "function": {"name": "A", "arguments": ""}}
    stream = [
        START,
        event("tool-plan-delta", tool_plan="I will"),
        event("tool-call-start", tool_calls=call),
        event("tool-call-delta", tool_calls={"function": {"arguments": '{"k": '}}),
        event("tool-call-delta", tool_calls={"function": {"arguments": "1}"}}),
        {"type": "tool-call-end", "index": 0},
        end("TOOL_CALL"),
    ]
    played = play(request("/v2/chat", ASK), stream)
    assert played.calls == [("t1", "A", {"k": 1})]
    assert (played.answer.thinking, played.outcome) == ("I will", "ok")
    again = {
        "role": "assistant",
        "tool_plan": "I will",
        "tool_calls": [{**call, "function": {"name": "A", "arguments": '{"k": 1}'}}],
    }
    asks = play(request("/v2/chat", {**ASK, "messages": [*ASK["messages"], again]})).request
    assert (asks.messages[-1].key,) == played.answer.answer_keys


def test_a_whole_body_and_an_error():
    content = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "yes"}]
    body = {
        "id": "r2",
        "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": content},
        "usage": USAGE,
    }
    played = play(request("/v2/chat", {**ASK, "stream": False}), body=body)
    assert (played.answer.text, played.answer.thinking, played.answer.tokens.output) == ("yes", "hm", 7)
    assert (played.outcome, played.answer.id) == ("ok", "r2")
    played = play(request("/v2/chat", ASK), body={"message": "invalid api token"}, status=401)
    assert (played.outcome, played.answer.error_message) == ("error", "invalid api token")


CHUNKS = [
    {
        "id": "chatcmpl-1",
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hel"}}],
    },
    {"id": "chatcmpl-1", "model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": "lo"}}]},
    {"id": "chatcmpl-1", "model": "gpt-4o", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    b"[DONE]",
]
WHOLE = {
    "id": "x",
    "model": "gpt-4o",
    "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}],
}


def test_a_gateway_that_answers_as_openai_does_at_this_path_speaks_openai_s_api():
    for cuts in ((), (1, 3)):
        played = play(request("/v2/chat", ASK), CHUNKS, cuts=cuts)
        assert (played.request.wire_api, played.answer.text, played.outcome) == ("openai-chat", "Hello", "ok")
        assert (played.answer.model, played.answer.finish) == ("gpt-4o", "stop")
    played = play(request("/v2/chat", {**ASK, "stream": False}), body=WHOLE)
    assert (played.request.wire_api, played.answer.text, played.outcome) == ("openai-chat", "Hello", "ok")
    played = play(request("/v2/chat", ASK), body={"error": {"message": "no", "code": "busy"}}, status=503)
    assert (played.request.wire_api, played.answer.error_type) == ("openai-chat", "busy")


@pytest.mark.parametrize("member", ["stream_options", "max_completion_tokens", "top_p", "stop"])
def test_a_member_that_only_openai_has_tells_before_any_answer(member):
    assert play(request("/v2/chat", {**ASK, member: 1}), [], state="aborted").request.wire_api == "openai-chat"


@pytest.mark.parametrize("odd", [b"[DONE]", b"7", b'{"type":"content-delta","delta":[]}', b'{"type":7,"index":"x"}'])
def test_odd_events_say_nothing(odd):
    assert play(request("/v2/chat", ASK), [START, odd, said("a"), end()], named=False).answer.text == "a"
