"""The eight metrics over a window of time: figures with their course, and tables per model, route, agent or process."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message

from ..columns import sized
from ..document import Line
from ..figures import Figure, Spot, Table, lay_out
from .pane import marked
from .text_pane import TextPane

if TYPE_CHECKING:
    from ...metrics.points import Group

WINDOWS: tuple[tuple[str, int | None], ...] = (
    ("1 min", 60),
    ("5 min", 300),
    ("15 min", 900),
    ("1 h", 3600),
    ("whole capture", None),
)
GROUPS: tuple["Group", ...] = ("model", "route", "agent", "process")


class MetricsPane(TextPane):
    """Shows figures, with a cursor on one; asks for others with `Wanted` when the window or the grouping changes."""

    scopes: ClassVar[tuple[str, ...]] = ("metrics", "list")

    class Wanted(Message):
        """Another window of time or another grouping is wanted."""

    class Opened(Message):
        """The calls behind a figure are wanted."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(title="Metrics", empty="no calls in this window of time", id=id)
        self.window = len(WINDOWS) - 1
        self.group = 0
        self._figures: Sequence[Figure] = ()
        self._tables: Sequence[Table] = ()
        self._spots: Sequence[Spot] = ()
        self.cursor = 0

    def show_figures(self, figures: Sequence[Figure], tables: Sequence[Table]) -> None:
        self._figures, self._tables = figures, tables
        self._laid_out_for = None
        self._measure()
        self.refresh()

    def title_line(self, width: int) -> list[Segment]:
        palette = self.palette
        style = palette.title_focus if self.has_focus else palette.title
        parts = [Segment("▌" if self.has_focus else " ", style)]
        for place, (name, _) in enumerate(WINDOWS):
            parts.append(Segment(f" {name} ", palette.mark if place == self.window else style))
        by = f"by {GROUPS[self.group]} "
        used = sum(len(part.text) for part in parts)
        return [*parts, Segment(sized(by, max(width - used, 0), right=True), style)]

    def _measure(self) -> None:
        region = self.scrollable_content_region
        width = max(region.width - 2, 8)
        if (width, region.height) != self._laid_out_for:
            self._laid_out_for = (width, region.height)
            lines, self._spots = lay_out(self._figures, self._tables, width, region.height - 1)
            self._put(lines)

    # the cursor

    @property
    def spot(self) -> Spot | None:
        """The figure under the cursor."""
        return self._spots[min(self.cursor, len(self._spots) - 1)] if self._spots else None

    def draw_runs(self, index: int, line: Line) -> list[Segment]:
        parts, spot = super().draw_runs(index, line), self.spot
        if spot is None or spot.line != index:
            return parts
        style = self.palette.cursor if self.has_focus else self.palette.cursor_away
        return marked(parts, [(spot.start + 1, spot.end + 1)], style)

    def _to(self, place: int) -> None:
        """Put the cursor on a figure, and that into view with the line above it."""
        self.cursor = max(0, min(place, len(self._spots) - 1))
        top = round(self.scroll_y)
        if self.spot and self.spot.line <= top:
            self.scroll_to(y=max(self.spot.line - 1, 0), animate=False)
        elif self.spot and self.spot.line >= top + self.page:
            self.scroll_to(y=self.spot.line - self.page + 1, animate=False)
        self.refresh()

    def _scroll(self, by: int) -> None:
        """Go to the figure that is nearest to `by` lines further, at least to the next line that has one."""
        spot = self.spot
        if spot is None:
            return
        ahead = [place for place, other in enumerate(self._spots) if (other.line - spot.line) * by > 0]
        if ahead:
            self._to(min(ahead, key=lambda place: self._far(self._spots[place], spot, by)))
        else:
            super()._scroll(by)

    @staticmethod
    def _far(other: Spot, spot: Spot, by: int) -> tuple[int, int]:
        return abs(other.line - spot.line - by), abs(other.start - spot.start)

    def act_top(self, count: int | None = None) -> None:
        self._to((count or 1) - 1)

    def act_bottom(self, count: int | None = None) -> None:
        self._to(len(self._spots) - 1 if count is None else count - 1)

    def act_next_figure(self, count: int | None = None) -> None:
        self._to(self.cursor + (count or 1))

    def act_previous_figure(self, count: int | None = None) -> None:
        self._to(self.cursor - (count or 1))

    def act_open(self) -> None:
        if self.spot:
            self.post_message(self.Opened(self.spot))

    def on_click(self, event: events.Click) -> None:
        line, x = round(self.scroll_y) + event.y - 1, event.x - 1
        hit = next((n for n, s in enumerate(self._spots) if s.line == line and s.start <= x < s.end), None)
        if event.y >= 1 and hit is not None:
            self._to(hit)
            if self.clicked_twice(event, hit):
                self.act_open()

    # what is measured

    def act_next_window(self) -> None:
        self._choose(min(self.window + 1, len(WINDOWS) - 1))

    def act_previous_window(self) -> None:
        self._choose(max(self.window - 1, 0))

    def _choose(self, window: int) -> None:
        if window != self.window:
            self.window = window
            self.post_message(self.Wanted())
            self.refresh()

    def act_group(self) -> None:
        self.group = (self.group + 1) % len(GROUPS)
        self.post_message(self.Wanted())
        self.refresh()
