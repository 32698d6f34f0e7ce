"""Retries: the same request after a failed one."""

from dataclasses import replace

from .build import begun, call, result, says, system, tell, user, uses

CLAUDE = {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": "sid"}


def test_a_failed_call_is_tried_again():
    told = tell(
        call("a", 0, user("x"), outcome="error"),
        call("b", 1200, user("x"), outcome="error"),
        call("c", 2500, user("x")),
    )
    assert told.only.calls == ("a", "b", "c")
    assert [(told.parts[id].attempt, told.parts[id].retry_of) for id in "abc"] == [(1, None), (2, "a"), (3, "b")]
    assert told.only.status == "complete"


def test_how_the_answer_shall_come_does_not_count():
    """Claude Code goes back to a request without a stream after an error event."""
    first = call("a", 0, user("x"), answer=says("ha"), outcome="error", headers=CLAUDE, params={"max_tokens": 9})
    second = call("b", 110, user("x"), headers=CLAUDE, params={"max_tokens": 8})
    second.request = replace(second.request, streaming=False)
    told = tell(first, second)
    assert told.parts["b"].retry_of == "a"
    assert len(told.turns) == 1


CODEX = {"originator": "codex_exec", "session-id": "s", "x-codex-turn-metadata": '{"turn_id":"u1"}'}


def test_over_a_websocket_the_whole_is_said_again():
    """As Codex does: what failed said only what was new behind `previous_response_id`."""
    first, use = user("x"), says("", uses("t1"))
    told = tell(
        call("a", 0, first, answer=use, headers=CODEX, response_id="r1"),
        call("b", 200, result("t1"), outcome="error", headers=CODEX, ids={"previous_response_id": "r1"}),
        call("c", 900, system("again"), first, use, result("t1"), outcome="error", headers=CODEX),
        call("d", 1900, first, use, result("t1"), headers=CODEX),
    )
    assert [(told.parts[id].attempt, told.parts[id].retry_of) for id in "abcd"] == [
        (1, None),
        (1, None),
        (2, "b"),
        (3, "c"),
    ]
    assert told.only.calls == ("a", "b", "c", "d")


def test_the_same_prompt_in_other_scaffolding_is_tried_again():
    """As OpenClaw does once its own attempts have failed."""
    claw = {"tools": ("sessions_yield", "tool_call", "tool_describe", "tool_search")}
    before = "[Thu 2026-11-26 00:00 UTC] [Queued user message from a previous active turn; kept.]"
    behind = "Continue the current task from the existing transcript, preserving completed work. If"
    told = tell(
        call("a", 0, user("[Wed 2026-11-25 23:59 UTC] do it"), outcome="error", **claw),
        call("b", 900, user(f"{before}\ndo it\n\n{behind}"), **claw),
    )
    assert told.only.prompt == "do it"
    assert told.parts["b"].retry_of == "a"


def test_what_succeeded_is_not_tried_again():
    assert tell(call("a", 0, user("x")), call("b", 200, user("x"))).parts["b"].retry_of is None


def test_five_minutes_later_it_is_no_retry():
    told = tell(call("a", 0, user("x"), outcome="error"), call("b", 400_000, user("x")))
    assert told.parts["b"].retry_of is None
    assert len(told.sessions) == 2


def test_each_failed_call_is_tried_again_once():
    told = tell(
        call("a", 0, user("x"), outcome="error"),
        call("b", 1, user("x"), outcome="error"),
        call("c", 500, user("x")),
        call("d", 501, user("x")),
    )
    assert {told.parts["c"].retry_of, told.parts["d"].retry_of} == {"a", "b"}
    assert len(told.turns) == 2


def test_other_sessions_and_other_subagents_do_not_retry_each_other():
    other = CLAUDE | {"x-claude-code-session-id": "other"}
    branch = CLAUDE | {"x-claude-code-agent-id": "ag"}
    told = tell(
        call("a", 0, user("x"), outcome="error", headers=CLAUDE),
        call("b", 500, user("x"), headers=other),
        call("c", 510, user("x"), headers=branch),
    )
    assert [told.parts[id].attempt for id in "abc"] == [1, 1, 1]


def test_the_sdk_s_own_count_is_believed():
    told = tell(call("b", 0, user("x"), headers={"x-stainless-retry-count": "2"}))
    assert (told.parts["b"].attempt, told.parts["b"].retry_of) == (3, None)


def test_another_model_after_a_failure_goes_on_with_the_turn():
    told = tell(
        call("a", 0, user("x"), outcome="error", headers=CLAUDE),
        call("b", 500, user("x"), headers=CLAUDE, model="m-2"),
    )
    assert told.only.calls == ("a", "b")
    assert told.parts["b"].retry_of is None


def test_a_retry_inside_a_tool_loop_carries_the_turn_on():
    ask, use = user("x"), says("", uses("t1"))
    told = tell(
        call("a", 0, ask, answer=use),
        call("b", 300, ask, use, result("t1"), outcome="truncated"),
        call("c", 900, ask, use, result("t1")),
    )
    assert told.only.calls == ("a", "b", "c")
    assert told.tools["t1"].result_call == "b"


def test_a_call_still_open_is_no_failure():
    told = tell(begun(call("a", 0, user("x"), headers=CLAUDE)), call("b", 500, user("x"), headers=CLAUDE))
    assert told.parts["b"].retry_of is None
