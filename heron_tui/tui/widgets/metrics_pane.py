"""The eight metrics over a window of time: figures with their course, and tables per model, route, agent or process."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message

from ..columns import sized
from ..figures import Figure, Table, lay_out
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
    """Shows figures; asks for others with `Wanted` when the window or the grouping changes."""

    scopes: ClassVar[tuple[str, ...]] = ("metrics", "list")

    class Wanted(Message):
        """Another window of time or another grouping is wanted."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(title="Metrics", empty="no calls in this window of time", id=id)
        self.window = len(WINDOWS) - 1
        self.group = 0
        self._figures: Sequence[Figure] = ()
        self._tables: Sequence[Table] = ()

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
            self._put(lay_out(self._figures, self._tables, width, region.height - 1))

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
