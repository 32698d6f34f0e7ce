"""The context window: shares of a prompt, cached and new, and the way to text and bytes."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heron_tui.conversation.filling import IMAGE_WEIGHT, KINDS, filling, tokens
from heron_tui.conversation.reading import Conversations
from heron_tui.conversation.shapes import Conversation, Message, Part, Tool
from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from heron_tui.tui.prompts import window
from heron_tui.tui.views.context import ContextView
from tests.tui.conftest import press, running, screen_text

Make = Callable[..., HeronApp]
CAPTURES = ["claude-code", "codex-http", "codex-ws", "gemini-cli", "opencode-run", "hermes", "openclaw"]

KINDS_OF_PARTS = st.sampled_from(["text", "thinking", "tool_call", "tool_result", "image", "other"])
PARTS = st.lists(st.builds(Part, KINDS_OF_PARTS, st.text(max_size=40)), max_size=3).map(tuple)
PROMPTS = st.builds(
    lambda tools, messages: Conversation("anthropic", (Part("text", "be brief"),), tuple(tools), tuple(messages)),
    st.lists(st.builds(Tool, st.sampled_from(["Bash", "mcp__files__read", "mcp__files__list"])), max_size=3),
    st.lists(st.builds(Message, st.sampled_from(["user", "assistant", "tool"]), PARTS), max_size=5),
)


@given(PROMPTS)
def test_shares_follow_each_other_and_make_the_whole(prompt: Conversation):
    shares = filling(prompt)
    at = 0
    for share in shares:
        assert share.kind in KINDS
        assert share.start == at
        assert share.weight <= share.size
        at += share.weight
    assert tokens(shares, 1000, at) == 1000
    assert tokens(shares, None, at) == at // 4
    assert {share.group for share in shares if share.name.startswith("mcp__files")} <= {"files"}


def test_an_image_weighs_what_it_costs():
    image = Message("user", (Part("image", "data:image/png;base64," + "A" * 1_000_000),))
    (share,) = filling(Conversation("anthropic", messages=(image,)))
    assert (share.kind, share.size, share.weight) == ("images", 1_000_022, IMAGE_WEIGHT)


@pytest.mark.parametrize("name", CAPTURES)
def test_real_prompts_are_shared_out(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    calls = [call for call in reader.rows("call", 0, 50) if call["operation"] == "chat" and call["messages"]]
    for call in calls:
        body = len(reader.body(call["exchange"], "request"))
        shares = filling(Conversations(reader).of(call))
        assert shares
        assert sum(share.size for share in shares if share.kind != "other") > 0
        if not call["transport"].startswith("websocket"):
            assert sum(share.size for share in shares) < body * 1.5, "layout of JSON adds some, but not much"
    found = window.read(reader, calls[-1]["id"], lambda model: 200_000)
    reader.close()
    assert found is not None
    assert not found.problem
    assert [node.kind for node in window.tree(found)] == ["prompt", "since", "growth"]


def test_tool_results_name_the_tool_that_made_them(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    call = reader.rows("call", 5, 6)[0]
    names = [share.name for share in filling(Conversations(reader).of(call)) if share.kind == "tool results"]
    reader.close()
    assert names
    assert all(not name.startswith("unknown") for name in names)


def test_what_is_cached_is_the_beginning(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code"))
    call = reader.rows("call", 5, 6)[0]
    found = window.read(reader, call["id"], lambda model: None)
    reader.close()
    assert found is not None
    marks = [window.Row("", [share], window=found).cached for share in found.shares]
    assert "".join(marks).lstrip("●").lstrip("◐").lstrip("○") == ""
    assert marks[0] == "●"
    assert marks[-1] == "○"


async def test_parts_texts_bytes_and_the_diff(make_app: Make):
    app = make_app(window=lambda model: 200_000)
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 j + j G w")
        view = app.main.current
        assert isinstance(view, ContextView)
        assert "13.0k/200k (6.5%), 99% cached" in screen_text(app)
        assert "growth  ██████ 6 calls" in screen_text(app)
        tree = view.tree_list
        while tree.node.record.label != "tool results (5)":
            await press(pilot, "j")
        await press(pilot, "enter j enter")
        assert app.focused is view.text
        await press(pilot, "enter")
        assert app.main.current.title == "packets"
        marked = b"".join(app.main.current.bytes.data[a:b] for a, b in app.main.current.bytes._marks)
        assert b"tool_result" in marked
        await press(pilot, "escape escape")
        assert app.focused is tree
        while tree.node.kind != "since":
            await press(pilot, "j")
        await press(pilot, "enter")
        assert app.main.current.title == "diff"
        await press(pilot, "escape escape")
        assert app.main.current.title == "turns"
        await press(pilot, "5 w")
        assert app.main.current is view
        assert "13.0k/200k" in screen_text(app), "of a session, its last call"
