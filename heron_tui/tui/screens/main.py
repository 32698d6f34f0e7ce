"""The main screen: header, a banner when there is need, the views, status and hints."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from ..views.findings import FindingsView
from ..views.flows import FlowsView
from ..views.metrics import MetricsView
from ..views.packets import PacketsView
from ..views.sessions import SessionsView
from ..views.turns import TurnsView
from ..views.view import View
from ..widgets.banner import Banner
from ..widgets.header import Header
from ..widgets.hint_bar import HintBar
from ..widgets.status_bar import StatusBar

VIEWS: Sequence[type[View]] = (PacketsView, FlowsView, TurnsView, MetricsView, SessionsView, FindingsView)


class MainScreen(Screen[None], inherit_bindings=False):
    """Holds the views; one of them is displayed."""

    DEFAULT_CSS = """
    MainScreen { layout: vertical; background: $background; }
    #views { height: 1fr; width: 1fr; }
    """
    AUTO_FOCUS: ClassVar[str | None] = None

    def compose(self) -> ComposeResult:
        self.header = Header([view.title for view in VIEWS])
        self.banner = Banner()
        self.views = {view.title: view() for view in VIEWS}
        self.status = StatusBar()
        self.hints = HintBar()
        yield self.header
        yield self.banner
        yield Container(*self.views.values(), id="views")
        yield self.status
        yield self.hints

    def on_mount(self) -> None:
        for view in self.views.values():
            view.display = False

    @property
    def current(self) -> View:
        return self.views.get(self.header.current) or self.views["packets"]

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
        self.header.current = name
        self.header.refresh()
        view.focus_pane(view.last_pane or view.first_pane)
        view.entered()

    def refresh_frame(self) -> None:
        self.header.refresh()
        self.status.refresh()
        self.hints.refresh()
