"""Nothing on the wire raises, and how a stream is cut into batches changes nothing."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.model.call import CallRequest
from heron_tui.model.http import ExchangeEnd
from heron_tui.wire import operations, registry
from heron_tui.wire.fold import Fold

from . import test_anthropic, test_openai_chat, test_openai_responses
from .play import batch, play, request

PATHS = ("/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1beta/models/m:streamGenerateContent",
         "/api/chat", "/v1/embeddings", "/elsewhere")  # fmt: skip
WORDS = """
    type index delta text content content_block message messages usage error choices tool_calls function name
    arguments id input output item item_id output_index response status candidates parts functionCall args role
    model stop_reason finish_reason system tools tool_use tool_result assistant user thinking partial_json
    message_start content_block_start content_block_delta message_delta message_stop response.output_item.done
    response.output_text.delta response.completed function_call message usageMetadata promptTokenCount done
    input_tokens prompt_tokens completion_tokens contents request generationConfig metadata
""".split()

words = st.sampled_from(WORDS)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | words | st.just("a\ud83d")
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5), max_leaves=20
)
objects = st.dictionaries(words, values, max_size=6)
datas = st.binary(max_size=20) | values.map(lambda value: json.dumps(value).encode())


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(PATHS), body=objects | datas)
def test_no_request_raises(path, body):
    fold = registry.open(request(path, body))
    if fold is not None:
        assert fold.request.operation
        msgspec.json.encode(fold.request, enc_hook=bytes.hex)


@settings(max_examples=400, deadline=None)
@given(
    api=st.sampled_from([*registry.APIS, None]),
    stream=st.lists(datas, max_size=6),
    body=datas,
    status=st.sampled_from([200, 400]),
)
def test_no_answer_raises(api, stream, body, status):
    asks = CallRequest("x", "chat", None, True)
    for events in (stream, []):
        fold = Fold(asks, api.answer() if api else operations.PlainAnswer())
        fold._status = status
        fold.events(batch(events, [""] * len(events), 0))
        fold.answer()
        fold.end(ExchangeEnd("x1", "complete", body, None, 0))
        answer = fold.answer()
        msgspec.json.encode(answer)
        for call in answer.tool_calls:
            assert isinstance(call.arguments, dict)
            (call.name + call.id + call.raw).encode()


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"a":' * 5_000, b'{"messages":' + b"[" * 100_000, b"{}{}", b'"' * 50]
)
@pytest.mark.parametrize("path", PATHS)
def test_deep_and_broken_bodies(path, body):
    registry.open(request(path, body))
    asked = request("/v1/messages", test_anthropic.ASK)
    play(asked, body=body)
    play(asked, [body, b"{}"])


def test_deep_content_that_is_still_json():
    deep = b'{"type":"x","source":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}"
    data = b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[' + deep + b"]}]}"
    fold = registry.open(request("/v1/messages", data))
    assert fold is not None
    assert len(fold.request.messages) == 1


def test_wrong_types_cost_only_themselves():
    broken = {"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta", "text": 5}}
    odd = {"type": "content_block_delta", "index": 0, "delta": {"type": 7, "text": "a"}}
    stream = [test_anthropic.START, b"not json", broken, odd, b"", b"[1]", test_anthropic.text(0, "b"),
              test_anthropic.STOP]  # fmt: skip
    played = play(test_anthropic.ask(), stream)
    assert (played.answer.text, played.outcome) == ("ab", "ok")
    chunk = {"choices": [{"index": None, "delta": {"content": "x", "tool_calls": 5}}, 7]}
    assert play(test_openai_chat.ask(), [chunk, b"[DONE]"]).answer.text == "x"


STREAMS = {
    "anthropic": (
        test_anthropic.ask(),
        [
            test_anthropic.START,
            test_anthropic.begin(0, {"type": "text", "text": ""}),
            test_anthropic.text(0, "ab"),
            test_anthropic.begin(1, {"type": "tool_use", "id": "t", "name": "A", "input": {}}),
            test_anthropic.arguments(1, '{"k"'),
            b"broken",
            test_anthropic.arguments(1, ":1}"),
            test_anthropic.done("tool_use", output_tokens=3),
            test_anthropic.STOP,
        ],
    ),
    "openai-chat": (
        test_openai_chat.ask(),
        [
            test_openai_chat.chunk(role="assistant", content=""),
            test_openai_chat.chunk(content="ab"),
            test_openai_chat.chunk(tool_calls=[test_openai_chat.tool(id="c", name="A", arguments='{"k"')]),
            test_openai_chat.chunk(tool_calls=[test_openai_chat.tool(arguments=":1}")]),
            b'{"choices": "odd"}',
            test_openai_chat.chunk("stop", index=0),
            {"choices": [], "usage": test_openai_chat.USAGE},
            b"[DONE]",
        ],
    ),
    "openai-responses": (
        test_openai_responses.ask(),
        [
            test_openai_responses.CREATED,
            test_openai_responses.event("output_item.added", item=test_openai_responses.CALL),
            test_openai_responses.event("function_call_arguments.delta", item_id="fc_1", delta='{"k"'),
            test_openai_responses.event("output_text.delta", output_index=4, delta="ab"),
            b"[1, 2]",
            test_openai_responses.event("function_call_arguments.delta", item_id="fc_1", delta=":1}"),
            test_openai_responses.COMPLETED,
        ],
    ),
}


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(STREAMS)), cuts=st.sets(st.integers(1, 8)))
def test_batches_cut_anywhere_give_the_same_answer(name, cuts):
    asked, stream = STREAMS[name]
    whole = play(asked, stream)
    assert play(asked, stream, cuts=tuple(cuts)) == whole
    assert (whole.answer.text, whole.calls[0][2], whole.outcome) == ("ab", {"k": 1}, "ok")


def test_an_endless_stream_is_held_only_so_far(monkeypatch):
    monkeypatch.setattr("heron_tui.wire.answer.TEXT_LIMIT", 2_000)
    piece = test_anthropic.text(0, "x" * 100)
    stream = [test_anthropic.START, *[piece] * 100, test_anthropic.done("end_turn", output_tokens=9),
              test_anthropic.STOP]  # fmt: skip
    answer = play(test_anthropic.ask(), stream, cuts=tuple(range(1, 100))).answer
    assert 500 < len(answer.text) < 2_000
    assert (answer.content_events, answer.tokens.output, answer.ended) == (100, 9, True)
