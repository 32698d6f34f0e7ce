"""What keys do, on a real capture."""

from collections.abc import Callable

import pytest

from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from heron_tui.tui.screens.help import HelpScreen
from heron_tui.tui.views.packets import PacketsView
from heron_tui.tui.views.turns import TurnsView
from tests.tui.conftest import press, running, screen_text, settle, type_key

Make = Callable[..., HeronApp]


def packets(app: HeronApp) -> PacketsView:
    view = app.main.views["packets"]
    assert isinstance(view, PacketsView)
    return view


def turns(app: HeronApp) -> TurnsView:
    view = app.main.views["turns"]
    assert isinstance(view, TurnsView)
    return view


async def test_from_a_turn_to_its_bytes_and_all_the_way_back(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        view = turns(app)
        await press(pilot, "j")
        assert view.turns.node.kind == "turn"
        await press(pilot, "enter j")
        assert view.turns.node.kind == "call"
        call = view.turns.node.key

        await press(pilot, "enter j j j")
        assert app.focused is view.steps
        step = view.steps.row
        assert step.name == "content_block_start"

        await press(pilot, "enter")
        assert app.main.current is packets(app)
        shown = packets(app).bytes
        assert app.focused is shown
        assert packets(app).packet.packet.number == step.packets[0]
        assert packets(app).packet.packet.call == call
        start, end = shown._marks[0]
        assert shown.data[start:end].startswith(b"event: content_block_start\ndata: {")
        layer = packets(app).detail.shown.roots[0].record
        assert layer.name == "Evidence" and layer.ranges() == [(start, end)]

        await press(pilot, "escape")
        assert app.focused is view.steps
        await press(pilot, "enter shift+tab shift+tab enter")
        assert app.focused is packets(app).detail
        while packets(app).detail.node.record.name != "TCP":
            await press(pilot, "j")
        await press(pilot, "enter")
        assert app.focused is packets(app).bytes
        start, end = shown._marks[0]
        assert end - start == 32

        await press(pilot, "escape")
        assert app.focused is packets(app).detail
        await press(pilot, "q")
        assert app.focused is packets(app).list
        await press(pilot, "backspace")
        assert app.focused is view.steps
        assert view.steps.row == step
        await press(pilot, "escape")
        assert app.focused is view.turns
        assert view.turns.node.key == call
        assert not view.has_class("-steps")


async def test_from_a_packet_to_its_call_and_turn(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1 400G")
        assert packets(app).list.row.packet.number == 400
        call = packets(app).packet.packet.call
        await press(pilot, "t")
        assert app.main.current is turns(app)
        assert turns(app).turns.node.key == call
        await press(pilot, "escape")
        assert app.main.current is packets(app)
        assert packets(app).list.row.packet.number == 400


async def test_goto_and_commands_by_name(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "ctrl+g")
        for key in "123":
            await pilot.press(key)
        await press(pilot, "enter")
        assert packets(app).list.row.packet.number == 123
        await press(pilot, "colon")
        await pilot.press(*"flow", "enter")
        await settle(pilot)
        assert app.main.current.title == "flows"
        await press(pilot, "ctrl+p escape")
        assert app.screen is app.main
        await press(pilot, "colon")
        await pilot.press(*"99999", "enter")
        await settle(pilot)
        assert "there is no packet 99999" in screen_text(app)


async def test_motion_in_a_list(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1 12j")
        rows = packets(app).list
        assert rows.cursor == 12
        await press(pilot, "k ctrl+d")
        assert rows.cursor == 11 + rows.page // 2
        await press(pilot, "G")
        assert rows.cursor == rows.count - 1
        await press(pilot, "g g")
        assert rows.cursor == 0
        await press(pilot, "space space b")
        assert rows.cursor == rows.page
        await press(pilot, "] ]")
        assert rows.row.packet.info.startswith("POST")
        first = rows.row.packet.number
        await press(pilot, "[")
        assert rows.row.packet.number < first


async def test_help_is_that_of_the_pane_in_focus(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 ?")
        assert isinstance(app.screen, HelpScreen)
        assert "next-turn" in screen_text(app)
        await press(pilot, "escape 4 ?")
        text = screen_text(app)
        assert "wider window of time" in text
        assert "next-turn" not in text
        await press(pilot, "q")
        assert app.screen is app.main


async def test_hints_name_keys_that_work(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        for view in "123456":
            await press(pilot, view)
            for name in app.keyboard.available():
                for keys in app.keymap.keys[name]:
                    assert app.keymap.find(tuple(keys.split(" ")), app.keyboard.scopes()) is not None


def hinted(app: HeronApp) -> bool:
    """Whether the last line names what can be done now."""
    first = "".join(text for text, _ in app.main.hints.left()[0])
    return screen_text(app).splitlines()[-1].startswith(first.rstrip())


async def test_hints_follow_the_focus_into_dialogs_and_back(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1")
        for key in ("y", "o", "c", "x"):
            await press(pilot, key)
            assert app.screen is not app.main and hinted(app), key
            await press(pilot, "escape")
            assert app.screen is app.main and hinted(app), key
        before = screen_text(app).splitlines()[-1]
        await pilot.click("#packet-bytes")
        await settle(pilot)
        assert hinted(app) and screen_text(app).splitlines()[-1] != before


async def test_secrets_are_masked_until_asked_for(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "colon")
        await pilot.press(*"4", "enter")
        await settle(pilot)
        key = next(f for f in packets(app).detail.shown.nodes if f.record.name == "x-api-key")
        assert key.record.secret
        value = key.record.value
        assert value
        assert value not in screen_text(app)
        packets(app).detail.center(packets(app).detail.find(key.key))
        await settle(pilot)
        assert "••••••••" in screen_text(app)
        await press(pilot, "u")
        assert value in screen_text(app)
        assert "UNMASKED" in screen_text(app)
        await press(pilot, "u")
        assert value not in screen_text(app)


async def test_tab_goes_round_the_panes_and_zoom_gives_one_the_screen(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1")
        view = packets(app)
        assert app.focused is view.list
        await press(pilot, "tab")
        assert app.focused is view.detail
        await press(pilot, "tab")
        assert app.focused is view.bytes
        assert view.bytes.display
        assert not view.detail.display
        await press(pilot, "tab")
        assert app.focused is view.list
        await press(pilot, "shift+tab z")
        assert view.bytes.size.height == 24 - 3
        await press(pilot, "z")
        assert view.list.size.height > 5


async def test_panes_can_be_resized_turned_and_reset(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        view = turns(app)
        height = view.turns.size.height
        await press(pilot, ">")
        assert view.turns.size.height > height
        await press(pilot, "|")
        assert view.turns.size.width < 60
        await press(pilot, "=")
        assert (view.turns.size.height, view.turns.size.width) == (height, 80)


@pytest.mark.parametrize("size", [(40, 12), (100, 30), (140, 40), (220, 60), (20, 5)])
async def test_the_screen_follows_the_terminal(make_app: Make, size: tuple[int, int]):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1 30G")
        await pilot.resize_terminal(*size)
        for view in "123456":
            await press(pilot, view)
            assert all(len(line) <= size[0] for line in screen_text(app).split("\n"))
        await press(pilot, "1")
        assert packets(app).list.cursor == 29
        assert packets(app).query_one("#tree-side").display == (size[0] >= 140)


async def test_the_turn_tree_beside_the_packets_leads_to_them(make_app: Make):
    app = make_app()
    async with running(app, (160, 50)) as pilot:
        view = packets(app)
        tree = view.forest.tree
        await press(pilot, "1 shift+tab")
        assert app.focused is tree
        await press(pilot, "j j enter j")
        assert tree.node.kind == "call"
        assert view.list.row.packet.number == tree.node.record["evidence"]["request"][0]
        await press(pilot, "enter")
        assert app.focused is view.list


async def test_follow_and_pause_are_said(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "F 1")
        assert "FOLLOW" in screen_text(app)
        assert packets(app).list.cursor == packets(app).list.count - 1
        assert turns(app).turns.node.kind in ("call", "tool")
        await press(pilot, "1 k")
        assert not app.following
        await press(pilot, "p")
        assert "PAUSED" in screen_text(app)


async def test_times_and_themes_can_be_changed(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1")
        assert "0.000000" in screen_text(app)
        await press(pilot, "T")
        assert "09:21:26" in screen_text(app)
        await press(pilot, "T")
        assert "+0.0000" in screen_text(app)
        await press(pilot, "colon")
        await pilot.press(*"theme", "enter")
        await settle(pilot)
        assert app.palette is theme.LIGHT


async def test_q_at_the_top_asks_once(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "q")
        assert "q again" in screen_text(app)
        await press(pilot, "j q")
        assert app.return_code is None
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


async def test_copying_takes_what_is_selected(make_app: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1 j j j y y")
        assert "POST /v1/messages" in app.clipboard
        await press(pilot, "enter G y y")
        assert app.clipboard


async def test_flows_lead_to_exchanges_and_packets(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "2 enter")
        view = app.main.current
        assert app.focused.id == "exchange-list"
        await press(pilot, "enter")
        assert packets(app).list.row.packet.number == 4
        await press(pilot, "escape t")
        assert turns(app).turns.node.kind == "call"
        await press(pilot, "escape escape")
        assert app.main.current is view


async def test_a_digit_shows_its_view_at_once_and_counts_when_a_motion_follows(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1")
        type_key(app, "3", 10.0)
        await pilot.pause()
        assert app.main.current is turns(app)
        type_key(app, "j", 10.1)  # as people type: 3j
        await settle(pilot)
        assert app.main.current is packets(app)
        assert packets(app).list.cursor == 3
        type_key(app, "3", 20.0)
        type_key(app, "j", 20.001)  # as a program presses keys: a view, then a motion in it
        await settle(pilot)
        assert app.main.current is turns(app)
        assert turns(app).turns.cursor == 1
        type_key(app, "1", 30.0)
        type_key(app, "j", 31.0)  # after a look at it
        await settle(pilot)
        assert packets(app).list.cursor == 4


async def test_from_a_figure_of_a_call_to_its_bytes(make_app: Make):
    app = make_app()
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "3 j + j tab")
        text = turns(app).text
        assert app.focused is text
        while text.claim is None or text.claim.what != "output":
            await press(pilot, "l" if text.chosen < len(text._lines[text.cursor].claims) - 1 else "h h h j")
        call = turns(app).turns.node.record
        await press(pilot, "enter")
        shown = packets(app).bytes
        assert app.focused is shown
        start, end = shown._marks[0]
        assert shown.data[start:end] == b'"output_tokens":%d' % call["output_tokens"]
        await press(pilot, "escape")
        assert app.focused is text


async def test_from_a_tool_result_to_its_bytes_and_from_there_to_the_turn(make_app: Make):
    app = make_app()
    async with running(app, (80, 24)) as pilot:
        await press(pilot, "3 j + j j")
        assert turns(app).turns.node.kind == "tool"
        await press(pilot, "tab G enter")
        shown = packets(app).bytes
        assert app.focused is shown
        start, end = shown._marks[0]
        assert shown.data[start:end].startswith(b'{"tool_use_id":"')
        await press(pilot, "t")
        assert app.main.current is turns(app)
        await press(pilot, "escape")
        assert app.focused is shown


async def test_bytes_lead_to_the_message_that_they_are_part_of(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 4G enter")
        while packets(app).detail.node.record.name != "Request body":
            await press(pilot, "j")
        await press(pilot, "*")
        while not packets(app).detail.node.record.name.endswith(" user"):
            await press(pilot, "j")
        field = packets(app).detail.node.record
        shown = packets(app).bytes
        assert shown._marks == field.ranges()
        assert shown.data[field.start : field.start + 14] == b'{"role":"user"'
        await press(pilot, "tab l l")
        assert packets(app).detail.node.record is field


async def test_two_fast_keys_close_a_dialog_once(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "colon")
        type_key(app, "escape", 1.0)
        type_key(app, "escape", 1.1)
        await settle(pilot)
        assert app.screen is app.main


async def test_the_text_of_a_turn_names_its_slowest_call(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "3 j")
        assert "slowest  call 2:" in screen_text(app).replace("slowest call", "slowest  call")
        text = turns(app).text
        await press(pilot, "tab")
        while text.claim is None:
            await press(pilot, "j")
        await press(pilot, "enter")
        assert app.main.current is packets(app)
        assert packets(app).packet.call["n"] == 2
