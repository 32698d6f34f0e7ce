"""Amazon Bedrock: Converse, and Anthropic's API through invoke. Made from the API reference; no client was captured."""

import json
from base64 import b64encode
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from heron_tui.http.decoder import Decoder
from heron_tui.model.call import Tokens
from heron_tui.model.http import ExchangeEnd, Response
from heron_tui.wire import registry
from heron_tui.wire.outcome import outcome
from tests.http.aws import event, exception
from tests.wire.play import PLACE, Played, batch, play, request

MODEL = "us.anthropic.claude-opus-4-5-20251101-v1%3A0"
ASKED = {
    "system": [{"text": "Be brief."}],
    "messages": [
        {"role": "user", "content": [{"text": "Weather in Rome?"}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Rome"}}}],
        },
        {
            "role": "user",
            "content": [{"toolResult": {"toolUseId": "t1", "content": [{"json": {"c": 21}}], "status": "error"}}],
        },
    ],
    "toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}]},
    "inferenceConfig": {"maxTokens": 100},
}
USAGE = {
    "inputTokens": 30,
    "outputTokens": 12,
    "totalTokens": 142,
    "cacheReadInputTokens": 80,
    "cacheWriteInputTokens": 20,
}
STREAM = [
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm. "}}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "It is "}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "21 °C."}}),
    ("contentBlockStart", {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t2", "name": "weather"}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"city":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '"Oslo"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 900}}),
]


def streamed(target: str, asked: object, stream: list[tuple[str, dict]], cuts: tuple[int, ...] = ()) -> Played:
    asked_ = request(target, asked)
    fold = registry.open(asked_)
    assert fold is not None
    fold.respond(Response("x1", 200, "", (), None, PLACE))
    names, data = [name for name, _ in stream], [json.dumps(value).encode() for _, value in stream]
    for start, end in pairwise([0, *sorted(cuts), len(data)]):
        if start < end:
            fold.events(batch(data[start:end], names[start:end], start, "aws-events"))
            fold.answer()
    fold.end(ExchangeEnd("x1", "complete", b"", None, 0))
    answer = fold.answer()
    return Played(fold.request, answer, outcome("complete", 200, answer, fold.request.streaming))


@given(st.sets(st.integers(1, len(STREAM) - 1)).map(tuple))
def test_a_converse_stream(cuts):
    played = streamed(f"/model/{MODEL}/converse-stream", ASKED, STREAM, cuts)
    asked, answer = played.request, played.answer
    assert (asked.wire_api, asked.operation, asked.streaming) == ("bedrock", "chat", True)
    assert asked.model == "us.anthropic.claude-opus-4-5-20251101-v1:0"
    assert (asked.system, asked.tools) == ("Be brief.", ("weather",))
    assert [message.role for message in asked.messages] == ["user", "assistant", "tool"]
    [result] = asked.messages[2].tool_results
    assert (result.id, result.error, result.text) == ("t1", True, '{"c":21}')
    assert (answer.text, answer.thinking, answer.finish) == ("It is 21 °C.", "Hm. ", "tool_use")
    assert played.calls == [("t2", "weather", {"city": "Oslo"})]
    assert answer.tokens == Tokens(input=130, output=12, cache_read=80, cache_write=20)
    assert (played.outcome, answer.content_events) == ("ok", 5)


def test_a_converse_answer_that_is_no_stream():
    content = [{"text": "It is 21 °C."}, {"toolUse": {"toolUseId": "t2", "name": "weather", "input": {"city": "Oslo"}}}]
    body = {"output": {"message": {"role": "assistant", "content": content}}, "stopReason": "tool_use", "usage": USAGE}
    played = play(request(f"/model/{MODEL}/converse", ASKED), body=body)
    assert (played.answer.text, played.outcome, played.request.streaming) == ("It is 21 °C.", "ok", False)
    assert played.calls == [("t2", "weather", {"city": "Oslo"})]


def test_the_answer_has_the_key_that_it_has_when_it_is_sent_back():
    played = streamed(f"/model/{MODEL}/converse-stream", ASKED, STREAM)
    sent = {
        "role": "assistant",
        "content": [
            {"text": "It is 21 °C."},
            {"toolUse": {"toolUseId": "t2", "name": "weather", "input": {"city": "Oslo"}}},
        ],
    }
    again = play(request(f"/model/{MODEL}/converse", {**ASKED, "messages": [*ASKED["messages"], sent]}), body={})
    assert again.request.keys == (*played.request.keys, *played.answer.answer_keys)


def test_an_exception_inside_a_stream():
    played = streamed(
        f"/model/{MODEL}/converse-stream", ASKED, [*STREAM[:3], ("!throttlingException", {"message": "Too many"})]
    )
    assert played.outcome == "error"
    assert (played.answer.error_type, played.answer.error_message) == ("throttlingException", "Too many")


INVOKED = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
EVENTS = [
    {
        "type": "message_start",
        "message": {"id": "m1", "model": "claude-opus-4-5-20251101", "usage": {"input_tokens": 8}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]


def chunk(value: dict) -> dict:
    return {"bytes": b64encode(json.dumps(value).encode()).decode(), "p": "abc"}


def test_anthropics_api_through_an_invoke_stream():
    target = f"/model/{MODEL}/invoke-with-response-stream"
    played = streamed(target, INVOKED, [("chunk", chunk(value)) for value in EVENTS])
    assert (played.request.wire_api, played.request.model) == (
        "anthropic",
        "us.anthropic.claude-opus-4-5-20251101-v1:0",
    )
    assert (played.answer.text, played.answer.finish, played.outcome) == ("Hello", "end_turn", "ok")
    assert played.answer.tokens == Tokens(input=8, output=3)
    broken = streamed(target, INVOKED, [("chunk", chunk(EVENTS[0])), ("!modelStreamErrorException", {"message": "no"})])
    assert (broken.outcome, broken.answer.error_type) == ("error", "modelStreamErrorException")


def test_the_whole_way_from_bytes():
    """Head and event stream through the http floor, then the fold."""
    from tests.http.play import a_flow, client, flow_events, server

    body = json.dumps(ASKED).encode()
    asked = b"POST /model/m/converse-stream HTTP/1.1\r\nHost: bedrock-runtime.eu-west-1.amazonaws.com\r\n"
    asked += b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [event(name, json.dumps(value).encode()) for name, value in STREAM[:3]]
    parts.append(exception("throttlingException", b'{"message":"Too many"}'))
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts] + [b"0\r\n\r\n"]
    decoder, batches = Decoder(), []
    for one in flow_events([client(asked), server(head, *chunks)], a_flow()):
        batches += [told for told in decoder.feed(one) if hasattr(told, "names")]
    names = [name for told in batches for name in told.names]
    assert names == ["messageStart", "contentBlockDelta", "contentBlockDelta", "!throttlingException"]
