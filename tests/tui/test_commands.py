"""The command line: fuzzy search, arguments, and places to go to by number."""

from collections.abc import Callable

from textual.pilot import Pilot

from heron_tui.store.reader import Reader
from heron_tui.tui.actions import ACTIONS
from heron_tui.tui.app import HeronApp
from heron_tui.tui.screens.command import matching, scattered
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]


async def command(pilot: Pilot, text: str) -> None:
    await press(pilot, "colon")
    await pilot.press(*[{" ": "space", "-": "minus"}.get(letter, letter) for letter in text], "enter")
    await settle(pilot)


def test_letters_in_order_find_a_command():
    names = list(ACTIONS)
    assert matching("fol", names)[:2] == ["fold", "follow"]
    assert matching("fs", names)[0] == "follow-stream"
    assert matching("recol", names)[0] == "reset-columns"
    assert matching("wshk", names)[0] == "wireshark"
    assert "save" in matching("pcapng", names)
    assert matching("", names) == names
    assert matching("qqqq", names) == []
    assert scattered("oa", "follow-all") is not None
    assert scattered("ao", "follow") is None


async def test_calls_turns_and_flows_by_number(make_app: Make, stores):
    reader = Reader(stores("claude-code-agents"))
    app = make_app("claude-code-agents")
    async with running(app, (120, 40)) as pilot:
        for number in (1, 3, 8):
            await command(pilot, f"c{number}")
            node = app.main.views["turns"].turns.node
            record = reader.get("call", node.key)
            assert record is not None and record["n"] == number
        await command(pilot, "goto t1")
        node = app.main.views["turns"].turns.node
        assert (node.kind, node.record["n"]) == ("turn", 1)
        await command(pilot, "f2")
        flow = app.main.views["flows"].list.row
        assert flow["id"] == reader.rows("flow", 1, 2)[0]["id"]
        await command(pilot, "12")
        assert app.main.views["packets"].list.row.packet.number == 12
        await press(pilot, "backspace")
        assert app.main.current.title == "flows"
        await command(pilot, "c99")
        assert "there is no call 99 (1 to 8)" in screen_text(app)
        await command(pilot, "goto x9")
        assert "go where?" in screen_text(app)


async def test_arguments_behind_a_name(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1")
        await command(pilot, "sort -length")
        shown = app.main.views["packets"].list
        assert (shown.sorted_by, shown.descending) == ("length", True)
        await command(pilot, "sort colour")
        assert "there is no column 'colour' to sort by" in screen_text(app)
        await command(pilot, "theme light")
        assert app.palette.name == "heron-light"
        await command(pilot, "theme pink")
        assert "there is no theme 'pink'" in screen_text(app)
        await command(pilot, "filter call.error")
        assert app.filtering.text == "call.error"
        await press(pilot, "colon")
        await pilot.press(*"quit", "space", *"now", "enter")
        await settle(pilot)
        assert "quit takes nothing" in screen_text(app)
        await press(pilot, "escape")
        assert app.screen is app.main
