"""Ollama's own API; forms that the capture `curl` does not hold follow its documentation."""

from .play import START_US, STEP_US, play, request

ASK = {"model": "llama", "messages": [{"role": "user", "content": "hi"}]}


def line(done=False, **message):
    return {"model": "llama", "message": {"role": "assistant", "content": "", **message}, "done": done}


LAST = {**line(True), "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 7, "total_duration": 5}


def test_a_stream_of_lines_is_folded():
    stream = [
        line(thinking="hm"),
        line(content="Hel"),
        line(content="lo"),
        line(tool_calls=[{"function": {"name": "A", "arguments": {"k": 1}}}]),
        LAST,
    ]
    played = play(request("/api/chat", ASK), stream, kind="ndjson", named=False)
    answer = played.answer
    assert (played.request.wire_api, played.request.streaming) == ("ollama", True)
    assert (answer.text, answer.thinking, answer.finish, played.outcome) == ("Hello", "hm", "stop", "ok")
    assert played.calls == [("", "A", {"k": 1})]
    assert (answer.tokens.input, answer.tokens.output) == (11, 7)
    assert answer.usage == {"prompt_eval_count": 11, "eval_count": 7, "total_duration": 5}
    assert (answer.t_first_token_us, answer.t_last_content_us) == (START_US, START_US + 3 * STEP_US)
    assert play(request("/api/chat", ASK), stream[:3], kind="ndjson").outcome == "truncated"


def test_a_whole_body_and_lines_under_another_content_type():
    played = play(request("/api/chat", {**ASK, "stream": False}), body={**LAST, "message": {"content": "yes"}})
    assert (played.answer.text, played.request.streaming, played.outcome) == ("yes", False, "ok")
    lines = b'{"message":{"content":"a"},"done":false}\n{"message":{"content":"b"},"done":true}\n'
    assert play(request("/api/chat", ASK), body=lines).answer.text == "ab"


def test_generate():
    asked = request("/api/generate", {"model": "llama", "prompt": "why", "system": "be brief", "format": {"type": "x"}})
    played = play(asked, [{"response": "be", "done": False}, {"response": "cause", **LAST, "message": None}])
    asks = played.request
    assert (asks.operation, asks.system, asks.messages[0].text, asks.schema) == ("chat", "be brief", "why", True)
    assert (played.answer.text, played.outcome) == ("because", "ok")
    assert play(request("/api/generate", {"model": "llama"}), body=LAST).request.operation == "load"


def test_errors():
    assert play(request("/api/chat", ASK), body={"error": "no such model"}, status=404).answer.error_message == (
        "no such model"
    )
    played = play(request("/api/chat", ASK), [line(content="a"), {"error": "out of memory"}])
    assert (played.outcome, played.answer.error_message) == ("error", "out of memory")


def test_tools_offered_and_results():
    body = {
        **ASK,
        "tools": [{"type": "function", "function": {"name": "A"}}],
        "options": {"num_ctx": 5},
        "messages": [*ASK["messages"], {"role": "tool", "tool_name": "A", "content": "42"}],
    }
    asks = play(request("/api/chat", body)).request
    assert (asks.tools, asks.params["options.num_ctx"]) == (("A",), 5)
    assert (asks.messages[1].tool_results[0].name, asks.messages[1].tool_results[0].text) == ("A", "42")
