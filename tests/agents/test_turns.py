"""Turns: where they begin, what belongs to them, how they end."""

from dataclasses import replace

import pytest

from heron_tui.model.call import Call

from .build import T0, call, message, result, says, system, tell, user, uses

CLAUDE = {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": "sid"}
MINUTES = 60 * 1000


def test_a_tool_loop_is_one_turn():
    ask, use = user("do it"), says("", uses("t1"))
    told = tell(
        call("a", 0, ask, answer=use),
        call("b", 300, ask, use, result("t1")),
    )
    turn = told.only
    assert (turn.prompt, turn.answer, turn.status) == ("do it", "Done b.", "complete")
    assert turn.calls == ("a", "b")
    assert (turn.main_calls, turn.tools) == (2, 1)
    assert (turn.t_start_us, turn.t_end_us) == (T0, T0 + 400_000)
    assert (turn.input_tokens, turn.output_tokens, turn.cache_read_tokens) == (20, 10, None)
    assert turn.finish == "end_turn"
    assert turn.models == ("m-1",)


def test_times_add_up_to_the_duration():
    ask, use = user("do it"), says("", uses("t1"))
    turn = tell(
        call("a", 0, ask, answer=use),
        call("b", 300, ask, use, result("t1"), outcome="error"),
        call("c", 900, ask, use, result("t1")),
    ).only
    assert (turn.model_us, turn.tool_us, turn.idle_us) == (300_000, 200_000, 500_000)
    assert turn.model_us + turn.tool_us + turn.idle_us == turn.t_end_us - turn.t_start_us


def test_the_next_prompt_is_the_next_turn_of_the_same_session():
    first, answer = user("one"), says("yes")
    told = tell(call("a", 0, first, answer=answer), call("b", 500, first, answer, user("two")))
    assert told.prompts == ["one", "two"]
    (session,) = told.sessions.values()
    assert (session.turns, session.calls) == (2, 2)


def test_independent_requests_are_turns_of_one_call():
    told = tell(*[call(f"c{n}", n, user(f"#{n} question")) for n in range(4)])
    assert len(told.sessions) == len(told.turns) == 4
    assert all(len(turn.calls) == 1 for turn in told.in_order)


def test_the_same_question_asked_again_is_another_turn():
    told = tell(call("a", 0, user("hi")), call("b", 500, user("hi")))
    assert len(told.sessions) == len(told.turns) == 2
    assert told.parts["b"].attempt == 1


def test_a_turn_without_final_answer_is_incomplete_at_the_end():
    told = tell(call("a", 0, user("x"), answer=says("I look", uses("t"))))
    assert (told.only.status, told.only.answer) == ("incomplete", "")


@pytest.mark.parametrize(
    ("later", "status"), [(1, "in_progress"), (9 * MINUTES, "in_progress"), (11 * MINUTES, "incomplete")]
)
def test_a_turn_is_given_up_after_ten_minutes_of_silence(later: int, status: str):
    told = tell(call("a", 0, user("x"), answer=says("", uses("t"))), now=100 + later, final=False)
    assert told.only.status == status


def test_a_turn_is_over_when_the_user_goes_on_without_its_answer():
    first, cut = user("x"), says("half")
    told = tell(
        call("a", 0, first, answer=cut, outcome="aborted"),
        call("b", 500, first, cut, user("rather this"), outcome="in_progress"),
        final=False,
    )
    assert [turn.status for turn in told.in_order] == ["incomplete", "in_progress"]


def test_a_tool_that_hands_in_the_answer_ends_the_turn():
    told = tell(call("a", 0, user("x"), answer=says("", uses("t", "final_answer", answer="42"))))
    assert told.only.status == "complete"


def test_a_capture_that_begins_inside_a_turn_still_knows_its_prompt():
    use = says("", uses("t1"))
    told = tell(call("a", 0, user("before"), says("old"), user("the question"), use, result("t1")))
    assert (told.prompts, told.only.status) == (["the question"], "complete")


def test_a_prefill_for_the_model_does_not_hide_the_prompt():
    assert tell(call("a", 0, user("give JSON"), says("{"))).prompts == ["give JSON"]


def test_text_beside_tool_results_is_no_prompt_unless_the_profile_says_so():
    first, use = user("x"), says("", uses("t1"))
    plain = tell(call("a", 0, first, answer=use), call("b", 300, first, use, result("t1", "environment: fine")))
    assert plain.prompts == ["x"]
    claude = tell(
        call("a", 0, first, answer=use, headers=CLAUDE),
        call(
            "b",
            300,
            first,
            use,
            result("t1", "[Request interrupted by user for tool use]", "do y instead"),
            headers=CLAUDE,
        ),
    )
    assert claude.prompts == ["x", "do y instead"]


def test_a_picture_alone_is_a_prompt():
    picture = message("user")
    assert (
        len(tell(call("a", 0, user("x"), answer=says("y")), call("b", 300, user("x"), says("y"), picture)).turns) == 2
    )


class TestClaudeCode:
    """Shapes as in the captures claude-code-tui, claude-code-clear, claude-code-compact."""

    def test_scaffolding_is_no_prompt(self):
        told = tell(
            call(
                "a",
                0,
                user(
                    "<system-reminder>\nread this\n</system-reminder>",
                    "<local-command-caveat>x</local-command-caveat>\n",
                    "<command-name>/clear</command-name>\n  <command-message>clear</command-message>\n"
                    "  <command-args></command-args>\n",
                    "<local-command-stdout></local-command-stdout>\n",
                    "Fresh prompt please",
                ),
                system("# Environment\n - Primary working directory: /srv/app\n - Platform: linux"),
                headers=CLAUDE,
            )
        )
        assert told.prompts == ["Fresh prompt please"]
        assert told.sessions["sid"].cwd == "/srv/app"

    def test_what_is_typed_while_it_works_adds_to_the_turn(self):
        first, use = user("x"), says("", uses("t1"))
        queued = (
            "The user sent a new message while you were working:\nand y\n\nThis is how Claude Code surfaces messages"
        )
        turn = tell(
            call("a", 0, first, answer=use, headers=CLAUDE),
            call("b", 300, first, use, result("t1", queued), headers=CLAUDE),
        ).only
        assert turn.prompt == "x\n\nand y"

    def test_the_end_of_a_background_subagent_goes_on_with_the_turn_that_started_it(self):
        first, spawn = user("delegate"), says("", uses("t1", "Agent", prompt="task", subagent_type="Explore"))
        told_so, second = says("started"), user("meanwhile, y")
        notice = user(
            "<system-reminder>\n[SYSTEM NOTIFICATION - NOT USER INPUT]\n<task-notification>\n<task-id>ag1</task-id>\n"
            "<tool-use-id>toolu_t1</tool-use-id></task-notification></system-reminder>"
        )
        told = tell(
            call("a", 0, first, answer=spawn, headers=CLAUDE),
            call("b", 200, first, spawn, result("t1"), answer=told_so, headers=CLAUDE),
            call("s", 210, user("task"), headers=CLAUDE | {"x-claude-code-agent-id": "ag1"}, took=2000),
            call("c", 500, first, spawn, result("t1"), told_so, second, answer=says("y"), headers=CLAUDE),
            call("d", 3000, first, spawn, result("t1"), told_so, second, says("y"), notice, headers=CLAUDE),
        )
        assert told.prompts == ["delegate", "meanwhile, y"]
        assert [turn.calls for turn in told.in_order] == [("a", "b", "s", "d"), ("c",)]
        assert told.in_order[0].answer == "Done d."
        assert [(one.id, one.name, one.parent_tool) for one in told.in_order[0].subagents] == [("ag1", "Explore", "t1")]

    def test_a_turn_goes_on_after_a_compaction(self):
        first, use = user("x"), says("", uses("t1"))
        summary = user("This session is being continued from a previous conversation that ran out of context. Text.")
        told = tell(
            call("a", 0, first, answer=use, headers=CLAUDE),
            call(
                "k",
                300,
                first,
                use,
                result("t1", "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools."),
                headers=CLAUDE,
            ),
            call("b", 600, summary, headers=CLAUDE),
        )
        assert told.only.calls == ("a", "b")
        assert (told.parts["k"].auxiliary, told.parts["k"].session, told.parts["k"].turn) == ("compaction", "sid", None)


class TestCodex:
    """Shapes as in the captures codex-http and codex-subagents."""

    def headers(self, turn: str, root: str | None = None, thread: str = "s1", **more: str) -> dict[str, str]:
        fields = {"session_id": "s1", "thread_id": thread, "turn_id": turn, "root_turn_id": root or turn, **more}
        text = ",".join([f'"{name}":"{value}"' for name, value in fields.items()])
        return {"originator": "codex_exec", "x-codex-turn-metadata": "{" + text + "}"}

    def test_turn_ids_rule(self):
        first, answer = user("x"), says("y")
        told = tell(
            call("a", 0, first, answer=answer, headers=self.headers("t1")),
            call("b", 200, first, answer, user("go on"), headers=self.headers("t1")),
            call("c", 400, first, answer, user("go on"), says("z"), user("new"), headers=self.headers("t2")),
        )
        assert [turn.calls for turn in told.in_order] == [("a", "b"), ("c",)]
        assert told.prompts == ["x\n\ngo on", "new"]

    def test_a_resumed_thread_of_a_subagent_is_the_user_s(self):
        first, spawn = user("delegate"), says("", uses("t1", "spawn_agent", message="task"))
        told = tell(
            call("a", 0, first, answer=spawn, headers=self.headers("t1")),
            call("s", 200, user("task"), headers=self.headers("t9", "t1", "th2", parent_turn_id="t1")),
            call("r", 900, user("task"), says("Done s."), user("typed"), headers=self.headers("t3", "t3", "th2")),
        )
        assert [turn.calls for turn in told.in_order] == [("a", "s"), ("r",)]
        assert [(one.id, one.parent_tool) for one in told.in_order[0].subagents] == [("th2", "t1")]
        assert told.parts["r"].subagent is None

    def test_over_a_websocket_the_body_is_newer_than_the_headers(self):
        ids = {
            "client_metadata.session_id": "s1",
            "client_metadata.turn_id": "t5",
            "client_metadata.root_turn_id": "t5",
        }
        old = self.headers("t1")
        told = tell(
            call(
                "a",
                0,
                user("x"),
                headers=old,
                ids=ids | {"client_metadata.turn_id": "", "x": "y"},
                params={"generate": False},
            ),
            call("b", 100, user("x"), headers=old, ids=ids),
            call("c", 300, headers=old, ids=ids | {"previous_response_id": "r"}),
        )
        assert told.parts["a"].auxiliary == "prewarm"
        assert told.only.calls == ("b", "c")


def test_openclaw_s_moving_context_neither_begins_turns_nor_breaks_the_conversation():
    openclaw = "<!-- openclaw:attempt:STABLE -->\nYou are a personal assistant running inside OpenClaw."
    context = user("<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\ndata\n<<<END_OPENCLAW_INTERNAL_CONTEXT>>>")
    first, use = user("[Tue 2026-11-24 00:52 UTC] do it"), says("", uses("t1", "exec"))
    told = tell(
        call("a", 0, first, context, answer=use, system=openclaw),
        call("b", 300, first, use, result("t1"), context, system=openclaw),
        call(
            "c",
            900,
            first,
            use,
            result("t1"),
            says("Done b."),
            user("[Tue 2026-11-24 00:53 UTC] more"),
            context,
            system=openclaw,
        ),
    )
    assert told.prompts == ["do it", "more"]
    assert [turn.calls for turn in told.in_order] == [("a", "b"), ("c",)]
    assert len(told.sessions) == 1


@pytest.mark.parametrize(
    ("sent", "prompt"),
    [
        ('"say it twice"\n', "say it twice"),
        (r'"say \"it\" twice"', r"say \"it\" twice"),
        ('"it" is said, and "so"', '"it" is said, and "so"'),
        ('"', '"'),
    ],
)
def test_quotes_that_opencode_puts_around_a_prompt(sent: str, prompt: str):
    assert tell(call("a", 0, user(sent), headers={"user-agent": "opencode/1.18.33"})).prompts == [prompt]


def test_a_request_that_the_capture_lacks_begins_no_turn():
    """Nobody knows whether a user spoke in it. Where the session is known, it is of the turn that went on."""

    def torn(one: Call) -> Call:
        return replace(one, request=replace(one.request, error="the request is not whole"))

    told = tell(call("a", 0, user("one"), answer=says("Done.")), torn(call("b", 500, answer=says("Done b."))))
    assert [turn.calls for turn in told.in_order] == [("a",)]
    assert (told.parts["b"].turn, told.parts["b"].session) == (None, None)
    one = call("a", 0, user("one"), answer=says("", uses("t1")), headers=CLAUDE)
    told = tell(one, torn(call("b", 500, headers=CLAUDE)))
    assert [turn.calls for turn in told.in_order] == [("a", "b")]
