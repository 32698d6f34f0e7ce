"""The main screen: header, a banner when there is need, the views, status and hints."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from ..views.view import View
from ..widgets.banner import Banner
from ..widgets.header import Header
from ..widgets.hint_bar import HintBar
from ..widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from ..views.calls import CallsView
    from ..views.comparison import ComparisonView
    from ..views.context import ContextView
    from ..views.diff import DiffView
    from ..views.flows import FlowsView
    from ..views.packets import PacketsView
    from ..views.stream import StreamView
    from ..views.turns import TurnsView

VIEWS: Sequence[str] = ("packets", "flows", "turns", "metrics", "sessions", "findings", "calls")
"""Titles of the views with a key of their own; each is the class `TitleView` of the module of that name."""
PAGES: Sequence[str] = ("stream", "context", "diff", "comparison")
"""Views that are come to from a row, and left by going back."""
WIDE = 140
"""Columns from which the packets are shown first: the turn tree has room beside them."""


def load_views() -> None:
    """Import what `make_all` makes; may be called in any thread."""
    for title in (*VIEWS, *PAGES):
        _view(title)
    import_module("..widgets.filter_bar", __package__)


def _view(title: str) -> type[View]:
    module = import_module(f"..views.{title}", __package__)
    return cast("type[View]", getattr(module, f"{title.title()}View"))


class MainScreen(Screen[None], inherit_bindings=False):
    """Holds the views; one of them is displayed.

    Only the view that is shown first is made (and imported) at once; `make_all` makes the others, and the filter bar. A
    view that is not displayed does not follow the store: it looks again when it is shown.

    Attributes:
        views: those that are made, by title. first: the title of the one that is shown first.
    """

    DEFAULT_CSS = """
    MainScreen { layout: vertical; background: $background; }
    #views { height: 1fr; width: 1fr; }
    """
    AUTO_FOCUS: ClassVar[str | None] = None

    def compose(self) -> ComposeResult:
        self.header = Header(VIEWS)
        self.banner = Banner()
        self.first = "packets" if self.app.size.width >= WIDE else "turns"
        self.views = {self.first: _view(self.first)()}
        self._room = Container(*self.views.values(), id="views")
        self.status = StatusBar()
        self.hints = HintBar()
        yield self.header
        yield self.banner
        yield self._room
        yield self.status
        yield self.hints

    async def make_all(self) -> None:
        """Make the views that are not there yet."""
        from ..widgets.filter_bar import FilterBar

        if self.whole:
            return
        others = {title: _view(title)() for title in (*VIEWS, *PAGES) if title != self.first}
        for view in others.values():
            view.display = False
            view.stale = True
        self.filter_bar = FilterBar()
        await self.mount(self.filter_bar, before=self.status)
        await self._room.mount(*others.values())
        self.views.update(others)

    @property
    def whole(self) -> bool:
        """All views are made."""
        return len(self.views) == len(VIEWS) + len(PAGES)

    @property
    def current(self) -> View:
        return self.views.get(self.header.current) or self.views[self.first]

    @property
    def packets(self) -> "PacketsView":
        return cast("PacketsView", self.views["packets"])

    @property
    def flows(self) -> "FlowsView":
        return cast("FlowsView", self.views["flows"])

    @property
    def turns(self) -> "TurnsView":
        return cast("TurnsView", self.views["turns"])

    @property
    def calls(self) -> "CallsView":
        return cast("CallsView", self.views["calls"])

    @property
    def stream(self) -> "StreamView":
        return cast("StreamView", self.views["stream"])

    @property
    def context(self) -> "ContextView":
        return cast("ContextView", self.views["context"])

    @property
    def diff(self) -> "DiffView":
        return cast("DiffView", self.views["diff"])

    @property
    def comparison(self) -> "ComparisonView":
        return cast("ComparisonView", self.views["comparison"])

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
        if not (self.whole and self.filter_bar.display):  # what is being typed goes on
            view.focus_pane(view.last_pane or view.first_pane)
        view.entered()
        view.heron.filtering.catch_up()

    def refresh_frame(self) -> None:
        self.header.refresh()
        self.status.refresh()
        self.hints.refresh()
