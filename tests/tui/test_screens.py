"""Snapshots: every view at three sizes, and the looks of other terminals. The captures are real."""

from collections.abc import Callable

import pytest

from heron_tui.tui import theme
from heron_tui.tui.app import HeronApp
from tests.tui.conftest import SIZES, pressing

VIEWS = {
    "packets": "1 j j j tab tab",
    "packet-bytes": "1 12G enter tab",
    "flows": "2 j",
    "turns": "3 j + j j",
    "call-steps": "3 j + j enter j j j",
    "stream-text": "3 j + j s 22j",
    "stream-events": "3 j + j s v v j j",
    "stream-hex": "3 j + j s 5v S",
    "diff": "3 j + j G D",
    "context": "3 j + j G w j + j",
    "find": "1 ctrl+f P O S T",
    "found": "1 ctrl+f P O S T enter n",
    "metrics": "4",
    "sessions": "5",
    "findings": "6",
    "calls": "7 j",
    "help": "3 ?",
    "commands": "3 : t u",
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", VIEWS)
def test_view(view: str, size: tuple[int, int], make_app: Callable[..., HeronApp], snap_compare):
    assert snap_compare(make_app(), terminal_size=size, run_before=pressing(VIEWS[view]))


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.SIXTEEN, theme.PLAIN], ids=lambda palette: palette.name)
@pytest.mark.parametrize("view", ["packets", "turns", "metrics", "stream-text", "stream-events", "diff", "context"])
def test_other_terminals(view: str, palette: theme.Palette, make_app: Callable[..., HeronApp], snap_compare):
    assert snap_compare(make_app(palette=palette), run_before=pressing(VIEWS[view]))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_where_the_prefix_broke(size: tuple[int, int], make_app: Callable[..., HeronApp], snap_compare):
    assert snap_compare(make_app("openclaw"), terminal_size=size, run_before=pressing("3 j + j G D n"))


def test_sub_agents_and_faults(make_app: Callable[..., HeronApp], snap_compare):
    assert snap_compare(make_app("claude-code-agents"), terminal_size=(120, 40), run_before=pressing("3 j * j j j"))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_finding_is_explained(size: tuple[int, int], make_app: Callable[..., HeronApp], snap_compare):
    app = make_app("anthropic-sdk-faults")
    assert snap_compare(app, terminal_size=size, run_before=pressing("6 j j j"))
