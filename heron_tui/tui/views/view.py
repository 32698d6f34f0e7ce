"""What every view has: panes in an order, a division of its room between them, and its place in the history."""

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.containers import Container
from textual.widget import Widget

from ..subject import Subject
from ..widgets.pane import Pane
from ..widgets.row_list import RowList

if TYPE_CHECKING:
    from ..app import HeronApp

STEP, LEAST, MOST = 5, 15, 85


class View(Container):
    """One of the views.

    Attributes:
        share: the part of the room, in percent, that the first side has; None: as by default.
        stale: the store has something that this view has not looked at.
    """

    DEFAULT_CSS = """
    View { width: 1fr; height: 1fr; layout: vertical; }
    View.-beside { layout: horizontal; }
    View.-zoomed Pane { display: none; }
    View.-zoomed Pane.-zoom { display: block; }
    View.-zoomed Container { display: none; }
    View.-zoomed Container.-zoom { display: block; }
    """
    title: ClassVar[str] = ""
    share_beside: ClassVar[int] = 50
    share_below: ClassVar[int] = 50
    beside_from: ClassVar[int] = 140
    """Columns from which the two sides stand beside each other."""
    unhinted: ClassVar[tuple[str, ...]] = ()
    """Actions of the panes that mean nothing in this view, or lead to where one is."""

    def __init__(self) -> None:
        super().__init__(id=self.title)
        self.share: int | None = None
        self.turned = False
        self.stale = False
        self.last_pane: Pane | None = None
        self._beside = False
        self._held = False

    @property
    def heron(self) -> "HeronApp":
        return cast("HeronApp", self.app)

    @property
    def first_pane(self) -> Pane:
        """The pane that has the focus at first."""
        return self.query(Pane).first()

    def shown_panes(self) -> list[Pane]:
        """The panes that tab goes through."""
        return [pane for pane in self.query(Pane) if pane.display and all(_displayed(pane, self))]

    def subject(self) -> Subject | None:
        """What the focus is on, for actions on a record; None for nothing."""
        return None

    def changed(self) -> None:
        """The store has something new."""

    def filtered(self, kind: str, *, grown: bool) -> None:
        """Other records of a kind fit the filter now; `grown`: because the store has something new."""
        for rows in self.query(RowList):
            if rows.kind == kind:
                rows.narrow(grown=grown)

    def catch_up(self) -> None:
        """Look at what the store has got while the view was not displayed."""
        if self.stale:
            self.stale = False
            self.changed()

    def entered(self) -> None:
        """The view is shown."""

    def follow(self, on: bool) -> None:
        """Stay on the newest, or stop doing so."""

    # division of the room

    def divide(self) -> None:
        """Divide the room as the width of the screen and the user say; one that is zoomed has it all."""
        if not self.has_class("-zoomed"):
            self.share_out()

    def share_out(self) -> None:
        """Give each side its part."""
        sides = list(self.query(".side"))
        if len(sides) < 2:
            return
        self._beside = (self.app.size.width >= self.beside_from) != self.turned
        self.set_class(self._beside, "-beside")
        share = self.share or (self.share_beside if self._beside else self.share_below)
        for side, part in zip(sides, (share, 100 - share), strict=False):
            side.styles.width = f"{part}fr" if self._beside else "1fr"
            side.styles.height = "1fr" if self._beside else f"{part}fr"

    def on_resize(self) -> None:
        self.divide()

    # the border between two sides follows the mouse

    def behind_border(self) -> Widget | None:
        """The side whose first line (or first column, where the sides stand beside each other) is the border."""
        sides = list(self.query(".side"))
        return sides[1] if len(sides) > 1 and sides[1].display else None

    def share_at(self, x: int, y: int) -> int:
        """The share with which the border is at a cell of the screen."""
        room = self.region
        return round(100 * ((x - room.x) / room.width if self._beside else (y - room.y) / room.height))

    def _on_border(self, x: int, y: int) -> bool:
        side = None if self.has_class("-zoomed") else self.behind_border()
        if side is None or not side.region.contains(x, y):
            return False
        return x == side.region.x if self._beside else y == side.region.y

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._held = self._on_border(event.screen_x, event.screen_y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if not self._held or not event.button:
            self._held = False
            return
        self.capture_mouse()
        share = max(LEAST, min(MOST, self.share_at(event.screen_x, event.screen_y)))
        if share != self.share:
            self.share = share
            self.divide()

    def on_mouse_up(self) -> None:
        self._held = False
        self.release_mouse()

    def act_layout(self) -> None:
        self.turned = not self.turned
        self.divide()

    def act_grow(self, count: int | None = None) -> None:
        self._resize(STEP * (count or 1))

    def act_shrink(self, count: int | None = None) -> None:
        self._resize(-STEP * (count or 1))

    def act_reset_layout(self) -> None:
        self.share, self.turned = None, False
        self.unzoom()
        self.divide()

    def _resize(self, by: int) -> None:
        sides = list(self.query(".side"))
        focused = self.app.focused
        if len(sides) < 2 or focused is None:
            return
        in_first = sides[0] in focused.ancestors_with_self
        share = self.share or (self.share_beside if self._beside else self.share_below)
        self.share = max(LEAST, min(MOST, share + (by if in_first else -by)))
        self.divide()

    def act_zoom(self) -> None:
        focused = self.app.focused
        if self.has_class("-zoomed"):
            self.unzoom()
        elif isinstance(focused, Pane) and self in focused.ancestors:
            self.add_class("-zoomed")
            for node in focused.ancestors_with_self:
                if node is self or not isinstance(node, Widget):
                    break
                node.add_class("-zoom")
                node.styles.width = node.styles.height = "1fr"

    def unzoom(self) -> None:
        if not self.has_class("-zoomed"):
            return
        self.remove_class("-zoomed")
        for node in self.query(".-zoom"):
            node.remove_class("-zoom")
            node.styles.clear_rule("width")
            node.styles.clear_rule("height")
        self.divide()

    def focus_pane(self, pane: Pane) -> None:
        """Give `pane` the focus; a zoom moves with it."""
        zoomed = self.has_class("-zoomed")
        self.unzoom()
        self.last_pane = pane
        self.screen.set_focus(pane, scroll_visible=False)
        if zoomed:
            self.call_after_refresh(self.act_zoom)


def _displayed(pane: Pane, view: View) -> list[bool]:
    shown = []
    for node in pane.ancestors:
        if node is view:
            break
        shown.append(bool(getattr(node, "display", True)))
    return shown
