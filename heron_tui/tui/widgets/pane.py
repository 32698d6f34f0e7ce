"""What every pane has: scopes for its keys, a title line that shows where the focus is, and a place in the layout."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ..columns import sized
from ..find.query import Query
from ..theme import Palette
from .drawn import Drawn

if TYPE_CHECKING:
    from ..app import HeronApp

NOWHERE = (None, 0.0)


class Pane(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """A pane drawn line by line. Line 0 is its title; subclasses draw the others with `draw`."""

    DEFAULT_CSS = """
    Pane {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size: 1 1;
    }
    """
    scopes: ClassVar[tuple[str, ...]] = ("list",)
    """Which actions' keys count here, nearest first; `all` is always added."""
    _clicked: tuple[object, float] = NOWHERE
    """What was clicked last, and when."""

    @property
    def heron(self) -> "HeronApp":
        return cast("HeronApp", self.app)

    @property
    def palette(self) -> Palette:
        return self.heron.palette

    @property
    def help_name(self) -> str:
        """What the help calls this pane."""
        return (self.id or type(self).__name__).replace("-", " ")

    def copy_text(self) -> str:
        """What `copy` takes from this pane, "" for nothing."""
        return ""

    def draw(self, y: int, width: int) -> list[Segment]:
        """Line `y` below the title, counted from the top of the visible part."""
        raise NotImplementedError

    def search(self, query: Query, by: int) -> None:  # noqa: ARG002 - panes with text do more
        """Go to the next (`by` 1) or previous (-1) place that has what is looked for."""
        self.heron.finding = None
        self.heron.say("there is no text to search in this pane", "warn")

    def not_found(self, query: Query) -> None:
        self.heron.finding = None
        self.heron.say(f"not found in {self.help_name}: {query.shown}", "warn")

    def title_text(self) -> tuple[str, str]:
        """The title line's left and right part."""
        return "", ""

    def title_line(self, width: int) -> list[Segment]:
        left, right = self.title_text()
        style = self.palette.title_focus if self.has_focus else self.palette.title
        mark = "▌" if self.has_focus else " "
        space = width - len(right) - 3
        if space < len(left):
            right, space = "", width - 2
        return [Segment(f"{mark}{sized(left, max(space, 0))} {right} "[:width], style)]

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        parts = self.title_line(width) if y == 0 else self.draw(y - 1, width)
        return Strip(parts).adjust_cell_length(width, self.palette.base)

    def blank(self, width: int) -> list[Segment]:
        return [Segment(" " * width, self.palette.base)]

    def clicked_twice(self, event: events.Click, place: object) -> bool:
        """Whether a click is the second one on a place of this pane (a row, a line, a figure).

        A hand seldom hits one cell twice, which is what a chain of Textual's clicks takes.
        """
        before, self._clicked = self._clicked, (place, event.time)
        soon = event.time - before[1] <= self.app.CLICK_CHAIN_TIME_THRESHOLD
        if event.chain != 2 and (before[0] != place or not soon):
            return False
        self._clicked = NOWHERE
        return True

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    @property
    def page(self) -> int:
        """Lines visible below the title."""
        return max(self.scrollable_content_region.height - 1, 1)


def highlight(parts: Sequence[Segment], pattern: re.Pattern[str], style: Style) -> list[Segment]:
    """`parts` with what a pattern finds in their text in another style."""
    found = [match.span() for match in pattern.finditer("".join(part.text for part in parts))]
    return marked(parts, [(start, end) for start, end in found if end > start], style)


def marked(parts: Sequence[Segment], found: Sequence[tuple[int, int]], style: Style) -> list[Segment]:
    """`parts` with the characters [start, end) of their text in another style."""
    made: list[Segment] = []
    at = 0
    for part in parts:
        end = at + len(part.text)
        edges = {at, end, *(min(max(edge, at), end) for span in found for edge in span)}
        for first, last in pairwise(sorted(edges)):
            inside = any(a <= first < b for a, b in found)
            made.append(Segment(part.text[first - at : last - at], style if inside else part.style))
        at = end
    return made


def plain(style: Style) -> Style:
    """`style` without its background: for text that stands on a selected row."""
    return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic)
