"""Opening other files, saving packets, and the observer's health."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from heron_tui.core.errors import SourceError
from heron_tui.engine.run import replay
from heron_tui.store.notes import Note, Notes
from heron_tui.store.reader import Reader
from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle, type_key


def opened(store: Path, **more: Any) -> HeronApp:
    return HeronApp(store, lambda: Reader(store), title="claude-code.pcap", palette=theme.DARK, **more)


@pytest.fixture
def store(stores: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of the test's own, in the directory that the program runs in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Path(shutil.copy(stores("claude-code"), tmp_path / "run.store"))


async def test_marked_packets_are_saved_with_comments(store: Path, tmp_path: Path):
    Notes(store).put(("packet", "4"), Note(marked=True, comment="here it began"))
    Notes(store).put(("packet", "8"), Note(marked=True))
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 ctrl+s")
        assert "marked packets, as pcapng" in screen_text(app)
        await press(pilot, "j enter")
        assert "claude-code-saved.pcapng" in screen_text(app)
        await press(pilot, "enter")
        assert "saved 2 packets as" in screen_text(app)
    replay([str(tmp_path / "claude-code-saved.pcapng")], tmp_path / "again.store")
    again = opened(tmp_path / "again.store")
    async with running(again) as pilot:
        await press(pilot, "1 j k")
        assert "¶ here it began" in screen_text(again)


async def test_a_file_that_is_there_is_not_replaced_unasked(store: Path, tmp_path: Path):
    target = tmp_path / "claude-code-saved.pcapng"
    target.write_text("mine")
    app = opened(store)
    async with running(app) as pilot:
        await press(pilot, "1 ctrl+s enter enter")
        assert "is there already" in screen_text(app)
        await press(pilot, "enter")
        assert target.read_text() == "mine"
        await press(pilot, "ctrl+s enter enter j enter")
        assert "saved 760 packets" in screen_text(app)
        assert target.stat().st_size > 100_000


async def test_another_store_is_opened_from_the_list(store: Path, tmp_path: Path):
    shutil.copy(store, tmp_path / "other.store")
    asked: list[Path] = []

    def another(path: Path) -> tuple[None, Path, str]:
        asked.append(path)
        if len(asked) == 1:
            raise SourceError("Permission denied")
        return None, path, path.name

    app = opened(store, another=another)
    async with running(app) as pilot:
        await press(pilot, "ctrl+o j j enter")
        assert "Permission denied" in screen_text(app)
        await press(pilot, "ctrl+o")
        text = screen_text(app)
        assert "other.store" in text
        assert "run.store" in text
        await press(pilot, "j j enter")
    assert app.next == (None, tmp_path / "other.store", "other.store")


async def test_health_says_that_nothing_was_lost_or_what(store: Path):
    app = opened(store)
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "e")
        text = screen_text(app)
        assert "Nothing was lost" in text
        assert "run.store" in "".join(text.replace("│", "").split())
        assert "memory of this process" in text
        app.losses.gaps = 2
        app.screen.look()
        await settle(pilot)
        text = screen_text(app)
        assert "places where bytes of a connection are missing" in text
        assert "Nothing was lost" not in text
        await press(pilot, "e")
        assert app.screen is app.main


class Hasty(HeronApp):
    """A key is pressed before anything is there."""

    def on_load(self) -> None:
        type_key(self, "1", 0.0)


async def test_keys_that_come_before_the_first_screen_are_not_lost(store: Path):
    app = Hasty(store, lambda: Reader(store), palette=theme.DARK)
    async with running(app):
        assert app.main.current.title == "packets"


async def test_without_a_file_the_list_of_what_can_be_opened_comes_first(store: Path):
    app = opened(store, first="open-file", another=lambda path: (None, path, path.name))
    async with running(app) as pilot:
        await settle(pilot)
        assert "Open: enter opens" in screen_text(app)
        await press(pilot, "escape")
        assert "Open: enter opens" not in screen_text(app)


async def test_without_a_store_other_files_can_still_be_chosen(store: Path, tmp_path: Path):
    shutil.copy(store, tmp_path / "other.store")

    def no_store() -> Reader:
        raise SourceError("there is none")

    app = HeronApp(tmp_path / "none.store", no_store, another=lambda path: (None, path, path.name))
    async with running(app) as pilot:
        await press(pilot, "ctrl+o")
        assert "other.store" in screen_text(app)
