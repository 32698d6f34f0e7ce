"""The filter bar: live validity, completion, history, and one filter in every view."""

import threading
import time

import pytest
from textual.widgets import Input

from heron_tui.filter import saved
from heron_tui.store.reader import Reader
from heron_tui.tui import theme

from .conftest import SIZES, press, running, screen_text, settle
from .test_engine import app_for, until

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
    assert snap_compare(make_app(NAME), run_before=writing(text), terminal_size=size)


@pytest.mark.parametrize("palette", [theme.SIXTEEN, theme.PLAIN], ids=lambda palette: palette.name)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("call.ttft > 190ms", id="green"),
        pytest.param("call.ttft > 2 and call.n > 1", id="red"),
        pytest.param("call.outcome == failed", id="amber"),
    ],
)
def test_the_bar_with_few_colours(text, palette, make_app, snap_compare):
    assert snap_compare(make_app(NAME, palette=palette), run_before=writing(text))


def writing(text):
    async def before(pilot) -> None:
        await settle(pilot)
        await write(pilot, text)
        pilot.app.main.filter_bar.line.cursor_blink = False
        await settle(pilot)

    return before


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


@pytest.mark.parametrize(
    ("text", "number"),
    [("packet.number in {3, 98, 200..220}", 98), ("packet.number >= 103", 103), ("packet.number <= 50", 50)],
)
async def test_the_cursor_goes_to_the_nearest_packet_that_fits(text, number, make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "1 100G")
        await apply(pilot, text)
        assert app.main.current.list.row.packet.number == number


async def test_the_cursor_goes_to_the_next_record_that_fits(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "2 j")
        rows = app.main.current.list
        selected, last = rows.row, rows.count - 1
        flows = [row["id"] for row in rows.source.window(0, last + 1)]
        await apply(pilot, f'flow.id in {{"{flows[0]}", "{flows[last]}"}}')
        assert selected["id"] not in (flows[0], flows[last])
        assert rows.row["id"] == flows[last]
        await apply(pilot, f'flow.id in {{"{flows[0]}", "{flows[1]}"}}')
        assert rows.row["id"] == flows[1]


async def test_what_fits_is_signed_where_the_rest_is_shown_too(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "3 j * G")
        await apply(pilot, "call.n == 8")
        tree = app.main.current.turns
        signed = [node.record["n"] for node in tree.shown.nodes if tree.stands_out(node)]
        assert signed == [8]
        assert sum(line.startswith("▽") for line in screen_text(app).splitlines()) == 1
        await apply(pilot, "turn.calls > 0")
        assert not any(tree.stands_out(node) for node in tree.shown.nodes)
        await press(pilot, "2")
        await apply(pilot, "call.n == 1")
        exchanges = app.main.current.exchanges
        assert [exchanges.stands_out(row) for row in exchanges.source.rows][:2] == [True, False]


async def test_a_filter_is_kept_from_the_command_line(make_app):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await apply(pilot, "call.n == 1")
        await press(pilot, "colon")
        await pilot.press(*"save-filter", "space", *"one", "enter")
        await settle(pilot)
        assert app.filtering.saved == {"one": "call.n == 1"}


async def test_what_fits_grows_with_the_capture(tmp_path):
    app = app_for(tmp_path, speed=4.0)
    async with running(app, size=(120, 40)) as pilot:
        await press(pilot, "1")
        rows = app.main.current.list
        await apply(pilot, "packet.length > 100")
        await until(pilot, lambda: rows.count > 20)
        await press(pilot, "g g j j")
        assert rows.cursor == 2
        await press(pilot, "F")
        await until(pilot, lambda: app.capture_state == "done")
        await until(pilot, lambda: app.counts["packets"] == 760)
        await done(pilot)
        reader = Reader(app.store)
        fit = reader.fit("packet", app.filtering.node)
        reader.close()
        assert rows.count == fit.count
        assert rows.cursor == rows.count - 1
        assert rows.row.packet.number == fit.keys[-1]


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


async def test_a_slow_filter_says_so_and_is_given_up_for_the_one_before(make_app, monkeypatch):
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
        await apply(pilot, "call.n == 1")
        await press(pilot, "1")
        count = app.main.current.list.count
        monkeypatch.setattr(Reader, "fit", slow)
        await write(pilot, 'body contains "x"')
        await pilot.press("enter")
        await settle(pilot)
        assert "esc stops" in status(app)
        await press(pilot, "j j")
        assert app.main.current.list.cursor == 2
        await press(pilot, "escape")
        assert app.filtering.text == "call.n == 1"
        assert app.main.current.list.count == count
        monkeypatch.undo()
        go.set()
        await done(pilot)
        assert app.main.current.list.count == count
        assert "▽" in status(app)


async def test_a_filter_that_cannot_be_evaluated_leaves_the_one_before(make_app, monkeypatch):
    app = make_app(NAME)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await apply(pilot, "call.n == 1")

        def broken(self, kind, node, *, order=None, stop=None):
            raise OSError("the disk is gone")

        monkeypatch.setattr(Reader, "fit", broken)
        await apply(pilot, "call.n == 2")
        assert app.filtering.text == "call.n == 1"
        assert "the disk is gone" in screen_text(app)
        monkeypatch.undo()
        await done(pilot)


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


async def test_a_store_that_grows_is_looked_at_again_for_what_is_shown(make_app):
    app = make_app("claude-code")
    async with running(app, (160, 50)) as pilot:
        app.filtering.apply("call.model")
        await settle(pilot)
        while not app.filtering.idle:
            await pilot.pause()
        app.filtering._due = 0.0
        before = {kind: app.filtering.narrowed(kind) for kind in ("packet", "flow")}
        app.filtering.store_changed()
        assert not app.filtering.stop(), "a look again is not what esc stops"
        while not app.filtering.idle:
            await pilot.pause()
        assert app.filtering.narrowed("packet") is not before["packet"]
        assert app.filtering.narrowed("flow") is before["flow"]
        app.filtering._due = 0.0
        await press(pilot, "2")
        while app.filtering.narrowed("flow") is before["flow"]:
            await pilot.pause()
