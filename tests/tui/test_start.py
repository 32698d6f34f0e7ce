"""The start of the screen: what the first paint waits for, and what may happen before all of it is there."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from heron_tui.tui import pacing
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import running, screen_text, settle, type_key

BEHIND = ("numpy", "sqlite_utils", "pygments", "markdown_it", "httpx", "heron_tui.conversation", "heron_tui.wire")
"""What is loaded behind the first paint only, or not at all."""
LOADED = """
import sys
import heron_tui.tui.app
print(*sys.modules)
"""


def test_the_first_paint_waits_for_nothing_that_it_does_not_show():
    found = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    loaded = set(found.stdout.split())
    assert not loaded.intersection(BEHIND)
    assert {name for name in loaded if name.startswith("heron_tui.tui.views.")} == {"heron_tui.tui.views.view"}
    assert {name for name in loaded if name.startswith("heron_tui.tui.screens.")} == {"heron_tui.tui.screens.main"}


async def test_keys_typed_before_the_screen_is_there_are_done(make_app: Callable[..., HeronApp]):
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        type_key(app, "2", 0.0)
        await settle(pilot)
        assert app.main.current.title == "flows"
        assert "Client" in screen_text(app)


async def test_a_dialog_that_is_left_before_its_list_is_there_is_gone(make_app: Callable[..., HeronApp]):
    app = make_app("openai-sdk", another=lambda path: (None, path, path.name))
    async with running(app) as pilot:
        for n in range(20):
            type_key(app, "ctrl+o", n)
            for _ in range(n % 5):
                await pilot.pause()
            type_key(app, "q", n)
        await settle(pilot)
        assert app.screen is app.main


async def test_what_nobody_asked_for_gathers_until_the_next_repaint(
    make_app: Callable[..., HeronApp], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pacing, "PERIOD_S", 3600.0)
    app = make_app("openai-sdk")
    async with running(app) as pilot:
        painted: list[str] = []
        hook = app.post_display_hook
        monkeypatch.setattr(app, "post_display_hook", lambda: (painted.append(app.main.header.current), hook()))

        async def grow(times: int) -> int:
            for _ in range(times):
                app.main.header.refresh()
                app.main.status.refresh()
                await pilot.pause()
                await pilot.pause()
            return len(painted)

        app.pacing.release()
        app.pacing._touched = 0.0
        once = await grow(1)
        assert await grow(5) == max(once, 1)
        type_key(app, "2", 0.0)
        await settle(pilot)
        assert painted[-1] == "flows"
