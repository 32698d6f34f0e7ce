"""The first line: the views with their keys, and what is being looked at."""

from collections.abc import Sequence

from textual import events

from ..columns import sized
from ..units import clean
from .bar import Bar, Item


class Header(Bar):
    """Tabs of the views. `views` are names as on the tabs, in order; `current` is the one shown."""

    def __init__(self, views: Sequence[str]) -> None:
        super().__init__()
        self.views = views
        self.current = ""

    def _tabs(self) -> list[tuple[str, str]]:
        tabs = [(view, f" {place} {view.title()} ") for place, view in enumerate(self.views, 1)]
        if self.current and self.current not in self.views:  # a view without a key of its own is gone through by back
            tabs.append((self.current, f" {self.current.title()} "))
        return tabs

    def left(self) -> Sequence[Item]:
        palette = self.palette
        return [[(text, palette.mark if view == self.current else palette.tab)] for view, text in self._tabs()]

    def right(self) -> Sequence[Item]:
        used = sum(len(text) for _, text in self._tabs())
        room = self.size.width - used - 2
        title = clean(self.heron.capture_title)
        if room < 8:
            return ()
        return [[(f" {sized(title, min(room, len(title)))} ", self.palette.tab + self.palette.title)]]

    def on_click(self, event: events.Click) -> None:
        at = 0
        for view, text in self._tabs():
            at += len(text)
            if event.x < at and view in self.views:
                self.heron.show_view(view)
                return
