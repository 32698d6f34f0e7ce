"""One line of the frame around the views: what left and right hold, and what goes first when there is no room."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ..theme import Palette
from .drawn import Drawn

if TYPE_CHECKING:
    from ..app import HeronApp

Run = tuple[str, Style]
Item = Sequence[Run]
"""Runs that are shown together or not at all."""


class Bar(Drawn):
    """A line with items at its left and right end; those at the inner ends are dropped first when it is narrow."""

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; }
    """

    @property
    def heron(self) -> "HeronApp":
        return cast("HeronApp", self.app)

    @property
    def palette(self) -> Palette:
        return self.heron.palette

    def ground(self) -> Style:
        return self.palette.tab

    def left(self) -> Sequence[Item]:
        return ()

    def right(self) -> Sequence[Item]:
        return ()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - it has one line
        width = self.size.width
        left, right = list(self.left()), list(self.right())
        while len(left) > 1 and _cells(left) + _cells(right) > width:
            left.pop()
        while right and _cells(left) + _cells(right) > width:
            right.pop(0)
        space = max(width - _cells(left) - _cells(right), 0)
        items = [*left, [(" " * space, self.ground())], *right]
        strip = Strip([Segment(text, style) for item in items for text, style in item])
        return strip.adjust_cell_length(width, self.ground())


def _cells(items: Sequence[Item]) -> int:
    return sum(cell_len(text) for item in items for text, _ in item)
