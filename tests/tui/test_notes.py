"""Marks, ignored rows, comments and time references: what keys do, and what stays with the store."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.store.notes import Note, Notes
from heron_tui.store.reader import Reader
from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle


@pytest.fixture
def store(stores: Callable[[str], Path], tmp_path: Path) -> Path:
    """A store of the test's own."""
    return Path(shutil.copy(stores("claude-code"), tmp_path / "run.store"))


def opened(store: Path) -> HeronApp:
    return HeronApp(store, lambda: Reader(store), title="claude-code.pcap", palette=theme.DARK)


def line_of(app: HeronApp, number: int) -> str:
    """The packet's row on screen, with its first and last cell."""
    return next(line for line in screen_text(app).splitlines() if line[1:8].strip() == str(number))


async def test_marks_are_gone_along_shown_alone_and_kept(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 3G m 10G m 400G m")
        assert app.notes.marked("packet") == ["3", "10", "400"]
        shown = app.main.views["packets"].list
        await press(pilot, "'")
        assert shown.row.packet.number == 3
        assert "on from the other end" in screen_text(app)
        await press(pilot, "'")
        assert shown.row.packet.number == 10
        assert line_of(app, 10)[0] == "◆"
        await press(pilot, '"')
        assert shown.row.packet.number == 3
        await press(pilot, "2 '")
        assert app.main.current.title == "flows"
        await press(pilot, "1 M")
        assert shown.count == 3
        assert shown.row.packet.number == 3
        assert "ONLY MARKED" in screen_text(app)
        await press(pilot, "j m")
        assert [row.packet.number for row in shown.source.window(0, 9)] == [3, 400]
        await press(pilot, "M")
        assert shown.count == 760
        assert shown.row.packet.number == 400

    again = opened(store)
    async with running(again) as pilot:
        await press(pilot, "1 3G")
        assert line_of(again, 3)[0] == "◆"
        await press(pilot, "M j")
        assert again.main.views["packets"].list.row.packet.number == 400


async def test_only_marked_without_marks_says_how_to_mark(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 M")
        assert "no packet is marked: m marks" in screen_text(app)
        assert app.main.views["packets"].list.count == 760


async def test_going_to_a_packet_that_is_not_shown_shows_all_again(store: Path):
    Notes(store).put(("packet", "3"), Note(marked=True))
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 M")
        app.show_packet(100)
        await settle(pilot)
        shown = app.main.views["packets"].list
        assert shown.row.packet.number == 100
        assert shown.count == 760
        assert "packet 100 was not among the rows shown: all are shown again" in screen_text(app)


async def test_ignored_rows_are_dimmed_and_left_out_on_demand(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        shown = app.main.views["packets"].list
        await press(pilot, "1 2G i")
        assert line_of(app, 2)[0] == "×"
        await press(pilot, "I")
        assert shown.count == 759
        assert [row.packet.number for row in shown.source.window(0, 3)] == [1, 3, 4]
        assert app.notes.ignored("packet") == ["2"]
        await press(pilot, "I")
        assert shown.count == 760


async def test_comments_are_written_shown_and_taken_away(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 5G ;")
        await pilot.press(*"slow?", "enter")
        await settle(pilot)
        assert app.notes.get(("packet", "5")).comment == "slow?"
        await press(pilot, "j k")
        text = screen_text(app)
        assert "¶ slow?" in text
        assert line_of(app, 5).endswith("¶")
        await press(pilot, ";")
        await pilot.press(*["backspace"] * 5, "enter")
        await settle(pilot)
        assert app.notes.get(("packet", "5")).comment == ""


async def test_times_count_from_the_last_reference(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 4G r")
        rows = [line.packet.time_us for line in app.main.views["packets"].list.source.window(0, 20)]
        assert "*REF*" in line_of(app, 4)
        assert f"{(rows[5] - rows[3]) / 1e6:.6f}"[:6] in line_of(app, 6)
        await press(pilot, "k k k")
        assert "0.000000" in line_of(app, 1)
        await press(pilot, "4G r")
        assert "*REF*" not in screen_text(app)


async def test_turns_and_calls_can_be_noted_on(store: Path):
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "3 j m")
        turn = app.main.views["turns"].turns.node.key
        assert app.notes.marked("turn") == [turn]
        await press(pilot, "k '")
        assert app.main.views["turns"].turns.node.key == turn
        await press(pilot, "M")
        assert "only what is marked is shown" in screen_text(app)


async def test_only_what_is_marked_in_the_tree_with_what_is_around_it(store: Path):
    app = opened(store)
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "3 g g *")
        tree = app.main.views["turns"].turns
        everything = list(tree.shown.nodes)
        await press(pilot, "M")
        assert "no row of the tree is marked" in screen_text(app)
        call = next(node for node in everything if node.kind == "call")
        tree.center(everything.index(call))
        await press(pilot, "m M")
        assert [node.kind for node in tree.shown.nodes] == ["session", "turn", "call"]
        assert "only what is marked is shown" in screen_text(app)
        await press(pilot, "g g h M")
        assert tree.shown.nodes == [everything[0]]
        await press(pilot, "M")
        assert call in tree.shown.nodes
        await press(pilot, "M")
        assert tree.shown.nodes == everything
        await press(pilot, "g g j i I")
        turn = everything[1]
        below = set(turn.walk())
        assert turn.kind == "turn" and call in below
        assert tree.shown.nodes == [node for node in everything if node not in below]
        app.do("unmark-all")
        assert not app.notes.marked("call")
