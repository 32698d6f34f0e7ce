"""Snapshots of dialogs over a list: sorting, opening, and the observer's health."""

from collections.abc import Callable
from pathlib import Path

import pytest

from heron_tui.tui import health
from heron_tui.tui.app import HeronApp
from heron_tui.tui.screens import open as opening
from heron_tui.tui.screens.open import Entry
from tests.tui.conftest import SIZES, pressing

Make = Callable[..., HeronApp]
AT = 1_780_000_000_000_000
DIALOGS = {"sort": "1 o j j", "sorted": "1 o G enter O g g", "open": "1 ctrl+o j", "health": "1 e"}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("dialog", DIALOGS)
def test_dialog(dialog: str, size: tuple[int, int], make_app: Make, snap_compare, monkeypatch: pytest.MonkeyPatch):
    """What differs from run to run (files, memory) is given."""
    entries = [
        Entry(None, "path", opening.PATH),
        Entry(Path("a.store"), "store", "monday.pcap", 469_000, AT, "373 packets, 16 calls, 2 turns"),
        Entry(Path("b.store"), "store", "b.store", 12, AT, "cannot be read"),
        Entry(Path(".."), "directory", "../  (of /captures)"),
        Entry(Path("c.pcap"), "capture", "c.pcap", 93_600, AT, "–"),
    ]
    monkeypatch.setattr(opening, "entries", lambda place: entries)
    monkeypatch.setattr(health, "memory", lambda pid: 61_000_000)
    monkeypatch.setattr(health, "room", lambda store: 336_000)
    app = make_app("claude-code-agents")
    app.store = Path("monday.store")
    assert snap_compare(app, terminal_size=size, run_before=pressing(DIALOGS[dialog]))
