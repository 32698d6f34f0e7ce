"""The first line: the views with their keys, and what is being looked at."""

from collections.abc import Sequence

from textual import events

from ...store.troubles import Trouble
from ..columns import sized
from ..outcomes import troubled
from ..units import clean
from .bar import Bar, Item

WIDE = 100
"""Columns from which there is room between the tabs."""


class Header(Bar):
    """Tabs of the views. `views` are names as on the tabs, in order; `current` is the one shown."""

    def __init__(self, views: Sequence[str]) -> None:
        super().__init__()
        self.views = views
        self.current = ""

    def _tabs(self) -> list[tuple[str, Item]]:
        """Views with what stands on their tabs. Where not all have room, the others have their keys only."""
        tabs = self._named(short=False)
        return tabs if sum(_length(item) for _, item in tabs) <= self.size.width else self._named(short=True)

    def _named(self, *, short: bool) -> list[tuple[str, Item]]:
        """Tabs with names; findings that ask for a look are counted on theirs."""
        wide, palette = self.size.width >= WIDE, self.palette
        tabs: list[tuple[str, Item]] = []
        names = [(view, f" {place} {view.title()}") for place, view in enumerate(self.views, 1)]
        if self.current and self.current not in self.views:  # a view without a key of its own is gone through by back
            names.append((self.current, f" {self.current.title()}"))
        for view, name in names:
            here = view == self.current
            if short and not here and view in self.views:
                name = f" {self.views.index(view) + 1}"
            ground = palette.mark if here else palette.tab
            runs = [(name, ground)]
            if view == "findings":
                found = Trouble(self.heron.found.get("error", 0), self.heron.found.get("warning", 0))
                for word, role in troubled(found, wide=False)[: 2 if wide else 1]:
                    style = ground if here else ground + palette.role(role) + ground.background_style
                    runs.append((f" {word}", style))
            if here or wide:
                runs.append((" ", ground))
            tabs.append((view, runs))
        return tabs

    def left(self) -> Sequence[Item]:
        return [item for _, item in self._tabs()]

    def right(self) -> Sequence[Item]:
        used = sum(_length(item) for _, item in self._tabs())
        room = self.size.width - used - 2
        title = clean(self.heron.capture_title)
        if room < 8:
            return ()
        return [[(f" {sized(title, min(room, len(title)))} ", self.palette.tab + self.palette.title)]]

    def on_click(self, event: events.Click) -> None:
        at = 0
        for view, item in self._tabs():
            at += _length(item)
            if event.x < at and view in self.views:
                self.heron.show_view(view)
                return


def _length(item: Item) -> int:
    return sum(len(text) for text, _ in item)
