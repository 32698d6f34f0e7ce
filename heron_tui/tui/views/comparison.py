"""Comparison: two sessions side by side."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from .. import comparing
from ..columns import Cell, Column
from ..comparing import Line, Side
from ..rows import FixedRows
from ..subject import Subject
from ..widgets.row_list import RowList
from .view import View


class ComparisonList(RowList):
    scopes: ClassVar[tuple[str, ...]] = ("comparison", "list")


class ComparisonView(View):
    """One list. `n` (or enter) and `N` go along what differs; `esc` goes back to the sessions."""

    title = "comparison"
    unhinted = ("filter",)

    def compose(self) -> ComposeResult:
        self.list = ComparisonList((), empty="", id="comparison-list")
        yield self.list

    def on_mount(self) -> None:
        self._sides: tuple[Side, Side] | None = None
        self._wanted: tuple[str, str] | None = None

    def show_sessions(self, left: str, right: str) -> None:
        """Compare two sessions by id."""
        if (left, right) != self._wanted:
            self._sides = None
            self.list.show(FixedRows())
        self._wanted = left, right
        self.changed()

    def changed(self) -> None:
        if self._wanted is None:
            return
        left, right = self._wanted

        def read(reader: Any) -> tuple[Side | None, Side | None]:
            return comparing.side(reader, left), comparing.side(reader, right)

        self.heron.reading.ask("comparison", read, self._found)

    def _found(self, found: tuple[Side | None, Side | None]) -> None:
        left, right = found
        if left is None or right is None:
            self.list.empty = "one of the two sessions is not in the store"
            self.list.refresh()
            return
        self._sides = left, right
        self.list.columns = self._columns(left, right)
        self.list.show_again(FixedRows(comparing.compare(left, right)), self.list.cursor)

    def _columns(self, left: Side, right: Side) -> list[Column]:
        def name(line: Line) -> Cell:
            return line.name, "accent" if line.heading else "strong" if line.differs else "muted"

        def difference(line: Line) -> Cell:
            return f"  {line.difference}", "warn"

        def value(text: str, line: Line) -> Cell:
            return text, "" if line.differs else "muted"

        first, second = (f"{side.session['agent']} {side.session['id'][:8]}" for side in (left, right))
        return [
            Column("name", "Sessions", 20, name),
            Column("left", first, 19, lambda line: value(line.left, line), right=True),
            Column("right", second, 19, lambda line: value(line.right, line), right=True),
            Column("difference", "  Difference", 17, difference, flex=True),
        ]

    def subject(self) -> Subject | None:
        return Subject("session", self._sides[1].session) if self._sides else None

    @on(RowList.Opened, "#comparison-list")
    def _opened(self) -> None:
        self.act_next_difference()

    def act_next_difference(self, count: int | None = None) -> None:
        self._along(1, count or 1)

    def act_previous_difference(self, count: int | None = None) -> None:
        self._along(-1, count or 1)

    def _along(self, by: int, count: int) -> None:
        lines = self.list.source.window(0, self.list.count)
        places = [n for n, line in enumerate(lines) if line and line.differs and (n - self.list.cursor) * by > 0]
        if not places:
            self.heron.say("no further difference", "muted")
            return
        ahead = places if by > 0 else places[::-1]
        self.list.center(ahead[min(count, len(ahead)) - 1])
