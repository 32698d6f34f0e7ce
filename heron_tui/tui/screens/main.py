"""The main screen: header, a banner when there is need, the views, status and hints."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from ..views.comparison import ComparisonView
from ..views.context import ContextView
from ..views.diff import DiffView
from ..views.findings import FindingsView
from ..views.flows import FlowsView
from ..views.metrics import MetricsView
from ..views.packets import PacketsView
from ..views.sessions import SessionsView
from ..views.stream import StreamView
from ..views.turns import TurnsView
from ..views.view import View
from ..widgets.banner import Banner
from ..widgets.filter_bar import FilterBar
from ..widgets.header import Header
from ..widgets.hint_bar import HintBar
from ..widgets.status_bar import StatusBar

VIEWS: Sequence[type[View]] = (PacketsView, FlowsView, TurnsView, MetricsView, SessionsView, FindingsView)
PAGES: Sequence[type[View]] = (StreamView, ContextView, DiffView, ComparisonView)
"""Views that are come to from a row, and left by going back."""
WIDE = 140
"""Columns from which the packets are shown first: the turn tree has room beside them."""


class MainScreen(Screen[None], inherit_bindings=False):
    """Holds the views; one of them is displayed.

    Only the view that is shown first is made at once; `make_all` makes the others. A view that is not displayed does
    not follow the store: it looks again when it is shown.

    Attributes:
        views: those that are made, by title. first: the title of the one that is shown first.
    """

    DEFAULT_CSS = """
    MainScreen { layout: vertical; background: $background; }
    #views { height: 1fr; width: 1fr; }
    """
    AUTO_FOCUS: ClassVar[str | None] = None

    def compose(self) -> ComposeResult:
        self.header = Header([view.title for view in VIEWS])
        self.banner = Banner()
        self.first = "packets" if self.app.size.width >= WIDE else "turns"
        self.views = {view.title: view() for view in VIEWS if view.title == self.first}
        self._room = Container(*self.views.values(), id="views")
        self.filter_bar = FilterBar()
        self.status = StatusBar()
        self.hints = HintBar()
        yield self.header
        yield self.banner
        yield self._room
        yield self.filter_bar
        yield self.status
        yield self.hints

    async def make_all(self) -> None:
        """Make the views that are not there yet."""
        others = {view.title: view() for view in (*VIEWS, *PAGES) if view.title not in self.views}
        if others:
            for view in others.values():
                view.display = False
                view.stale = True
            await self._room.mount(*others.values())
            self.views.update(others)

    @property
    def whole(self) -> bool:
        """All views are made."""
        return len(self.views) == len(VIEWS) + len(PAGES)

    @property
    def current(self) -> View:
        return self.views.get(self.header.current) or self.views[self.first]

    def store_changed(self) -> None:
        """The store has something new."""
        for view in self.views.values():
            view.stale = True
        self.current.catch_up()

    def show_view(self, name: str) -> None:
        """Display one view and put the focus where it was in it."""
        last = self.views.get(self.header.current)
        if last is not None and last.title == name:
            return
        if last is not None:
            last.display = False
        view = self.views[name]
        view.display = True
        view.divide()
        view.catch_up()
        self.header.current = name
        self.header.refresh()
        if not self.filter_bar.display:  # what is being typed goes on
            view.focus_pane(view.last_pane or view.first_pane)
        view.entered()

    def refresh_frame(self) -> None:
        self.header.refresh()
        self.status.refresh()
        self.hints.refresh()
