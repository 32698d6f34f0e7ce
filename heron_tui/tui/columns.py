"""Columns of lists: which of them fit, and how wide each is."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from .units import clean

Cell = tuple[str, str]
"""Text, and the palette's role that colours it ("" for the row's own)."""


class Column(Struct, frozen=True):
    """One column.

    Attributes:
        cell: a row's text and role.
        priority: 1 is shown always; higher numbers go first when the list is narrow.
        flex: takes the width that is left (one column of a list has it).
        sort: the field that rows are sorted by for this column, "" where they cannot be.
        falls: sorted by it, the largest comes first, unless it is turned round.
        asked: its cells are asked of the store for visible rows only, so that nothing is found in them.
    """

    key: str
    title: str
    width: int
    cell: Callable[[Any], Cell]
    priority: int = 1
    right: bool = False
    flex: bool = False
    sort: str = ""
    falls: bool = False
    asked: bool = False


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that fit into `width`, with their widths; one space stands between columns."""
    shown = list(columns)
    while len(shown) > 1 and _needed(shown) > width:
        last = max(range(len(shown)), key=lambda i: (shown[i].priority, i))
        if shown[last].priority <= 1:
            break
        del shown[last]
    spare = width - _needed(shown)
    return [(column, max(column.width + (spare if column.flex else 0), 1)) for column in shown]


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1


def sized(text: str, width: int, *, right: bool = False) -> str:
    """`text` in exactly `width` cells, cut with an ellipsis."""
    if text.isascii():
        if not text.isprintable():
            text = clean(text)
        if len(text) > width:
            return text[: max(width - 1, 0)] + "…" if width else ""
        return text.rjust(width) if right else text.ljust(width)
    return _sized_wide(clean(text), width, right)


@lru_cache(8192)
def _sized_wide(text: str, width: int, right: bool) -> str:
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, max(width - 1, 0)) + "…" if width else ""
    space = " " * (width - cells)
    return space + text if right else text + space


def segments(
    layout: Sequence[tuple[Column, int]], row: Any, base: Style, role: Callable[[str], Style] | None
) -> list[Segment]:
    """A row as segments. `role` None: one style for the whole row (a selected one)."""
    made: list[Segment] = []
    for index, (column, width) in enumerate(layout):
        text, name = column.cell(row)
        shown = sized(text, width, right=column.right)
        style = role(name) if role and name else base
        made.append(Segment(f" {shown}" if index else shown, style))
    return made
