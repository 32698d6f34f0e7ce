"""Sessions: by the ids on the wire, and by the conversation where there are none."""

import pytest

from .build import call, result, says, tell, user, uses

GEMINI = {"user-agent": "GeminiCLI-tui/0.61.0/gemini-2.5-pro"}


@pytest.mark.parametrize(
    ("headers", "ids", "agent", "session"),
    [
        ({"X-Claude-Code-Session-Id": "s"}, {}, "claude-code", "s"),
        (
            {"user-agent": "claude-cli/2.1"},
            {"metadata.user_id": '{"device_id":"d","session_id":"s2"}'},
            "claude-code",
            "s2",
        ),
        ({"originator": "codex_exec", "session-id": "s3"}, {}, "codex", "s3"),
        (
            {"originator": "codex_exec", "x-codex-turn-metadata": '{"session_id":"s4"}', "session-id": "x"},
            {},
            "codex",
            "s4",
        ),
        ({}, {"client_metadata.x-codex-installation-id": "i", "client_metadata.session_id": "s5"}, "codex", "s5"),
        ({"user-agent": "opencode/1.18", "x-session-id": "s6"}, {}, "opencode", "s6"),
        ({"x-session-affinity": "s7"}, {}, "generic", None),
        ({"x-session-id": "s8"}, {}, "generic", "s8"),
        ({}, {"metadata.user_id": "no json"}, "generic", None),
        ({}, {"conversation": "conv"}, "generic", "conv"),
    ],
)
def test_ids_on_the_wire(headers: dict[str, str], ids: dict[str, str], agent: str, session: str | None):
    turn = tell(call("a", 0, user("x"), headers=headers, ids=ids)).only
    assert turn.agent == agent
    assert turn.session == session if session else turn.session.startswith("s") and len(turn.session) == 16


@pytest.mark.parametrize(
    ("system", "tools", "agent"),
    [
        (
            "x-anthropic-billing-header: cc_version=2.1.330.fd6; cc_entrypoint=sdk-cli;\nYou are a Claude agent",
            (),
            "claude-code",
        ),
        ("You are a Claude agent, built on Anthropic's Claude Agent SDK.", (), "claude-agent-sdk"),
        ("You are Claude Code, Anthropic's official CLI for Claude.", (), "claude-code"),
        ("You are Hermes Agent, an intelligent AI assistant created by Nous Research.", (), "hermes"),
        ("", ("skill_view", "cronjob"), "hermes"),
        ("", ("skill_view",), "generic"),
        ("", ("sessions_yield", "tool_call", "tool_describe", "tool_search"), "openclaw"),
        ("", ("sessions_yield", "sessions_spawn"), "openclaw"),
        ("Tell me about You are Claude Code", (), "generic"),
    ],
)
def test_agents_without_their_headers(system: str, tools: tuple[str, ...], agent: str):
    assert tell(call("a", 0, user("x"), system=system, tools=tools)).only.agent == agent


def conversation(keys: bool = True, **more: object) -> list:
    """Three rounds of one conversation: a tool, its result, a second prompt."""
    first, use, answer = user("one"), says("I look", uses("t1")), says("yes")
    return [
        call("a", 0, first, answer=use, knows_keys=keys, **more),
        call("b", 300, first, use, result("t1"), answer=answer, knows_keys=keys, **more),
        call("c", 600, first, use, result("t1"), answer, user("two"), knows_keys=keys, **more),
    ]


@pytest.mark.parametrize("keys", [True, False])
def test_a_conversation_is_known_by_its_messages(keys: bool):
    told = tell(*conversation(keys))
    assert len(told.sessions) == 1
    assert told.prompts == ["one", "two"]


def test_the_session_s_id_comes_from_its_first_call():
    one, two = tell(*conversation()), tell(*conversation()[:1])
    assert one.sessions.keys() == two.sessions.keys()


def test_headers_lost_on_the_way_do_not_end_a_session():
    calls = conversation(headers={"x-session-id": "mine"})
    calls[1:] = conversation()[1:]
    assert set(tell(*calls).sessions) == {"mine"}


def test_two_programs_with_the_same_first_words_are_told_apart_by_the_answers():
    first, one, two = user("weather?"), says("", uses("t1")), says("", uses("t2"))
    told = tell(
        call("a", 0, first, answer=one),
        call("b", 10, first, answer=two),
        call("c", 300, first, one, result("t1")),
        call("d", 310, first, two, result("t2")),
    )
    assert [turn.calls for turn in told.in_order] == [("a", "c"), ("b", "d")]
    assert len(told.sessions) == 2


def test_old_tool_results_may_be_shortened_and_dropped():
    first, use = user("one"), says("", uses("t1"))
    cleared = result("t1", size=2)
    again = says("", uses("t2"))
    told = tell(
        call("a", 0, first, answer=use),
        call("b", 300, first, use, result("t1", size=900), answer=again),
        call("c", 600, first, use, cleared, again, result("t2")),
    )
    assert told.only.calls == ("a", "b", "c")


def test_an_answer_that_was_cut_is_carried_on_with_what_the_user_saw():
    first = user("one")
    told = tell(
        call("a", 0, first, answer=says("a long ans"), outcome="aborted"),
        call("b", 500, first, says("a long"), user("stop, do two")),
    )
    assert len(told.sessions) == 1
    assert told.prompts == ["one", "stop, do two"]


def test_another_answer_to_the_same_words_is_another_conversation():
    told = tell(call("a", 0, user("hi"), answer=says("hello")), call("b", 500, user("hi"), says("good day"), user("x")))
    assert len(told.sessions) == 2


def test_previous_response_id_is_followed():
    told = tell(
        call("a", 0, user("one"), response_id="resp_1", answer=says("", uses("t1"))),
        call("b", 300, result("t1"), ids={"previous_response_id": "resp_1"}, response_id="resp_2"),
        call("c", 600, user("two"), ids={"previous_response_id": "resp_2"}),
    )
    assert len(told.sessions) == 1
    assert [turn.calls for turn in told.in_order] == [("a", "b"), ("c",)]


def test_results_alone_belong_to_who_asked_for_them():
    """As over a WebSocket: the server keeps the history."""
    told = tell(call("a", 0, user("one"), answer=says("", uses("t1"))), call("b", 300, result("t1")))
    assert told.only.calls == ("a", "b")


def test_a_user_s_id_is_no_session():
    told = tell(call("a", 0, user("one"), ids={"user": "u"}), call("b", 300, user("two"), ids={"user": "u"}))
    assert len(told.sessions) == 2


def test_a_compacted_conversation_goes_on_behind_its_summary():
    """Shapes as in the capture gemini-cli-tui: the history begins anew with the answer to the compaction."""
    context, first, answer = "<session_context>x</session_context>", user("one"), says("yes")
    compress = "distilling chat history into a structured XML <state_snapshot>"
    told = tell(
        call("a", 0, first, answer=answer, headers=GEMINI),
        call(
            "k",
            300,
            first,
            answer,
            user("Generate a new <state_snapshot>"),
            headers=GEMINI,
            tools=(),
            system=compress,
            answer=says("The notes"),
        ),
        call("b", 900, user(context, "The notes"), says("Got it."), user("two"), headers=GEMINI),
    )
    assert len(told.sessions) == 1
    assert told.prompts == ["one", "two"]
    assert told.parts["k"].auxiliary == "compaction"
    assert told.parts["k"].session == told.parts["a"].session
