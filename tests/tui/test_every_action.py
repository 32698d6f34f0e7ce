"""Every action by its name in every view: what does not fit there says so, and nothing raises."""

from collections.abc import Callable

from heron_tui.tui.app import HeronApp
from heron_tui.tui.screens.main import PAGES, VIEWS
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]


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
