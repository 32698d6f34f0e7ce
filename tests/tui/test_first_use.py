"""What someone who has not read the docs needs: words, keys and hints at the place where they look."""

import time
from collections.abc import Callable
from pathlib import Path

from heron_tui.store.reader import Reader
from heron_tui.tui import reading_text
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle, type_key

Make = Callable[..., HeronApp]


async def test_keys_that_come_in_one_go_count_in_their_order(make_app: Make):
    """Letters behind a backspace were there before it, when Textual let it travel to the application first."""
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "7 f")
        for key in ["d", "u", "r", *["backspace"] * 3, *"call.n", "left", "backspace", "x", "end", "z"]:
            type_key(app, key, time.monotonic())
        await settle(pilot)
        assert app.main.filter_bar.line.value == "callxnz"


async def test_lists_of_records_say_that_they_can_be_sorted(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app) as pilot:
        for view, said in (("7", True), ("6", True), ("5", True), ("3", False), ("1", False)):
            await press(pilot, view)
            assert ("o sort" in screen_text(app).splitlines()[-1]) is said, view
        await press(pilot, "7 tab")
        assert "o sort" not in screen_text(app).splitlines()[-1], "a text is not sorted"


async def test_dialogs_say_what_enter_does_in_them(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "7")
        for key, word in (("o", "choose"), ("y", "copy"), ("x", "change")):
            assert screen_text(app).splitlines()[-1].startswith(" enter open")
            await press(pilot, key)
            assert screen_text(app).splitlines()[-1].startswith(f" enter {word}")
            await press(pilot, "escape")


async def test_esc_where_there_is_no_way_back_says_how_a_filter_goes_away(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "7")
        app.filtering.apply("call.n > 1")
        await settle(pilot)
        await press(pilot, "escape")
        assert "a filter is on: f changes it, :clear-filter shows everything" in screen_text(app)
        app.do("clear-filter")
        await settle(pilot)
        await press(pilot, "escape")
        assert "a filter is on" not in screen_text(app)


def test_a_sub_agent_says_what_it_was_asked_and_what_it_answered(stores: Callable[[str], Path]):
    from heron_tui.tui.turn_nodes import session_node, turn_below, turn_node

    reader = Reader(stores("claude-code-agents"))
    tree = next(t for turn in reader.rows("turn", 0, 9) if (t := reader.turn_tree(turn["id"])) and turn["subagents"])
    turn = turn_node(tree.turn, session_node(tree.session or {}))
    turn.children = turn_below(turn, tree)
    agents = [node for top in turn.children for node in top.all() if node.kind == "subagent"]
    assert agents
    for node in agents:
        parts = {part.heading: part for part in reading_text.parts(reader, "subagent", node.record)}
        tool = reader.get("tool", node.record["started_by"])
        assert tool and parts["Task"].text == tool["arguments"]["prompt"]
        last = reader.get("call", node.record["calls"][-1])
        assert last and parts["Last answer"].text == last["text"]
        told = reading_text.parts(reader, "subagent", node.record | {"started_by": None})
        assert any(tool["arguments"]["prompt"] in part.text for part in told if part.heading == "Task")
    reader.close()


def test_what_is_wrong_below_a_session_names_the_call(stores: Callable[[str], Path]):
    reader = Reader(stores("anthropic-sdk-faults"))
    found = next(row for row in reader.rows("finding", 0, 99) if row["scope"] == "call")
    call = reader.get("call", found["ref"])
    assert call
    session, turn = (reader.get(kind, call[kind]) for kind in ("session", "turn"))
    for kind, record in (("session", session), ("turn", turn), ("call", call)):
        texts = [part.text for part in reading_text.parts(reader, kind, record)]  # type: ignore[arg-type]
        named = f"{found['code']}, call {call['n']}: "
        assert any(named in text for text in texts) is (kind != "call")
    reader.close()
