"""Side calls: kept apart from turns, in the session where something tells which."""

import pytest

from .build import call, says, tell, user

CLAUDE = {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": "sid"}
CODEX = {"originator": "codex_exec"}


def metadata(**fields: str) -> dict[str, str]:
    return CODEX | {
        "x-codex-turn-metadata": "{" + ",".join([f'"{name}":"{value}"' for name, value in fields.items()]) + "}"
    }


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("title", {"headers": CLAUDE, "tools": (), "schema": True, "system": "You are naming a coding session so"}),
        ("compaction", {"headers": CLAUDE, "text": "CRITICAL: Respond with TEXT ONLY. Do NOT call any tools.\n- x"}),
        (
            "security-monitor",
            {"headers": CLAUDE, "tools": (), "system": "You are a security monitor for autonomous AI coding agents."},
        ),
        ("prewarm", {"headers": CODEX, "params": {"generate": False}}),
        ("title", {"headers": metadata(thread_source="thread_title", session_id="other")}),
        ("compaction", {"headers": metadata(request_kind="compaction", session_id="s")}),
        ("compaction", {"headers": CODEX, "text": "You are performing a CONTEXT CHECKPOINT COMPACTION. Create"}),
        (
            "router",
            {
                "headers": {"user-agent": "GeminiCLI/1"},
                "tools": (),
                "schema": True,
                "system": "\nYou are a specialized Task Routing AI.",
            },
        ),
        (
            "title",
            {
                "headers": {"user-agent": "opencode/1", "x-session-id": "s"},
                "tools": (),
                "system": "You are a title generator. You",
            },
        ),
        (
            "review",
            {
                "system": "You are Hermes Agent, an intelligent AI assistant created by Nous Research.",
                "text": "Review the conversation above and update the skill library. Be ACTIVE",
            },
        ),
        ("title", {"tools": (), "system": "Generate a short, descriptive title (3-7 words) for a conversation that"}),
        ("compaction", {"tools": (), "text": "You are a summarization agent creating a context checkpoint. Treat"}),
        ("count-tokens", {"operation": "count_tokens"}),
        ("probe", {"operation": "models"}),
        ("embeddings", {"operation": "embeddings"}),
    ],
)
def test_kinds(kind: str, more: dict):
    text = more.pop("text", "x")
    told = tell(call("a", 0, user(text), **more))
    assert told.parts["a"].auxiliary == kind
    assert told.parts["a"].turn is None
    assert not told.turns


@pytest.mark.parametrize(
    "more",
    [
        {"tools": ()},  # AutoGen's reflection: no tools offered, and yet the turn's answer
        {"tools": (), "schema": True},
        {"headers": CLAUDE},
        {"headers": metadata(request_kind="turn", session_id="s", turn_id="t")},
    ],
)
def test_calls_of_the_conversation_are_none(more: dict):
    told = tell(call("a", 0, user("x"), **more))
    assert told.parts["a"].auxiliary is None
    assert len(told.turns) == 1


def test_a_title_with_its_session_s_id_counts_in_the_session_but_in_no_turn():
    told = tell(
        call("t", 0, user("<session>\nhello\n</session>"), headers=CLAUDE, tools=(), schema=True),
        call("a", 10, user("hello"), headers=CLAUDE),
    )
    assert told.only.calls == ("a",)
    assert (told.sessions["sid"].calls, told.sessions["sid"].turns) == (2, 1)
    assert told.parts["t"].session == "sid"


@pytest.mark.parametrize("at", [0, 200])
def test_a_side_call_without_the_session_s_id_goes_where_its_quotation_is_from(at: int):
    """As in codex-tui (behind the prompt) and gemini-cli-auto (before it)."""
    title = metadata(thread_source="thread_title", session_id="its own", thread_id="t")
    told = tell(
        call("n", at, user("Generate a title.\n\nUser prompt:\nmend the door"), headers=title, tools=()),
        call("a", 100, user("mend the door"), headers=metadata(session_id="s1", turn_id="t1", root_turn_id="t1")),
        call("o", 110, user("paint the wall"), headers=metadata(session_id="s2", turn_id="t2", root_turn_id="t2")),
    )
    assert told.parts["n"].session == "s1"
    assert set(told.sessions) == {"s1", "s2"}
    assert told.sessions["s1"].calls == 2


def test_a_quotation_from_long_ago_tells_nothing():
    title = metadata(thread_source="thread_title", session_id="its own")
    told = tell(
        call("a", 0, user("mend the door"), headers=metadata(session_id="s1", turn_id="t1")),
        call("n", 90_000, user("Title for: mend the door"), headers=title, tools=()),
    )
    assert told.parts["n"].session is None


def test_probes_belong_to_nobody():
    told = tell(call("p", 0, operation="models", answer=says("")), call("q", 10, operation="models", outcome="error"))
    assert not told.sessions
    assert told.parts["q"].attempt == 1
