"""The mouse: rows are selected and opened, the wheel scrolls, and the border between two sides can be dragged."""

from collections.abc import Callable

import pytest
from textual import events
from textual.pilot import Pilot

from heron_tui.tui.app import HeronApp
from tests.tui.conftest import press, running, settle

Make = Callable[..., HeronApp]


async def drag(pilot: Pilot, start: tuple[int, int], end: tuple[int, int]) -> None:
    await pilot.mouse_down(offset=start)
    await pilot._post_mouse_events([events.MouseMove], offset=end, button=1)
    await settle(pilot)
    await pilot.mouse_up(offset=end)
    await settle(pilot)


@pytest.mark.parametrize(("view", "side"), [("1", "#below"), ("2", ".side")])
async def test_the_title_below_is_a_border_that_can_be_dragged(view: str, side: str, make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, view)
        lower = list(app.main.current.query(side))[-1]
        before = lower.region
        await drag(pilot, (30, before.y), (30, before.y - 6))
        assert abs(lower.region.y - (before.y - 6)) <= 1
        await drag(pilot, (30, lower.region.y + 3), (30, 3))  # not on the border
        assert abs(lower.region.y - (before.y - 6)) <= 1
        await press(pilot, "=")
        assert lower.region == before


async def test_the_first_column_is_the_border_where_sides_stand_beside_each_other(make_app: Make):
    app = make_app()
    async with running(app, (160, 50)) as pilot:
        await press(pilot, "3")
        right = list(app.main.current.query(".side"))[1]
        await drag(pilot, (right.region.x, 10), (60, 12))
        assert abs(right.region.x - 60) <= 1


async def test_a_click_selects_a_second_one_opens_and_the_wheel_scrolls(make_app: Make):
    app = make_app()
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1")
        shown = app.main.views["packets"].list
        await pilot.click("#packet-list", offset=(10, 6))
        await settle(pilot)
        assert shown.row.packet.number == 6
        await pilot._post_mouse_events([events.MouseScrollDown], "#packet-list", offset=(10, 6))
        await settle(pilot)
        assert shown.scroll_y > 0
        assert shown.row.packet.number == 6
        await press(pilot, "2")
        await pilot.click("#flow-list", offset=(10, 1), times=2)
        await settle(pilot)
        assert app.main.views["flows"].exchanges.has_focus
