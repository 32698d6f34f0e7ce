"""Gemini. Forms that no capture holds follow Google's API reference; Code Assist's wrapping follows public clients."""

import json

import pytest

from heron_tui.http.decoder import Decoder
from heron_tui.model.http import EventBatch, ExchangeEnd
from heron_tui.wire import registry
from tests.http.play import a_flow, client, flow_events, server

from .play import START_US, STEP_US, play, request

PATH = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse"
ASK = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def chunk(*parts, finish=None, index=0, usage=None):
    candidate = {"content": {"parts": list(parts), "role": "model"}, "index": index}
    if finish:
        candidate["finishReason"] = finish
    one = {"candidates": [candidate], "modelVersion": "gemini-x-1", "responseId": "r1"}
    return one if usage is None else {**one, "usageMetadata": usage}


def call(name, args=None, id=None):
    held = {"name": name, "args": args or {}}
    return {"functionCall": held if id is None else {**held, "id": id}, "thoughtSignature": "x"}


USAGE = {
    "promptTokenCount": 100,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 30,
    "totalTokenCount": 150,
    "cachedContentTokenCount": 40,
}


def test_a_stream_is_folded():
    stream = [
        chunk({"text": "hm ", "thought": True}, usage={"promptTokenCount": 100, "totalTokenCount": 100}),
        chunk({"text": "ha", "thought": True}),
        chunk({"text": "Hel"}),
        chunk({"text": "lo"}, call("A", {"k": 1})),
        chunk({"text": ""}, finish="STOP", usage=USAGE),
    ]
    for cuts in ((), (1, 2, 3, 4)):
        played = play(request(PATH, ASK), stream, cuts=cuts)
        answer = played.answer
        assert (answer.text, answer.thinking, answer.finish) == ("Hello", "hm ha", "STOP")
        assert (answer.id, answer.model, played.outcome) == ("r1", "gemini-x-1", "ok")
        assert played.calls == [("", "A", {"k": 1})]
        tokens = answer.tokens
        assert (tokens.input, tokens.cache_read, tokens.output, tokens.reasoning) == (100, 40, 50, 30)
        assert (answer.t_first_token_us, answer.content_events) == (START_US, 4)
        assert answer.t_last_content_us == START_US + 3 * STEP_US


@pytest.mark.parametrize(
    ("usage", "output"),
    [
        (USAGE, 50),
        ({**USAGE, "totalTokenCount": 120}, 20),  # thoughts inside the candidates: proxies
        ({**USAGE, "totalTokenCount": 157, "toolUsePromptTokenCount": 7}, 50),
        ({"promptTokenCount": 100, "totalTokenCount": 100}, None),
    ],
)
def test_thoughts_stand_beside_or_inside_the_candidates(usage, output):
    assert play(request(PATH, ASK), [chunk(finish="STOP", usage=usage)]).answer.tokens.output == output


def test_a_stream_without_alt_sse_is_an_array():
    path = "/v1/models/gemini-x:streamGenerateContent"
    body = [chunk({"text": "a"}), chunk({"text": "b"}, finish="STOP", usage=USAGE)]
    played = play(request(path, ASK), body=body)
    assert (played.answer.text, played.outcome, played.request.streaming) == ("ab", "ok", True)
    whole = b'[{"candidates": [{"content": {"parts": [{"text": "a"}]}}]}\n,\n{"candidates": [{"content"'
    cut = play(request(path, ASK), body=whole, state="cut")
    assert (cut.answer.text, cut.outcome) == ("a", "truncated")
    failed = play(request(path, ASK), body=[{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}], status=429)
    assert (failed.outcome, failed.answer.error_type) == ("error", "RESOURCE_EXHAUSTED")


def test_an_array_is_read_while_it_grows():
    """From bytes through the http floor to the fold, one piece after the other."""
    path = "/v1/models/gemini-x:streamGenerateContent"
    pieces = [b"[" + json.dumps(chunk({"text": "a"})).encode(), b"\n,\r\n" + json.dumps(chunk({"text": "b"})).encode()]
    pieces.append(b",\r\n" + json.dumps(chunk(finish="STOP", usage=USAGE)).encode() + b"]")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces] + [b"0\r\n\r\n"]
    asked = b"POST %b HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\n\r\n{}" % path.encode()
    decoder, fold, seen = Decoder(), registry.open(request(path, ASK)), []
    assert fold is not None
    for one in flow_events([client(asked), server(head), *[server(piece) for piece in chunks]], a_flow()):
        for told in decoder.feed(one):
            if isinstance(told, EventBatch):
                fold.events(told)
                seen.append((told.kind, fold.answer().text, fold.answer().finish))
            elif isinstance(told, ExchangeEnd):
                fold.end(told)
    assert seen == [("json-array", "a", None), ("json-array", "ab", None), ("json-array", "ab", "STOP")]
    assert fold.answer().content_events == 2 and fold.answer().tokens.input == 100
    refused = play(request(path, ASK), [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}], status=429)
    assert (refused.outcome, refused.answer.error_type) == ("error", "RESOURCE_EXHAUSTED")


def test_code_assist_wraps_request_and_answer():
    body = {"model": "gemini-x", "project": "p1", "user_prompt_id": "u1", "request": {**ASK, "session_id": "s1"}}
    asked = request("/v1internal:streamGenerateContent?alt=sse", body)
    played = play(asked, [{"response": chunk({"text": "a"})}, {"response": chunk(finish="STOP", usage=USAGE)}])
    asks = played.request
    assert (asks.wire_api, asks.model, asks.streaming) == ("gemini", "gemini-x", True)
    assert asks.ids == {"project": "p1", "user_prompt_id": "u1", "session_id": "s1"}
    assert [asked.body[start:end] for start, end in asks.parts] == [b'{"role": "user", "parts": [{"text": "hi"}]}']
    assert (played.answer.text, played.outcome, played.answer.tokens.input) == ("a", "ok", 100)


def test_a_blocked_prompt_is_a_refusal():
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}
    played = play(request(PATH, ASK), [blocked])
    assert (played.answer.refusal, played.answer.finish, played.outcome) == ("SAFETY", "SAFETY", "ok")


def test_an_error_inside_a_stream_and_a_cut_one():
    failure = {"error": {"code": 500, "message": "m", "status": "INTERNAL"}}
    played = play(request(PATH, ASK), [chunk({"text": "a"}), failure])
    assert (played.outcome, played.answer.error_type) == ("error", "INTERNAL")
    assert play(request(PATH, ASK), [chunk({"text": "a"})], state="cut").outcome == "truncated"


def test_a_whole_body_with_parallel_calls():
    body = chunk({"text": "ok"}, call("A", {"k": 1}, "id1"), call("A", {"k": 2}), finish="STOP", usage=USAGE)
    played = play(request("/v1beta/models/gemini-x:generateContent", ASK), body=body)
    assert (played.request.streaming, played.outcome) == (False, "ok")
    assert played.calls == [("id1", "A", {"k": 1}), ("", "A", {"k": 2})]


def test_what_a_request_asks():
    body = {
        "systemInstruction": {"parts": [{"text": "be"}, {"text": "brief"}]},
        "tools": [{"functionDeclarations": [{"name": "A"}, {"name": "B"}]}, {"googleSearch": {}}],
        "generationConfig": {"temperature": 0, "responseJsonSchema": {"type": "object"}},
        "contents": [
            {"role": "user", "parts": [{"text": "do"}, {"inlineData": {"data": "xx"}}]},
            {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "ok"}, call("A", {"k": 1})]},
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "A", "response": {"output": "fine"}}},
                    {"functionResponse": {"name": "B", "response": {"error": "bad"}}},
                ],
            },
        ],
    }
    asks = play(request("/v1/projects/p/locations/l/publishers/google/models/gemini-x:generateContent", body)).request
    assert (asks.model, asks.system, asks.schema) == ("gemini-x", "be\nbrief", True)
    assert (asks.tools, asks.params["temperature"]) == (("A", "B", "googleSearch"), 0)
    assert [message.role for message in asks.messages] == ["user", "assistant", "tool"]
    assert asks.messages[1].texts == ("ok",)
    results = asks.messages[2].tool_results
    assert [(one.name, one.text, one.error) for one in results] == [("A", "fine", None), ("B", "bad", True)]
