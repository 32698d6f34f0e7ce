"""Sorting lists: by key, by a click on a title, and how the header says so."""

from collections.abc import Callable

import pytest

from heron_tui.tui.actions import ACTIONS
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]


async def test_packets_by_length_and_back(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        shown = app.main.views["packets"].list
        await press(pilot, "1 20G o")
        assert "Sort by" in screen_text(app)
        await press(pilot, "j j enter")
        assert shown.sorted_by == "time_us"
        shown.sort_by("length", down=True)
        await settle(pilot)
        assert shown.row.packet.number == 20
        lengths = [row.packet.length for row in shown.source.window(0, 30)]
        assert lengths == sorted(lengths, reverse=True)
        assert "Lengt▼" in screen_text(app)
        await press(pilot, "O g g")
        lengths = [row.packet.length for row in shown.source.window(0, 30)]
        assert lengths == sorted(lengths)
        shown.sort_by("")
        await settle(pilot)
        assert [row.packet.number for row in shown.source.window(0, 5)] == [1, 2, 3, 4, 5]


async def test_a_click_on_a_title_sorts_and_another_one_reverses(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "2")
        shown = app.main.views["flows"].list
        header = next(line for line in screen_text(app).splitlines() if "Received" in line)
        x = header.index("Received") + 4
        await pilot.click("#flow-list", offset=(x, 0))
        await settle(pilot)
        assert (shown.sorted_by, shown.descending) == ("bytes_server", True)
        assert "▼" in screen_text(app)
        received = [row["bytes_server"] for row in shown.source.window(0, shown.count)]
        assert received == sorted(received, reverse=True)
        await pilot.click("#flow-list", offset=(x, 0))
        await settle(pilot)
        received = [row["bytes_server"] for row in shown.source.window(0, shown.count)]
        assert received == sorted(received)
        assert "▲" in screen_text(app)


async def test_rows_in_memory_are_sorted_too(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "5 O")
        shown = app.main.views["sessions"].list
        starts = [row["t_start_us"] for row in shown.source.rows]
        assert starts == sorted(starts, reverse=True)


async def test_what_cannot_be_sorted_says_so(make_app: Make):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "3 j + j enter o")
        assert "cannot be sorted" in screen_text(app)


def _panes(app: HeronApp) -> list[tuple[str, tuple[str, ...]]]:
    from heron_tui.tui.widgets.pane import Pane

    return [(pane.id or type(pane).__name__, (*pane.scopes, "all")) for pane in app.main.query(Pane)]


async def test_no_key_means_two_things_in_one_place(make_app: Make):
    """A nearer scope may take a key over from a wider one, but within a scope every key has one meaning."""
    keys: dict[tuple[str, str], str] = {}
    for action in ACTIONS.values():
        for key in action.keys:
            assert keys.setdefault((action.scope, key), action.name) == action.name, f"{key} in {action.scope}"
    sequences = {(action.scope, key.split()[0]) for action in ACTIONS.values() for key in action.keys if " " in key}
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "1 2 3 4 5 6 3")
        for name, scopes in _panes(app):
            for scope, first in sequences:
                if scope in scopes:
                    taken = [keys[s, first] for s in scopes if (s, first) in keys]
                    assert not taken, f"{first} begins a sequence in {name}, but does {taken}"


@pytest.mark.parametrize("action", [a for a in ACTIONS.values() if a.scope == "all"], ids=lambda a: a.name)
def test_what_goes_everywhere_is_not_taken_over_by_lists(action):
    """Keys of the frame (views, back, quit, help) mean the same in every pane."""
    for other in ACTIONS.values():
        if other.scope in ("list", "tree", "columns"):
            assert not set(action.keys) & set(other.keys), f"{action.name} and {other.name}"


async def test_findings_say_how_many_and_sort_by_what_is_gravest(make_app: Make):
    app = make_app("anthropic-sdk-faults")
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "6")
        shown = app.main.views["findings"].list
        rows = [row["severity"] for row in shown.source.window(0, shown.count)]
        errors = rows.count("error")
        assert f"What  ✗{errors}" in screen_text(app)
        shown.sort_by("severity")
        await settle(pilot)
        order = ["error", "warning", "note", "chat"]
        assert [row["severity"] for row in shown.source.window(0, shown.count)] == sorted(rows, key=order.index)
        app.filtering.apply("finding.severity == error")
        await settle(pilot)
        await settle(pilot)
        assert "warning" not in next(line for line in screen_text(app).splitlines() if "Severity" in line)


async def test_what_rows_are_sorted_by_is_said_also_where_its_column_is_not_shown(make_app: Make):
    app = make_app("claude-code-agents")
    async with running(app) as pilot:
        await press(pilot, "7")
        calls = app.main.views["calls"].list
        calls.sort_by("cost_usd", down=True)  # its column has no room at 80
        await settle(pilot)
        assert "▼ Cost" in screen_text(app).splitlines()[1]
        calls.sort_by("tpot_us", down=True)  # no column has it
        await settle(pilot)
        assert "▼ tpot" in screen_text(app).splitlines()[1]
        calls.sort_by("ttft_us")
        await settle(pilot)
        assert "TTFT▲" in screen_text(app).splitlines()[1]
        await press(pilot, "2")
        exchanges = app.main.views["flows"].exchanges
        exchanges.sort_by("path")
        await settle(pilot)
        line = next(line for line in screen_text(app).splitlines() if "Exchanges" in line)
        assert "▲ Request" in line
