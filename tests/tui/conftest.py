"""The application on stores of real captures, and ways to wait until it has nothing more to do."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from heron_tui.store.notes import path_of
from heron_tui.store.reader import Reader
from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from heron_tui.tui.keyboard import TYPED_S

CHARACTERS = {"colon": ":", "enter": "\r", "tab": "\t", "space": " "}
SIZES = ((80, 24), (120, 40), (160, 50))


@pytest.fixture(scope="session", autouse=True)
def utc() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        patch.delenv("NO_COLOR", raising=False)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def make_app(stores: Callable[[str], Path]) -> Iterator[Callable[..., HeronApp]]:
    """An application that shows the store of a capture; what a test notes on it is gone after that test."""
    shown: set[Path] = set()

    def make(name: str = "claude-code", *, palette: theme.Palette = theme.DARK, **more: Any) -> HeronApp:
        store = stores(name)
        shown.add(store)
        return HeronApp(store, lambda: Reader(store), title=f"{name}.pcap", palette=palette, **more)

    yield make
    for store in shown:
        path_of(store).unlink(missing_ok=True)


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until every question to the store is answered and every answer is on screen."""
    app = pilot.app
    assert isinstance(app, HeronApp)
    calm = 0
    for _ in range(2000):
        await pilot.pause()
        calm = calm + 1 if app.reading.idle and app.main.whole else 0
        if calm >= 3:
            app.pacing.release()
            await pilot.pause()
            return
        await asyncio.sleep(0.002)
    raise AssertionError("the application never comes to rest")


async def press(pilot: Pilot[Any], keys: str) -> None:
    """Press keys (separated by spaces), and wait after each one; `12j` is typed as people type, however busy it is."""
    app = pilot.app
    assert isinstance(app, HeronApp)
    for key in keys.split():
        moment = time.monotonic()
        for single in key if key[0].isdigit() else [key]:
            moment += sum(TYPED_S) / 2
            type_key(app, single, moment)
            await pilot.pause()
        app.keyboard.settle()
        await settle(pilot)


def type_key(app: HeronApp, key: str, moment: float) -> None:
    """A key as the terminal sends it, at that time."""
    character = key if len(key) == 1 else CHARACTERS.get(key)
    event = events.Key(key if len(key) > 1 else _character_to_key(key), character)
    event.time = moment
    app.post_message(event)


def pressing(keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """What a snapshot does before it is taken."""

    async def run(pilot: Pilot[Any]) -> None:
        await settle(pilot)
        await press(pilot, keys)

    return run


@asynccontextmanager
async def running(app: HeronApp, size: tuple[int, int] = (80, 24)):
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield pilot


def screen_text(app: HeronApp) -> str:
    """What is on screen, as lines of text."""
    return "\n".join(line.text.rstrip() for line in app.screen._compositor.render_strips())
