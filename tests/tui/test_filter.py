"""The filter bar: live validity, completion, history, and one filter in every view."""

import threading
import time

import pytest
from textual.widgets import Input

from heron_tui.filter import saved
from heron_tui.store.reader import Reader

from .conftest import SIZES, press, settle

NAME = "claude-code-agents"


@pytest.fixture(autouse=True)
def homes(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def done(pilot) -> None:
    """Wait until what fits is known and shown."""
    for _ in range(1000):
        await settle(pilot)
        if pilot.app.filtering.idle:
            await settle(pilot)
            return
        time.sleep(0.002)
    raise AssertionError("the filter never comes to an end")


async def write(pilot, text: str) -> None:
    """Open the bar and put a filter in it."""
    await press(pilot, "f")
    pilot.app.main.filter_bar.line.value = text
    pilot.app.main.filter_bar.line.cursor_position = len(text)
    await settle(pilot)


async def apply(pilot, text: str) -> None:
    await write(pilot, text)
    await pilot.press("enter")
    await done(pilot)


def status(app) -> str:
    return "".join(text for item in app.main.status.right() for text, _ in item)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("call.ttft > 190ms", id="green"),
        pytest.param("call.ttft > 2 and call.n > 1", id="red"),
        pytest.param("call.outcome == failed", id="amber"),
        pytest.param("call.error and tool.", id="completion"),
    ],
)
def test_the_bar(text, size, make_app, snap_compare):
    async def before(pilot) -> None:
        await settle(pilot)
        pilot.app.cursor_blink = False
        await write(pilot, text)
        pilot.app.main.filter_bar.line.cursor_blink = False
        await settle(pilot)

    assert snap_compare(make_app(NAME), run_before=before, terminal_size=size)


async def test_one_filter_in_every_view(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "1")
        everything = app.main.current.list.count
        await apply(pilot, "call.n == 8")
        packets = app.main.current.list
        reader = Reader(app.store)
        call = reader.rows("call", 7, 8)[0]
        reader.close()
        assert 0 < packets.count < everything
        assert packets.row.packet.call == call["id"]
        assert f"{packets.count} of {everything} packets · call.n == 8" in status(app)
        await press(pilot, "2")
        assert [app.main.current.list.row["id"]] == [call["flow"]]
        assert app.main.current.list.count == 1
        await press(pilot, "3")
        assert "1 of 1 turn · " in status(app)
        await apply(pilot, "call.n > 99")
        assert len(app.main.current.turns.shown.roots) == 0
        await press(pilot, "5")
        assert app.main.current.list.count == 0
        await apply(pilot, "")
        assert app.main.current.list.count == 1
        await press(pilot, "1")
        assert packets.count == everything
        assert "▽" not in status(app)


async def test_the_cursor_stays_on_its_row_if_that_still_fits(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "1 100G")
        number = app.main.current.list.row.packet.number
        assert number == 100
        await apply(pilot, "packet.number in {3, 100, 200..220}")
        assert app.main.current.list.row.packet.number == 100
        assert app.main.current.list.cursor == 1


async def test_a_wrong_filter_is_not_applied_and_esc_esc_restores_the_one_before(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await apply(pilot, "call.n == 1")
        await apply(pilot, "call.n == 2")
        await write(pilot, "call.n == ")
        await pilot.press("enter")
        await settle(pilot)
        assert app.main.filter_bar.display
        assert app.filtering.text == "call.n == 2"
        await pilot.press("escape")
        await settle(pilot)
        assert not app.main.filter_bar.display
        assert app.filtering.text == "call.n == 2"
        await press(pilot, "escape")
        await done(pilot)
        assert app.filtering.text == "call.n == 1"
        await press(pilot, "f")
        assert app.main.filter_bar.line.value == "call.n == 1"


async def test_completion_history_and_saving(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await apply(pilot, "call.n == 1")
        await apply(pilot, "call.n == 2")
        await write(pilot, "call.ttf")
        line = app.main.filter_bar.line
        await pilot.press("tab")
        assert line.value == "call.ttft"
        await pilot.press("up", "up")
        assert line.value == "call.n == 1"
        await pilot.press("down", "down")
        assert line.value == "call.ttft"
        await pilot.press("ctrl+s")
        await pilot.press(*"first", "enter")
        await settle(pilot)
        assert app.filtering.saved == {"first": "call.ttft"}
        await pilot.press("escape")
        await apply(pilot, "$first and call.n > 6")
        assert app.filtering.text == "$first and call.n > 6"
    from heron_tui.core import paths

    assert saved.history(paths.state_dir())[-1] == "$first and call.n > 6"


async def test_a_slow_filter_says_so_and_can_be_stopped(make_app, monkeypatch):
    go = threading.Event()

    def slow(self, kind, node, *, order=None, stop=None):
        from heron_tui.store.fitting import Stopped

        while not go.is_set():
            if stop.is_set():
                raise Stopped
            time.sleep(0.005)
        raise AssertionError("it was not stopped")

    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(Reader, "fit", slow)
        await write(pilot, 'body contains "x"')
        await pilot.press("enter")
        await settle(pilot)
        assert "esc stops" in status(app)
        await press(pilot, "1 j j")
        assert app.main.current.list.cursor == 2
        await press(pilot, "escape")
        assert app.filtering.text == ""
        assert not app.filtering.working
        go.set()


async def test_a_filter_from_what_is_selected(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "2 a")
        await pilot.press("enter")
        await done(pilot)
        assert app.filtering.text.startswith("flow.id == ")
        first = app.filtering.text
        await press(pilot, "A j")
        await pilot.press("exclamation_mark")
        await settle(pilot)
        assert app.main.filter_bar.display
        assert isinstance(app.focused, Input)
        assert app.main.filter_bar.line.value.startswith("not flow.client == ")
        assert app.filtering.text == first
