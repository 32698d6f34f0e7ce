"""What waits to be painted is painted, also when the layout changes at that moment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from ..app import HeronApp


class Drawn(Widget, inherit_bindings=False):
    """A widget that asks again for a repaint that was lost.

    When a layout is due, Textual lays out, paints what has moved, and forgets which other widgets were to be painted:
    a row would go on looking as it did before the focus came to its list.
    """

    _due = False

    def on_mount(self) -> None:
        self.screen.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self._due = self._due or repaint
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Those that what is drawn needs: the colours of a palette are the terminal's own, or exact already."""
        return [filter for filter in super().get_line_filters() if not isinstance(filter, ANSIToTruecolor)]

    def render_lines(self, crop: Region) -> list[Strip]:
        self._due = False
        if cast("HeronApp", self.app).pacing.unseen:  # Textual draws a screen that is laid out, also while held back
            return [Strip.blank(crop.width)] * crop.height
        return super().render_lines(crop)

    def _laid_out(self, _: Screen[Any]) -> None:
        if self._due:
            self.refresh()
