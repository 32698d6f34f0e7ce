"""Two sessions side by side."""

from collections.abc import Callable

import pytest

from heron_tui.store.reader import Reader
from heron_tui.tui import comparing
from heron_tui.tui.app import HeronApp
from heron_tui.tui.comparing import Line
from tests.tui.conftest import SIZES, press, pressing, running, screen_text

Make = Callable[..., HeronApp]
PAIR = "5 m j D"


@pytest.fixture
def unmarked(make_app: Make):
    """An application whose marks are taken away again: the store is shared."""
    made: list[HeronApp] = []

    def make(*names: str, **more) -> HeronApp:
        made.append(make_app(*names, **more))
        return made[-1]

    yield make
    for app in made:
        app.notes.path.unlink(missing_ok=True)


def test_what_each_did_and_where_they_differ(stores):
    reader = Reader(stores("anthropic-sdk-faults"))
    sessions = reader.rows("session", 0, 10)
    sides = [comparing.side(reader, session["id"]) for session in sessions]
    assert comparing.side(reader, "none") is None
    left, right = sides[0], sides[3]
    assert left is not None and right is not None
    lines = {line.name: line for line in comparing.compare(left, right)}
    assert lines["calls"] == Line("calls", "2", "1", "▼ -1  -50%", differs=True)
    assert lines["retries"] == Line("retries", "1", "0", "▼ -1", differs=True)
    assert lines["agent"] == Line("agent", "generic", "generic")
    failed = [call for call in reader.rows("call", 0, 99) if call["session"] == sessions[0]["id"]]
    errors = {call["error_type"] for call in failed if call["outcome"] == "error"}
    assert errors and all(f"  {error}" in lines for error in errors)
    codes = {f"  {finding['code']}" for one in (left, right) for finding in one.findings}
    assert codes and codes <= set(lines)


def test_a_session_does_not_differ_from_itself(stores):
    reader = Reader(stores("claude-code-agents"))
    side = comparing.side(reader, reader.rows("session", 0, 1)[0]["id"])
    assert side is not None and side.tools
    assert not [line for line in comparing.compare(side, side) if line.differs or line.difference]


async def test_marked_and_selected_are_compared_and_n_goes_along(unmarked: Make):
    app = unmarked("anthropic-sdk-faults")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "5 D")
        assert "mark the other session first" in screen_text(app)
        await press(pilot, "m j j j D")
        assert app.main.current.title == "comparison"
        assert "Difference" in screen_text(app)
        shown = app.main.views["comparison"].list
        await press(pilot, "n")
        assert shown.row.differs
        first = shown.cursor
        await press(pilot, "n N")
        assert shown.cursor == first
        await press(pilot, "escape")
        assert app.main.current.title == "sessions"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_comparison(size: tuple[int, int], unmarked: Make, snap_compare):
    assert snap_compare(unmarked("anthropic-sdk-faults"), terminal_size=size, run_before=pressing(PAIR))
