"""Choosing what is captured on the screen, and the screen over a live capture."""

import asyncio
import os
import shutil
from pathlib import Path
from shutil import which

import pytest

from heron_tui.core.errors import PrivilegeError
from heron_tui.engine.protocol import Job, Tick
from heron_tui.model.live import DEFAULT_FILTER, Live, Missing
from heron_tui.store.reader import Reader
from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from heron_tui.tui.bridge import Ticked
from heron_tui.tui.screens.capture import CaptureScreen
from heron_tui.tui.widgets.row_list import RowList
from tests.tui.conftest import press, running, screen_text, settle


def app_for(tmp_path: Path, live: Live) -> HeronApp:
    store = tmp_path / "live.store"
    job = Job(store=str(store), live=live)  # nobody starts capturers: the engine says so, and ends
    return HeronApp(store, lambda: Reader(store), job=job, title=live.title, palette=theme.DARK)


async def test_the_dialog_lists_interfaces_and_switches_them(tmp_path: Path):
    live = Live(interfaces=("any",), filter=DEFAULT_FILTER)
    app = app_for(tmp_path, live)
    async with running(app, size=(120, 40)) as pilot:
        await press(pilot, "ctrl+e")
        screen = app.screen
        assert isinstance(screen, CaptureScreen)
        names = [line.name for line in screen.lines]
        assert "TLS" in names
        assert any(name in names for name in ("lo", "lo0"))
        assert screen.chosen().interfaces in (("any",), ())
        rows = screen.query_one(RowList)
        rows.move(names.index("TLS"))
        await press(pilot, "enter")
        assert screen.chosen().tls is False
        assert "[ ] TLS" in screen_text(app)
        await press(pilot, "escape")
        assert not isinstance(app.screen, CaptureScreen)


class Here:
    """Who begins captures, as the command line does it; what it was asked for is in `begun`."""

    usual = Live(interfaces=("any",), filter=DEFAULT_FILTER)

    def __init__(self, store: Path, refused: str = "") -> None:
        self.store, self.refused = store, refused
        self.begun: list[Live] = []

    def missing(self) -> Missing:
        return Missing(tls="TLS needs root: run: sudo heron-tui live")

    def begin(self, live: Live, /):
        if self.refused:
            raise PrivilegeError(self.refused)
        self.begun.append(live)
        return Job(store=str(self.store), live=live), self.store, live.title


@pytest.mark.parametrize("refused", ["", "packets need rights: run: sudo heron-tui live"])
async def test_a_live_capture_can_take_the_place_of_a_store(stores, tmp_path: Path, refused: str):
    store = shutil.copy(stores("claude-code"), tmp_path / "some.store")
    here = Here(tmp_path / "live.store", refused)
    app = HeronApp(Path(store), lambda: Reader(store), title="some.store", palette=theme.DARK, capturing=here)
    async with running(app, size=(120, 40)) as pilot:
        await press(pilot, "ctrl+e")
        screen = app.screen
        assert isinstance(screen, CaptureScreen)
        names = [line.name for line in screen.lines]
        assert "Stop" not in names and "Again" not in names
        await settle(pilot)
        assert "leave some.store" in screen_text(app)
        assert "sudo heron-tui live" in screen_text(app)
        assert screen.chosen().tls is False
        assert screen.chosen().interfaces == ("any",)
        screen.query_one(RowList).move(0)
        await press(pilot, "enter")
        await settle(pilot)
        if refused:
            assert app.next is None
            assert refused in screen_text(app)
            return
    assert app.next == (Job(store=str(here.store), live=here.begun[0]), here.store, "any")


async def test_what_must_not_be_missed_stands_across_the_screen(tmp_path: Path):
    app = app_for(tmp_path, Live(interfaces=(), must_tls=True))
    async with running(app, size=(120, 40)) as pilot:
        while app.capture_state != "failed":  # nobody starts capturers here
            await asyncio.sleep(0.01)
        await settle(pilot)
        app.main.banner.hide()
        app.post_message(Ticked(Tick(state="running", alarm="TLS is not seen: no probe is attached")))
        await settle(pilot)
        assert "no probe is attached" in screen_text(app)
        app.post_message(Ticked(Tick(state="running")))
        await settle(pilot)
        assert "no probe is attached" not in screen_text(app)


tmux = pytest.mark.skipif(
    os.geteuid() != 0 or which("tmux") is None or not (which("dumpcap") or which("tcpdump")),
    reason="needs root, tmux and a capturer",
)


@tmux
@pytest.mark.tmux
@pytest.mark.xdist_group("tmux")
def test_calls_come_to_the_terminal_as_they_happen(tmp_path: Path):
    from tests.live.talking import ask, model
    from tests.tui.test_tmux import Tmux

    with model() as port:
        arguments = ["live", "--no-tls", "-i", "lo", "-f", f"tcp port {port}", "--store", str(tmp_path / "s.store")]
        terminal = Tmux(tmp_path, arguments, size=(140, 40), env={"HOME": str(tmp_path), "TERM": "xterm-256color"})
        try:
            terminal.wait("live", "0 calls")
            ask(port, 2)
            assert "hello 1" in terminal.wait("2 calls", "hello 1")
            terminal.keys("C-e")
            terminal.wait("Stop", "stop the capture")
            terminal.keys("j", "Enter")
            terminal.wait("■ stopped")
            terminal.keys("C-q")
            terminal.wait("exit code 0")
        finally:
            terminal.close()
