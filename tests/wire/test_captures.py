"""Real clients: calls of the captures, put together from packets, beside what the server logged."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from heron_tui.capture import open_sources
from heron_tui.http.decoder import Decoder
from heron_tui.model.call import CallRequest, CallResponse
from heron_tui.model.flow import Opened
from heron_tui.model.http import EventBatch, ExchangeEnd, HttpEvent, Request, Response
from heron_tui.net.tracker import Tracker
from heron_tui.wire import registry
from heron_tui.wire.outcome import outcome

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
APIS = {
    "anthropic.messages": "anthropic",
    "openai.chat": "openai-chat",
    "openai.responses": "openai-responses",
    "gemini.generateContent": "gemini",
    "ollama.chat": "ollama",
}
CLEAR = sorted(
    path.stem
    for path in CAPTURES.glob("*.pcap")
    if (CAPTURES / f"{path.stem}.truth.jsonl").exists()
    and not path.stem.endswith(("-h2", "-ws"))
    and "curl" not in path.stem
)


@dataclass
class Seen:
    exchange: Request
    request: CallRequest
    answer: CallResponse
    outcome: str


@cache
def http_events(name: str) -> tuple[HttpEvent, ...]:
    sources = open_sources([str(CAPTURES / f"{name}.pcap")], spool=None)
    tracker, decoder = Tracker(), Decoder()
    events: list[HttpEvent] = []
    results = [tracker.feed(batch)[1] for batch in sources.batches() if batch is not None]
    for result in [*results, tracker.close()]:
        for event in result.events:
            if not isinstance(event, Opened):
                events += decoder.feed(event)
    sources.close()
    return (*events, *decoder.close())


@cache
def calls(name: str) -> tuple[Seen, ...]:
    """The calls of a capture, in order of request start."""
    open_folds: dict[str, tuple[Request, Any, list[int | None]]] = {}
    seen = []
    for event in http_events(name):
        if isinstance(event, Request):
            if fold := registry.open(event):
                open_folds[event.exchange] = (event, fold, [None])
            continue
        if not isinstance(event, Response | EventBatch | ExchangeEnd) or event.exchange not in open_folds:
            continue
        request, fold, status = open_folds[event.exchange]
        if isinstance(event, Response):
            status[0] = event.status
            fold.respond(event)
        elif isinstance(event, EventBatch):
            fold.events(event)
        else:
            fold.end(event)
            answer = fold.answer()
            end = outcome(event.state, status[0], answer, fold.request.streaming)
            seen.append(Seen(request, fold.request, answer, end))
    return tuple(sorted(seen, key=lambda call: call.exchange.place.t_first_us))


def truths(name: str) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in (CAPTURES / f"{name}.truth.jsonl").read_text().splitlines()]
    return [record for record in records if record.get("api") in APIS]


def paired(name: str) -> list[tuple[dict[str, Any], Seen]]:
    """Each truth with its call: same client port, nearest in time."""
    chats = [call for call in calls(name) if call.request.operation == "chat"]
    pairs = []
    for truth in truths(name):
        port = f":{truth['client'][1]}"
        near = [call for call in chats if call.exchange.client.endswith(port)]
        away = {abs(call.exchange.place.t_first_us / 1e6 - truth["t_arrival"]): call for call in near}
        if away and min(away) < 0.5:
            pairs.append((truth, away[min(away)]))
            chats.remove(away[min(away)])
    assert len(pairs) >= len(truths(name)) - 1  # the last packets of some captures are missing
    return pairs


@pytest.mark.parametrize("name", CLEAR)
def test_requests_are_read_as_the_server_read_them(name):
    for truth, call in paired(name):
        asks = call.request
        assert (asks.wire_api, asks.model, asks.streaming) == (APIS[truth["api"]], truth["model"], truth["stream"])
        assert [tool for tool in asks.tools if tool != "web_search"] == truth["tool_names"]
        assert len(asks.parts) == len(asks.messages)
        for start, end in asks.parts:
            json.loads(call.exchange.body[start:end])


@pytest.mark.parametrize("name", CLEAR)
def test_answers_are_what_the_server_said(name):
    whole = 0
    for truth, call in paired(name):
        answer = call.answer
        expected = "error" if truth["status"] >= 400 or truth["fault"] == "errevent" else "ok"
        expected = "truncated" if truth.get("cut") else expected
        if call.outcome in ("in_progress", "no_response") and expected != "error":
            continue  # the capture ends inside this answer
        assert call.outcome == expected
        if expected != "ok":
            continue
        whole += 1
        assert (answer.text, answer.thinking) == (truth["text"], truth["thinking"])
        assert [one.name for one in answer.tool_calls] == [one["name"] for one in truth["tool_calls"]]
        assert truth["response_id"] in (answer.id or "")
        if answer.usage is not None:
            usage, tokens = truth["usage"], answer.tokens
            assert (tokens.input, tokens.output) == (usage["input"], usage["output"])
            assert (tokens.cache_read or 0) == usage["cache_read"]
    assert whole or name.endswith("-faults")


@pytest.mark.parametrize("name", CLEAR)
def test_streamed_answers_have_times(name):
    for call in calls(name):
        answer = call.answer
        if answer.content_events == 0:
            continue
        assert answer.t_first_token_us is not None
        assert answer.t_last_content_us is not None
        assert call.exchange.place.t_last_us < answer.t_first_token_us <= answer.t_last_content_us
        if answer.content_events > 1:
            gap, span = answer.max_gap_us, answer.t_last_content_us - answer.t_first_token_us
            assert gap is not None
            assert span / (answer.content_events - 1) <= gap <= span


@pytest.mark.parametrize("name", ["claude-code", "codex-http", "opencode-run", "gemini-cli", "hermes"])
def test_conversations_chain_by_keys(name):
    """The answer to a call comes back, with the same keys, in the next request of its conversation."""
    chained = 0
    ends: list[tuple[bytes, ...]] = []
    for call in calls(name):
        keys = call.request.keys
        chained += any(keys[: len(end)] == end for end in ends)
        if call.answer.answer_keys and call.answer.tool_calls:
            ends.append(keys + call.answer.answer_keys)
    assert ends
    assert chained >= len(ends) - 1


def test_the_faults_of_anthropics_sdk():
    outcomes = [(call.outcome, call.answer.error_type) for call in calls("anthropic-sdk-faults")]
    assert outcomes.count(("error", "rate_limit_error")) == 1
    assert outcomes.count(("error", "api_error")) == 1
    assert outcomes.count(("error", "overloaded_error")) == 2  # a status, and an event inside a 200 stream
    assert outcomes.count(("truncated", None)) == 1
    assert outcomes.count(("ok", None)) == 3


def test_requests_beside_chat_are_kept_apart():
    operations = {call.request.operation for call in calls("hermes")}
    assert operations == {"chat", "models", "show"}
    assert {call.request.operation for call in calls("anthropic-sdk")} == {"chat", "count_tokens"}
