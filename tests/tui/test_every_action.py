"""Every action by its name in every view: what does not fit there says so, and nothing raises."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from heron_tui.tui.actions import ACTIONS
from heron_tui.tui.app import HeronApp
from heron_tui.tui.screens.main import PAGES, VIEWS
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]
LEAVES = frozenset({"quit", "leave"})
TWICE = frozenset({"only-marked", "ignore", "hide-ignored", "pause", "zoom", "follow"})
"""What would leave later actions without rows: it is taken back at once."""


async def test_every_action_in_every_view(make_app: Make, monkeypatch: pytest.MonkeyPatch):
    """Dialogs are made, but not shown: tests of their own open them."""
    app = make_app("claude-code-agents")
    dialogs: set[str] = set()

    def push_screen(screen: Any, *_: Any, **__: Any) -> None:
        dialogs.add(type(screen).__name__)

    async with running(app, (100, 30)) as pilot:
        monkeypatch.setattr(app, "push_screen", push_screen)
        for title in (*VIEWS, *PAGES):
            for name in (name for name in ACTIONS if name not in LEAVES):
                if app.main.current.title != title:
                    app.show_view(title)
                view = app.main.current
                view.focus_pane(view.first_pane)
                for _ in range(2 if name in TWICE else 1):
                    app.do(name)
                await asyncio.sleep(0)
                app.main.filter_bar.display = False
            await settle(pilot)
            assert app.is_running, title
    assert {"PickScreen", "FindScreen", "CommandScreen", "CopyScreen", "ExportScreen"} <= dialogs


async def test_what_does_not_fit_says_so(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app) as pilot:
        for title in (*VIEWS[1:], *PAGES):
            app.show_view(title)
            await settle(pilot)
            app.do("time-reference")
            assert "times count from a packet" in screen_text(app), title
        await press(pilot, "4")
        for name, words in (("sort", "cannot be sorted"), ("reset-columns", "cannot be chosen"), ("diff", "")):
            app.say("")
            app.do(name)
            await settle(pilot)
            assert words in screen_text(app)
            assert app.main.hints._message, name
