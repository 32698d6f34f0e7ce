"""Findings of single calls: each provoked, and each with a case in which it must not fire."""

from dataclasses import replace

import pytest

from heron_tui.findings.calls import same_model
from heron_tui.model.call import Call
from tests.agents.build import T0, begun, call, message, result, says, user, uses
from tests.findings.watching import Watching, codes, found, headers, only


def response(one: Call, **changed) -> Call:
    one.response = replace(one.response, **changed)
    return one


def test_a_call_that_works_has_no_findings():
    assert found(call("a", 0, user("x"))) == []


def test_an_error_says_what_the_server_said():
    failed = response(
        call("a", 0, user("x"), outcome="error"), error_type="overloaded_error", error_message="too  busy"
    )
    failed.status = 529
    error, turn = found(failed)
    assert (error.code, error.severity, error.ref) == ("call.error", "error", "a")
    assert error.text == "status 529, overloaded_error: too busy"
    assert (turn.code, turn.scope) == ("turn.no_final", "turn")


def test_an_error_that_was_tried_again_is_a_warning():
    findings = found(call("a", 0, user("x"), outcome="error"), call("b", 1200, user("x")))
    assert [(one.code, one.severity, one.ref) for one in findings] == [("call.error", "warning", "a")]
    assert findings[0].text.endswith("the client tried again")


def test_an_error_inside_a_stream_is_called_so():
    failed = call("a", 0, user("x"), outcome="error")
    failed.status = 200
    assert "an error inside the stream" in found(failed)[0].text


@pytest.mark.parametrize(
    ("outcome", "code", "severity"),
    [
        ("aborted", "call.aborted", "warning"),
        ("no_response", "call.no_response", "error"),
        ("truncated", "stream.cut", "error"),
    ],
)
def test_each_way_to_fail_has_its_finding(outcome, code, severity):
    [one] = only(code, found(call("a", 0, user("x"), outcome=outcome)))
    assert (one.severity, one.scope, one.ref) == (severity, "call", "a")


def test_other_operations_that_fail_are_notes():
    [one] = found(call("a", 0, operation="models", outcome="error"))
    assert (one.code, one.severity) == ("call.error", "note")


def test_silence_inside_a_stream():
    [one] = found(response(call("a", 0, user("x"), took=20_000), max_gap_us=12_000_000))
    assert (one.code, one.text) == ("stream.stall", "12.0 s of silence inside the stream")
    assert found(response(call("a", 0, user("x"), took=20_000), max_gap_us=9_900_000)) == []


def test_silence_that_goes_on_is_told_while_it_lasts():
    open_ = response(begun(call("a", 0, user("x"))), t_last_content_us=T0 + 1_000_000, content_events=3)
    watching = Watching().put(open_)
    assert codes(watching.tell(5_000)) == []
    assert codes(watching.tell(12_000)) == ["stream.stall"]
    [one] = watching.tell(15_000)
    assert one.text == "14.0 s of silence inside the stream and goes on"


def test_another_model_than_was_asked_for():
    [one] = found(response(call("a", 0, user("x"), model="claude-opus-5-5"), model="claude-haiku-4-5"))
    assert (one.code, one.severity) == ("call.model_mismatch", "warning")
    assert one.text == "asked for claude-opus-5-5, answered by claude-haiku-4-5"


def test_azure_deployments_may_be_called_anything():
    one = response(call("a", 0, user("x"), model="my-deployment"), model="gpt-4o-2024-08-06")
    one.provider = "azure"
    assert found(one) == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-5", "gpt-5-2025-08-07"),
        ("claude-opus-4-5", "claude-opus-4-5-20251101"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("gemini-flash-latest", "gemini-2.5-flash"),
        ("openai/gpt-4o", "gpt-4o"),
        ("anthropic/claude-opus-4.5", "claude-opus-4-5"),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5-20251101"),
        ("claude-opus-4-5@20251101", "claude-opus-4-5"),
        ("claude-sonnet-4-5[1m]", "claude-sonnet-4-5-20250929"),
        ("deepseek/deepseek-chat:free", "deepseek-chat"),
        ("Meta-Llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("gpt-4o-mini", "gpt-4o-mini-0613"),
        ("auto", "anything-at-all"),
    ],
)
def test_aliases_are_no_mismatch(asked, answered):
    assert same_model(asked, answered)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-5", "gpt-5-mini"),
        ("gpt-4o", "gpt-4o-mini-2024-07-18"),
        ("claude-opus-4-5", "claude-opus-4-1"),
        ("gemini-flash-latest", "gemini-2.5-pro"),
        ("claude-opus-5-5", "gpt-5"),
    ],
)
def test_other_models_are(asked, answered):
    assert not same_model(asked, answered)


KEY = "sk-ant-api03-" + "Ab3" * 20


def test_a_secret_is_told_once_where_it_was_sent_first_and_is_not_repeated():
    first, again = user(f"use {KEY} please"), says("no")
    findings = found(
        call("a", 0, first, answer=again, headers=headers()),
        call("b", 1000, first, again, user("do it"), headers=headers()),
    )
    [one] = only("secret.in_prompt", findings)
    assert (one.ref, one.severity, one.text) == (
        "a",
        "warning",
        "message 1 (user) holds what looks like a secret: Anthropic key",
    )
    assert KEY not in repr(findings)


def test_a_secret_in_a_tool_result_and_in_the_system_prompt():
    carried = message("user", results=(replace(result("t1").tool_results[0], text=f"export KEY={KEY}"),))
    findings = found(call("a", 0, user("go"), says("", uses("t1")), carried, system=f"token {KEY}", headers=headers()))
    texts = [one.text for one in only("secret.in_prompt", findings)]
    assert texts == [
        "message 3 (tool) holds what looks like a secret: Anthropic key",
        "the system prompt holds what looks like a secret: Anthropic key",
    ]


def test_whoever_comes_first_tells_of_the_secret_whichever_is_seen_first():
    first = user(f"use {KEY}")
    early = call("a", 0, first, answer=says("no"), headers=headers())
    late = call("b", 1000, first, says("no"), user("do"), headers=headers())
    watching = Watching().put(late)
    watching.tell(1)
    assert {one.ref for one in watching.found if one.code == "secret.in_prompt"} == {"b"}
    watching.put(early)
    watching.tell(2)
    assert {one.ref for one in watching.found if one.code == "secret.in_prompt"} == {"a"}


def test_plain_words_are_no_secrets():
    assert (
        found(call("a", 0, user("the sk-learn package, ghp_ and AKIA are words; see https://example.com/a:b@c"))) == []
    )


def test_what_the_model_said_is_not_searched():
    assert found(call("a", 0, user("go"), says(f"the key is {KEY}"), user("thanks"), headers=headers())) == []
