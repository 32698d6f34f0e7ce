"""Anthropic's Messages API. Forms that no capture holds follow Anthropic's API reference."""

import pytest

from .play import START_US, STEP_US, play, request

ASK = {"model": "claude-x", "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
USAGE = {"input_tokens": 10, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5, "output_tokens": 1}
START = {"type": "message_start", "message": {"id": "msg_1", "model": "claude-x-1", "content": [], "usage": USAGE}}
STOP = {"type": "message_stop"}


def ask(**more):
    return request("/v1/messages?beta=true", {**ASK, **more})


def begin(index, block):
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index, **fields):
    return {"type": "content_block_delta", "index": index, "delta": fields}


def text(index, piece):
    return delta(index, type="text_delta", text=piece)


def arguments(index, piece):
    return delta(index, type="input_json_delta", partial_json=piece)


def done(reason, **usage):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def test_a_stream_is_folded():
    played = play(
        ask(),
        [
            START,
            begin(0, {"type": "thinking", "thinking": "", "signature": ""}),
            {"type": "ping"},
            delta(0, type="thinking_delta", thinking="hm "),
            delta(0, type="signature_delta", signature="x"),
            begin(1, {"type": "text", "text": ""}),
            text(1, "Hel"),
            text(1, "lo"),
            {"type": "content_block_stop", "index": 1},
            done("end_turn", output_tokens=7),
            STOP,
        ],
    )
    answer = played.answer
    assert (answer.text, answer.thinking, answer.finish, answer.ended) == ("Hello", "hm ", "end_turn", True)
    assert (answer.id, answer.model, played.outcome) == ("msg_1", "claude-x-1", "ok")
    assert answer.usage == {**USAGE, "output_tokens": 7}
    assert (answer.tokens.input, answer.tokens.cache_read, answer.tokens.cache_write) == (105, 90, 5)
    assert (answer.tokens.output, answer.tokens.reasoning) == (7, None)


def test_times_are_those_of_content():
    stream = [
        START,  # no content: message_start, a block's start, ping, an empty delta
        begin(0, {"type": "text", "text": ""}),
        {"type": "ping"},
        text(0, ""),
        text(0, "a"),
        text(0, "b"),
        {"type": "ping"},
        {"type": "ping"},
        text(0, "c"),
        done("end_turn"),
        STOP,
    ]
    for cuts in ((), (5,), (4, 6, 8), tuple(range(11))):
        answer = play(ask(), stream, cuts=cuts).answer
        assert answer.t_first_token_us == START_US + 4 * STEP_US
        assert answer.t_last_content_us == START_US + 8 * STEP_US
        assert (answer.content_events, answer.max_gap_us) == (3, 3 * STEP_US)


def test_a_single_content_event_has_no_gap():
    answer = play(ask(), [START, text(0, "a"), STOP]).answer
    assert (answer.content_events, answer.max_gap_us) == (1, None)


def test_parallel_tools_may_all_start_before_any_delta():
    played = play(
        ask(),
        [
            START,
            begin(0, {"type": "tool_use", "id": "toolu_a", "name": "A", "input": {}}),
            begin(1, {"type": "tool_use", "id": "toolu_b", "name": "B", "input": {}}),
            begin(2, {"type": "tool_use", "id": "toolu_c", "name": "C", "input": {}}),
            arguments(1, '{"x"'),
            arguments(0, '{"y": '),
            arguments(1, ": 1}"),
            arguments(0, '"é"}'),
            done("tool_use"),
            STOP,
        ],
    )
    assert played.calls == [("toolu_a", "A", {"y": "é"}), ("toolu_b", "B", {"x": 1}), ("toolu_c", "C", {})]
    assert played.answer.tool_calls[1].raw == '{"x": 1}'
    assert played.answer.t_first_token_us == START_US + 4 * STEP_US


def test_a_delta_without_index_belongs_to_the_newest_block():
    start = {"type": "content_block_start", "content_block": {"type": "tool_use", "id": "t", "name": "A", "input": {}}}
    piece = {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": '{"k": 2}'}}
    played = play(ask(), [START, begin(0, {"type": "text", "text": "hi"}), start, piece, STOP])
    assert played.answer.text == "hi"
    assert played.calls == [("t", "A", {"k": 2})]


def test_arguments_may_come_as_an_object():
    block = {"type": "tool_use", "id": "t", "name": "A", "input": {"k": 1}}
    assert play(ask(), [START, begin(0, block), STOP]).calls == [("t", "A", {"k": 1})]
    stream = [START, begin(0, {**block, "input": {}}), delta(0, partial_json={"k": 3}), STOP]
    assert play(ask(), stream).calls == [("t", "A", {"k": 3})]


def test_unparsable_arguments_are_kept_as_text():
    block = {"type": "tool_use", "id": "t", "name": "A", "input": {}}
    assert play(ask(), [START, begin(0, block), arguments(0, '{"k": ')]).calls == [("t", "A", {"input": '{"k": '})]


def test_redacted_thinking_and_server_tools_are_no_calls():
    played = play(
        ask(),
        [
            START,
            begin(0, {"type": "redacted_thinking", "data": "xx"}),
            begin(1, {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}),
            arguments(1, '{"query": "q"}'),
            begin(2, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
            begin(3, {"type": "text", "text": ""}),
            text(3, "found"),
            STOP,
        ],
    )
    assert played.calls == []
    assert [(call.name, call.arguments) for call in played.answer.server_calls] == [("web_search", {"query": "q"})]
    assert played.answer.text == "found"


def test_an_error_event_inside_a_stream():
    failure = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    played = play(ask(), [START, text(0, "a"), failure])
    assert (played.outcome, played.answer.error_type) == ("error", "overloaded_error")
    assert played.answer.error_message == "Overloaded"
    assert played.answer.text == "a"


def test_an_error_status_carries_its_words():
    body = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}, "request_id": "r"}
    played = play(ask(), body=body, status=429)
    assert (played.outcome, played.answer.error_type) == ("error", "rate_limit_error")
    played = play(ask(), body=b"<html>Bad Gateway</html>", status=502)
    assert (played.outcome, played.answer.error_type) == ("error", None)
    assert played.answer.error_message == "<html>Bad Gateway</html>"


@pytest.mark.parametrize(("state", "expected"), [("cut", "truncated"), ("complete", "truncated"),
                                                 ("aborted", "aborted"), ("open", "in_progress")])  # fmt: skip
def test_a_stream_without_message_stop(state, expected):
    assert play(ask(), [START, text(0, "a"), done("end_turn")], state=state).outcome == expected


def test_a_client_that_hangs_up_after_the_end_marker_has_a_whole_answer():
    assert play(ask(), [START, text(0, "a"), STOP], state="aborted").outcome == "ok"


def test_usage_of_the_last_delta_wins_but_keeps_what_only_the_start_had():
    last = done("end_turn", input_tokens=12, output_tokens=3, cache_read_input_tokens=None)
    answer = play(ask(), [START, last, STOP]).answer
    assert answer.usage == {**USAGE, "input_tokens": 12, "output_tokens": 3}
    zeros = done("end_turn", input_tokens=0, cache_read_input_tokens=0, output_tokens=4)
    answer = play(ask(), [START, zeros, STOP]).answer
    assert (answer.tokens.input, answer.tokens.output) == (105, 4)


def test_a_refusal():
    stop = {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {"output_tokens": 1}}
    played = play(ask(), [START, stop, STOP])
    assert (played.answer.finish, played.answer.refusal, played.outcome) == ("refusal", "refusal", "ok")


def test_a_whole_body():
    body = {
        "id": "msg_2",
        "type": "message",
        "model": "claude-x-1",
        "content": [
            {"type": "thinking", "thinking": "hm"},
            {"type": "text", "text": "yes"},
            {"type": "tool_use", "id": "toolu_1", "name": "A", "input": {"k": [1]}},
        ],
        "stop_reason": "tool_use",
        "usage": USAGE,
    }
    played = play(ask(stream=False), body=body)
    assert (played.answer.text, played.answer.thinking, played.answer.finish) == ("yes", "hm", "tool_use")
    assert played.calls == [("toolu_1", "A", {"k": [1]})]
    assert (played.outcome, played.answer.t_first_token_us) == ("ok", None)
    assert play(ask(stream=True), body=body).outcome == "ok"


def test_a_stream_that_came_as_plain_text_is_found():
    raw = b'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n'
    raw += b'data: {"type":"content_block_delta","index":0,\ndata: "delta":{"text":"a"}}\r\n\r\n'
    whole = raw + b'data: {"type":"message_stop"}\n\n'
    played = play(ask(), body=whole)
    assert (played.answer.id, played.outcome, played.answer.t_first_token_us) == ("m", "ok", None)
    assert play(ask(), body=raw + b'data: {"type":"mess').outcome == "truncated"


def test_an_answer_that_is_no_json_is_an_error():
    played = play(ask(), body=b"<html>log in first</html>")
    assert (played.outcome, played.answer.error_type) == ("error", "invalid_answer")
    assert play(ask(), body=b"").outcome == "truncated"


def test_what_a_request_asks():
    asked = request(
        "/v1/messages",
        {
            "model": "claude-x",
            "max_tokens": 9,
            "temperature": 0.5,
            "stop_sequences": ["a"],
            "thinking": {"type": "enabled", "budget_tokens": 4},
            "output_config": {"format": {"type": "json_schema", "schema": {}}, "effort": "low"},
            "metadata": {"user_id": '{"session_id":"s1"}'},
            "system": [{"type": "text", "text": "one"}, {"type": "text", "text": "two", "cache_control": {}}],
            "tools": [{"name": "A", "input_schema": {}}, {"type": "web_search_20250305", "name": "web_search"}],
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "do"}, {"type": "image", "source": {}}]},
                {"role": "system", "content": "be brief"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "hm"},
                        {"type": "text", "text": "ok"},
                        {"type": "tool_use", "id": "toolu_1", "name": "A", "input": {"k": 1}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "toolu_1",
                            "is_error": True,
                            "content": [{"type": "text", "text": "no such file"}],
                        }
                    ],
                },
            ],
        },
    )
    asks = play(asked).request
    assert (asks.wire_api, asks.operation, asks.model, asks.streaming) == ("anthropic", "chat", "claude-x", False)
    assert (asks.system, asks.tools, asks.schema) == ("one\ntwo", ("A", "web_search"), True)
    assert asks.ids == {"metadata.user_id": '{"session_id":"s1"}'}
    assert asks.params["temperature"] == 0.5
    assert asks.params["stop_sequences"] == ["a"]
    assert asks.params["thinking.budget_tokens"] == 4
    assert [message.role for message in asks.messages] == ["user", "system", "assistant", "tool"]
    assert asks.messages[2].texts == ("ok",)
    assert asks.messages[2].tool_calls[0].arguments == {"k": 1}
    (result,) = asks.messages[3].tool_results
    assert (result.id, result.error, result.text, result.size) == ("toolu_1", True, "no such file", 12)
    places = [asked.body[start:end] for start, end in asks.parts]
    assert len(places) == 4
    assert all(part.startswith(b'{"role"') and part.endswith(b"}") for part in places)


def test_vertex_and_bedrock_name_the_model_in_the_path():
    body = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    path = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict"
    asks = play(request(path, body)).request
    assert (asks.wire_api, asks.model, asks.streaming) == ("anthropic", "claude-x@1", True)
    asks = play(request("/model/anthropic.claude-x/invoke", body)).request
    assert (asks.wire_api, asks.model, asks.streaming) == ("anthropic", "anthropic.claude-x", False)


def test_output_tokens_of_the_start_are_no_count_of_an_answer():
    cut = play(ask(), [START, text(0, "a")], state="cut").answer
    assert cut.tokens.output is None
    assert cut.tokens.input is not None
    assert play(ask(), [START, text(0, "a"), done("end_turn", output_tokens=7), STOP]).answer.tokens.output == 7
