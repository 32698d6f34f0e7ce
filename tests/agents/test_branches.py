"""Sub-agents: branches of the turn that started them."""

from dataclasses import replace

import pytest

from heron_tui.model.call import Call

from .build import call, result, says, tell, user, uses

CLAUDE = {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": "sid"}
OPENCODE = {"user-agent": "opencode/1.18.33", "x-session-id": "ses_1"}


def opencode(session: str, parent: str | None = None) -> dict[str, str]:
    more = {"x-parent-session-id": parent} if parent else {}
    return OPENCODE | {"x-session-id": session} | more


def test_by_header():
    first, spawn = user("go"), says("", uses("t1", "Agent", prompt="task A", description="helper"))
    told = tell(
        call("a", 0, first, answer=spawn, headers=CLAUDE),
        call(
            "s",
            150,
            user("<system-reminder>x</system-reminder>", "task A"),
            headers=CLAUDE | {"x-claude-code-agent-id": "ag"},
        ),
        call("b", 300, first, spawn, result("t1"), headers=CLAUDE),
    )
    turn = told.only
    assert (turn.main_calls, turn.calls) == (2, ("a", "s", "b"))
    (branch,) = turn.subagents
    assert (branch.id, branch.name, branch.calls, branch.parent_tool) == ("ag", "helper", ("s",), "t1")
    assert told.parts["s"].subagent == "ag"
    assert told.parts["a"].subagent is None


def test_a_subagent_s_answer_does_not_complete_the_turn():
    first, spawn = user("go"), says("", uses("t1", "Agent", prompt="task"))
    told = tell(
        call("a", 0, first, answer=spawn, headers=CLAUDE),
        call("s", 150, user("task"), headers=CLAUDE | {"x-claude-code-agent-id": "ag"}),
        final=False,
    )
    assert (told.only.status, told.only.answer) == ("in_progress", "")


def test_by_mark_and_conversation_where_the_header_is_lost():
    billing = "x-anthropic-billing-header: cc_version=2; cc_entrypoint=cli; {}\nYou are"
    ids = {"metadata.user_id": '{"session_id":"sid"}'}
    main, sub = (
        {"system": billing.format(""), "ids": ids},
        {"system": billing.format("cc_is_subagent=true;"), "ids": ids},
    )
    first, spawn = user("go"), says("", uses("t1", "Agent", prompt="A"), uses("t2", "Agent", prompt="B"))
    use = says("", uses("t3"))
    told = tell(
        call("a", 0, first, answer=spawn, **main),
        call("s1", 150, user("A"), answer=use, **sub),
        call("s2", 160, user("B"), **sub),
        call("s3", 400, user("A"), use, result("t3"), **sub),
        call("b", 900, first, spawn, result("t1"), result("t2"), **main),
    )
    assert [(one.calls, one.parent_tool) for one in told.only.subagents] == [(("s1", "s3"), "t1"), (("s2",), "t2")]
    assert told.only.main_calls == 2


def test_by_a_session_of_its_own_that_names_its_parent():
    """As in opencode-subagents: a child may start while the answer that asked for it still comes."""
    first, spawn = user("go"), says("", uses("t1", "task", prompt="A", subagent_type="general"))
    told = tell(
        call("a", 0, first, answer=spawn, headers=opencode("ses_1"), took=500),
        call("s", 300, user("A"), headers=opencode("ses_2", "ses_1")),
        call("g", 350, user("deep"), headers=opencode("ses_3", "ses_2")),
        call("b", 900, first, spawn, result("t1"), headers=opencode("ses_1")),
    )
    assert set(told.sessions) == {"ses_1"}
    assert [(one.id, one.calls) for one in told.only.subagents] == [("ses_2", ("s",)), ("ses_3", ("g",))]
    assert told.only.subagents[0].name == "general"


def test_by_the_task_alone():
    """As in hermes-agents: nothing in the request tells, but its first words are the tool's argument."""
    hermes = {"system": "You are Hermes Agent, an intelligent AI assistant created by Nous Research."}
    first, spawn = user("go"), says("", uses("t1", "delegate_task", goal="Run the tests"))
    use = says("", uses("t2", "terminal"))
    told = tell(
        call("a", 0, first, answer=spawn, **hermes),
        call("b", 200, first, spawn, result("t1"), **hermes),
        call("s", 210, user("Run the tests"), answer=use, **hermes),
        call("s2", 600, user("Run the tests"), use, result("t2"), **hermes),
    )
    turn = told.only
    assert len(told.sessions) == 1
    assert turn.status == "complete"
    assert [(one.calls, one.parent_tool) for one in turn.subagents] == [(("s", "s2"), "t1")]


HERMES = {"system": "You are Hermes Agent, an intelligent AI assistant created by Nous Research."}
TASK = "Run the tests and report what fails"


def torn(one: Call) -> Call:
    one.lossy = True
    return one


def test_a_subagent_of_which_the_capture_lacks_the_first_call():
    first, spawn = user("go"), says("", uses("t1", "delegate_task", goal=TASK))
    use, more = says("", uses("t2", "terminal")), says("", uses("t3", "terminal"))
    told = tell(
        call("a", 0, first, answer=spawn, **HERMES),
        call("s2", 200, user(TASK), use, result("t2"), answer=more, **HERMES),
        call("s3", 400, user(TASK), use, result("t2"), more, result("t3"), **HERMES),
        call("b", 600, first, spawn, result("t1"), **HERMES),
    )
    assert [(one.calls, one.parent_tool) for one in told.only.subagents] == [(("s2", "s3"), "t1")]


@pytest.mark.parametrize("left", ["Run the tests and rep", "Run the tests hat fails", "and report what fails"])
@pytest.mark.parametrize("argument", ["goal", "input"])
def test_a_subagent_whose_task_has_a_hole_where_it_was_given(left: str, argument: str):
    """The arguments may be no JSON any more: they stand in `input` then."""
    first, torn_spawn = user("go"), says("", uses("t1", "delegate_task", **{argument: left}))
    told = tell(
        torn(call("a", 0, first, answer=torn_spawn, **HERMES)),
        call("s", 200, user(TASK), **HERMES),
        call("b", 600, first, says("", uses("t1", "delegate_task", goal=TASK)), result("t1"), **HERMES),
    )
    assert [(one.calls, one.parent_tool) for one in told.only.subagents] == [(("s",), None)]
    assert told.only.calls == ("a", "s", "b")


def test_the_same_task_given_by_another_agent_is_that_one_s():
    gemini = {"headers": {"user-agent": "GeminiCLI/1"}}
    told = tell(
        call("a", 0, user("go"), answer=says("", uses("t1", "invoke_agent", prompt=TASK)), **gemini),
        call("b", 50, user("go"), answer=says("", uses("t2", "delegate_task", goal=TASK)), **HERMES),
        call("s", 200, user(TASK), **HERMES),
    )
    assert [(turn.agent, turn.calls) for turn in told.in_order] == [("gemini-cli", ("a",)), ("hermes", ("b", "s"))]


def test_another_task_than_the_one_with_a_hole_is_another_conversation():
    spawn = says("", uses("t1", "delegate_task", goal="Run the tests and"))
    told = tell(
        torn(call("a", 0, user("go"), answer=spawn, **HERMES)),
        call("s", 200, user("Run the linter and report what fails"), **HERMES),
    )
    assert len(told.sessions) == 2


def test_a_marked_subagent_whose_start_is_missing_is_of_the_one_turn_that_waits():
    gemini = {"headers": {"user-agent": "GeminiCLI/1"}}
    sub = gemini | {"tools": ("complete_task", "read_file")}
    go, other, half = user("go"), user("other"), says("", uses("t1", "invoke_agent", prompt="A"))
    waiting = torn(call("a", 0, go, answer=half, **gemini))
    told = tell(waiting, call("s", 150, user("B"), **sub), call("b", 900, go, half, result("t1"), **gemini))
    assert [one.calls for one in told.only.subagents] == [("s",)]
    two = tell(waiting, torn(call("c", 50, other, answer=half, **gemini)), call("s", 150, user("B"), **sub))
    assert len(two.sessions) == 3


def test_two_tasks_of_the_same_words_go_to_two_subagents():
    gemini = {"headers": {"user-agent": "GeminiCLI/1"}}
    sub = gemini | {"tools": ("complete_task", "read_file")}
    first = user("go")
    spawn = says(
        "",
        uses("t1", "invoke_agent", prompt="A", agent_name="x"),
        uses("t2", "invoke_agent", prompt="A", agent_name="y"),
    )
    told = tell(
        call("a", 0, first, answer=spawn, **gemini),
        call("s1", 150, user("A"), **sub),
        call("s2", 160, user("A"), **sub),
    )
    assert [(one.name, one.parent_tool) for one in told.only.subagents] == [("x", "t1"), ("y", "t2")]


def test_what_the_program_says_to_a_subagent_is_no_prompt():
    """As in gemini-cli-agents: "You have stopped calling tools without finishing"."""
    gemini = {"headers": {"user-agent": "GeminiCLI/1"}}
    sub = gemini | {"tools": ("complete_task", "read_file")}
    first, spawn, half = user("go"), says("", uses("t1", "invoke_agent", prompt="A")), says("hm")
    told = tell(
        call("a", 0, first, answer=spawn, **gemini),
        call("s1", 150, user("A"), answer=half, **sub),
        call("s2", 300, user("A"), half, user("You have stopped calling tools"), **sub),
        call("b", 900, first, spawn, result("t1"), **gemini),
    )
    assert told.only.calls == ("a", "s1", "s2", "b")
    assert told.prompts == ["go"]


def test_a_subagent_that_works_on_after_the_next_prompt_stays_with_its_turn():
    first, spawn, use = user("go"), says("", uses("t1", "Agent", prompt="A")), says("", uses("t2"))
    sub = CLAUDE | {"x-claude-code-agent-id": "ag"}
    told = tell(
        call("a", 0, first, answer=spawn, headers=CLAUDE),
        call("s1", 150, user("A"), answer=use, headers=sub),
        call("b", 300, first, spawn, result("t1"), headers=CLAUDE),
        call("c", 500, first, spawn, result("t1"), says("Done b."), user("next"), headers=CLAUDE),
        call("s2", 700, user("A"), use, result("t2"), headers=sub),
    )
    assert [turn.calls for turn in told.in_order] == [("a", "s1", "b", "s2"), ("c",)]


def test_a_subagent_without_its_main_agent_still_has_a_turn():
    told = tell(call("s", 0, user("A"), headers=CLAUDE | {"x-claude-code-agent-id": "ag"}))
    assert (told.only.main_calls, told.only.prompt, told.only.status) == (0, "", "incomplete")


def test_subagents_of_a_request_that_the_capture_lacks_are_of_one_turn():
    """It names its session and nothing else; its answer, which asks for them, is there."""
    first, spawn = user("go"), says("", uses("t1", "Agent", prompt="A"), uses("t2", "Agent", prompt="B"))
    lost = call("a", 0, answer=spawn, headers=CLAUDE)
    lost.request = replace(lost.request, error="the request is not whole")
    told = tell(
        lost,
        call("s1", 150, user("A"), headers=CLAUDE | {"x-claude-code-agent-id": "one"}),
        call("s2", 160, user("B"), headers=CLAUDE | {"x-claude-code-agent-id": "two"}),
        call("b", 400, first, spawn, result("t1"), result("t2"), headers=CLAUDE),
    )
    assert told.only.calls == ("s1", "s2", "b")
    assert told.only.prompt == "go"
    assert [one.id for one in told.only.subagents] == ["one", "two"]
