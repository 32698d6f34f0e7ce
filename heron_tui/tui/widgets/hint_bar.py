"""The last line: what can be done here, nearest first; or, for a moment, what was just said."""

from collections.abc import Sequence
from typing import Any

from rich.style import Style
from textual.screen import Screen
from textual.widgets import Input

from ..actions import ACTIONS
from ..units import clean
from .bar import Bar, Item
from .row_list import RowList

ALWAYS = ("command", "help")
"""Actions whose keys stand at the right end, whatever is in focus."""
FIRST = ("open", "filter", "sort")
"""Actions whose keys come first: on a narrow screen, only some have room."""


class HintBar(Bar):
    """Keys of the pane in focus, from the registry of actions. `say` puts a message there until the next key."""

    def __init__(self) -> None:
        super().__init__()
        self._message = ""
        self._role = "base"

    def on_mount(self) -> None:
        self.heron.screen_change_signal.subscribe(self, self._watch_focus)
        self._watch_focus(self.screen)

    def _watch_focus(self, screen: Screen[Any]) -> None:
        """Which keys mean something depends on what has the focus, on the screen or in the dialog that is on top."""
        self.watch(screen, "focused", self._focus_moved)

    def _focus_moved(self) -> None:
        self.refresh()

    def say(self, message: str, role: str = "base") -> None:
        self._message, self._role = clean(message), role
        self.refresh()

    def ground(self) -> Style:
        return self.palette.base

    def left(self) -> Sequence[Item]:
        palette = self.palette
        if self._message:
            return [[(f" {self._message}", palette.role(self._role))]]
        if self._typing:
            return []
        out = {*ALWAYS, *self.heron.main.current.unhinted}
        pane = self.app.focused
        if not isinstance(pane, RowList) or not pane.kind or not pane.sortable():
            out.add("sort")
        names = [name for name in self.heron.keyboard.available() if name not in out and ACTIONS[name].hint]
        return [self._hint(name) for name in sorted(names, key=_rank)]

    def right(self) -> Sequence[Item]:
        return [] if self._message or self._typing else [self._hint(name) for name in ALWAYS]

    @property
    def _typing(self) -> bool:
        """Keys are letters now, and the line that takes them says which others it knows."""
        return isinstance(self.app.focused, Input)

    def _hint(self, name: str) -> Item:
        palette, pane = self.palette, self.app.focused
        word = pane.opens if name == "open" and isinstance(pane, RowList) else ACTIONS[name].hint
        return [(f" {self.heron.keymap.first(name)}", palette.accent), (f" {word} ", palette.muted)]


def _rank(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
