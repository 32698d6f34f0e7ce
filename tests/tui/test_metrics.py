"""Metrics: a cursor on the figures, and enter from each of them to the calls behind it."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from textual.pilot import Pilot

from heron_tui.filter.parser import parse
from heron_tui.metrics.points import Group
from heron_tui.store.reader import Reader
from heron_tui.tui import behind, measuring
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, screen_text, settle

Make = Callable[..., HeronApp]
CAPTURES = ("anthropic-sdk-faults", "litellm-claude-code", "gemini-cli", "codex-ws")


@pytest.mark.parametrize("name", CAPTURES)
def test_as_many_calls_are_behind_a_figure_as_it_counts(name: str, stores: Callable[[str], Path]):
    reader = Reader(stores(name))
    for group in get_args(Group):
        for of, now in reader.metrics_by(group).items():
            condition = behind.of_group(group, of)
            counted = {
                behind.CALLS: now.started,
                behind.ERRORS: sum(now.errors.values()),
                behind.TTFT: now.ttft.count if now.ttft else 0,
                behind.E2E: now.e2e.count if now.e2e else 0,
                behind.TPOT: now.tpot.count if now.tpot else 0,
            }
            for measured, count in counted.items():
                text = measured.behind(None, condition).condition
                assert reader.count("call", reader.where("call", parse(text))) == count, text
    reader.close()


def test_those_of_a_window_are_behind_its_figures(stores: Callable[[str], Path]):
    reader = Reader(stores("claude-code-agents"))
    found = 0
    for window_us in (1_000_000, 2_000_000, 60_000_000):
        now = reader.metrics(window_us)
        assert now is not None
        for measured, count in ((behind.CALLS, now.started), (behind.E2E, now.e2e.count if now.e2e else 0)):
            text = measured.behind(now.start_us).condition
            assert reader.count("call", reader.where("call", parse(text))) == count, text
            found += count
    assert found
    nothing = reader.metrics(1)
    assert nothing is not None
    assert next(f for f in measuring.figures(nothing, []) if f.name == "Error rate").behind is None
    reader.close()


@pytest.mark.parametrize(
    ("route", "path", "fits"),
    [
        ("h:1/v1/messages", "/v1/messages", True),
        ("h:1/v1/messages", "/v1/messages/batches", False),
        ("h:1/v1/{model}:go", "/v1/gemini-2.5:go", True),
        ("h:1/v1/{model}:go", "/v1/a/b:go", False),
    ],
)
def test_routes_as_conditions(route: str, path: str, fits: bool):
    from heron_tui.filter.to_python import predicate

    condition = behind.of_group("route", route).partition(" and ")[2]
    assert predicate(parse(condition), "http")({"path": path}) is fits


@pytest.mark.parametrize(
    ("process", "fits"),
    [({"comm": "node", "pid": 12}, ["node"]), ({"comm": None, "pid": 12}, ["12"]), ({"comm": "12", "pid": 7}, ["12"])],
)
def test_processes_as_conditions(process: dict[str, object], fits: list[str]):
    from heron_tui.filter.to_python import predicate

    names = ("node", "12", "7", None)
    found = [of for of in names if predicate(parse(behind.of_group("process", of)), "process")({"process": process})]
    assert found == fits


@pytest.mark.parametrize("group", get_args(Group))
@pytest.mark.parametrize("name", ['a "b" c', "and", "ü\\n", 'h:1/v1/"x"/{id}?', "", "4o"])
def test_a_name_of_any_kind_makes_a_filter(group: Group, name: str):
    parse(behind.TTFT.behind(1_700_000_000_000_001, behind.of_group(group, name)).condition)


async def rest(pilot: Pilot) -> None:
    app = pilot.app
    assert isinstance(app, HeronApp)
    await settle(pilot)
    while app.filtering.working:
        await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_enter_shows_the_calls_of_a_figure_and_esc_returns(size: tuple[int, int], make_app: Make):
    app = make_app("anthropic-sdk-faults")
    async with running(app, size) as pilot:
        await press(pilot, "4")
        pane = app.main.views["metrics"].pane
        assert pane.spot.name == "TTFT p50"
        assert "enter open" in screen_text(app).splitlines()[-1]
        await press(pilot, "enter")
        await rest(pilot)
        calls = app.main.views["calls"].list
        assert app.main.current.title == "calls" and calls.has_focus
        waited = [row["ttft_us"] for row in calls.source.window(0, calls.count)]
        assert waited and None not in waited and waited == sorted(waited, reverse=True)
        assert (calls.cursor, calls.sorted_by) == (0, "ttft_us")
        await press(pilot, "escape")
        await rest(pilot)
        assert (app.main.current.title, app.filtering.text) == ("metrics", "")
        names = [spot.name for spot in pane._spots]
        await press(pilot, f"{names.index('errors') + 1}G")
        assert pane.spot.name == "errors"
        line = pane.spot.line - round(pane.scroll_y)
        assert 0 <= line < pane.page
        app.filtering.apply("call.time")
        await rest(pilot)
        await press(pilot, "enter")
        await rest(pilot)
        assert app.filtering.text.startswith("(call.response_model == ")
        assert app.filtering.text.endswith(" and (call.time)")
        assert calls.count and all(row["outcome"] != "ok" for row in calls.source.window(0, calls.count))
        await press(pilot, "backspace")
        await rest(pilot)
        assert (app.main.current.title, app.filtering.text) == ("metrics", "call.time")


async def test_a_figure_without_calls_says_so(make_app: Make):
    app = make_app("claude-code")
    async with running(app) as pilot:
        await press(pilot, "4 j j j j j j")
        assert app.main.current.pane.spot.name == "Error rate"
        await press(pilot, "enter")
        assert app.main.current.title == "metrics"
        assert "no call is behind this figure" in screen_text(app)


async def test_the_cursor_goes_where_it_is_sent(make_app: Make):
    app = make_app("claude-code")
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "4 l l")
        pane = app.main.current.pane
        assert pane.spot.name == "TPOT p50"
        await press(pilot, "j")
        assert pane.spot.name == "Error rate"
        await press(pilot, "h k")
        assert pane.spot.name == "E2E p50"
        await press(pilot, "G")
        assert pane.cursor == len(pane._spots) - 1
        await press(pilot, "g g")
        await pilot.click("#metrics-pane", offset=(1 + 30, 1))
        assert pane.spot.name == "E2E p50"
        await press(pilot, "]")
        assert pane.window == 4
