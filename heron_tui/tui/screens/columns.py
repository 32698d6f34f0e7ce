"""Which columns a list shows: chosen, ordered and widened in a list of all that it could show."""

from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ...filter.fields import FIELDS
from .. import chosen_columns
from ..chosen_columns import LEAST, LISTS, MOST, Layout, operand_of, width_of
from ..columns import Cell, Column
from ..rows import FixedRows
from ..widgets.row_list import RowList


@dataclass(frozen=True, slots=True)
class Line:
    """A column that is or could be shown. `first` is the width that it has of itself."""

    key: str
    title: str
    help: str
    width: int
    first: int
    shown: bool


class ColumnList(RowList):
    scopes: ClassVar[tuple[str, ...]] = ("column-choice", "list")


class ColumnsScreen(ModalScreen[Layout | None], inherit_bindings=False):
    """Answers the layout chosen, None if nothing was changed."""

    DEFAULT_CSS = """
    ColumnsScreen { align: center middle; background: $background 40%; }
    ColumnsScreen > Container { width: 76; max-width: 100%; height: 90%; border: round $accent;
        background: $background; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, kind: str, layout: Layout) -> None:
        super().__init__()
        self._kind, self._layout = kind, layout
        own = {column.key: column for column in chosen_columns.own(kind)}
        lines: dict[str, Line] = {}
        for key in (*layout.keys, *own, *(field.name for field in chosen_columns.offered(kind))):
            if column := own.get(key):
                title, help_, first = column.title.strip() or key, "", column.width
            else:
                operand = operand_of(key, kind)
                title, help_, first = key, FIELDS[operand.field.name].help, width_of(operand)
            lines.setdefault(key, Line(key, title, help_, layout.widths.get(key, first), first, key in layout.keys))
        self._lines = list(lines.values())

    def compose(self) -> ComposeResult:
        def sign(line: Line) -> Cell:
            return ("▣" if line.shown else "·"), "accent" if line.shown else "faint"

        def title(line: Line) -> Cell:
            return line.title, "strong" if line.shown else ""

        columns = (
            Column("shown", "", 1, sign),
            Column("title", "", 24, title),
            Column("width", "", 5, lambda line: (str(line.width) if line.shown else "", "muted"), right=True),
            Column("help", "", 20, lambda line: (line.help, "muted"), flex=True),
        )
        with Container():
            self._list = ColumnList(columns, title=f"Columns of {LISTS[self._kind]}")
            self._list.note = "space shows · J K move · < > width · esc done"
            yield self._list

    def on_mount(self) -> None:
        self._list.show(FixedRows(self._lines))

    def _change(self, line: Line, at: int | None = None) -> None:
        """Put another line under the cursor, or move it to place `at`."""
        here = self._list.cursor
        del self._lines[here]
        here = here if at is None else at
        self._lines.insert(here, line)
        self._list.show_again(FixedRows(self._lines), here)

    def _shown(self) -> int:
        return sum(line.shown for line in self._lines)

    def act_toggle_column(self) -> None:
        line = self._lines[self._list.cursor]
        if line.shown and self._shown() == 1:
            return
        at = self._shown() - (1 if line.shown else 0)  # shown ones stand before the others
        self._change(replace(line, shown=not line.shown), at)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        event.stop()
        self.act_toggle_column()

    def act_column_later(self) -> None:
        self._move(1)

    def act_column_earlier(self) -> None:
        self._move(-1)

    def _move(self, by: int) -> None:
        at = self._list.cursor + by
        if self._lines[self._list.cursor].shown and 0 <= at < self._shown():
            self._change(self._lines[self._list.cursor], at)

    def act_widen_column(self, count: int | None = None) -> None:
        self._widen(count or 1)

    def act_narrow_column(self, count: int | None = None) -> None:
        self._widen(-(count or 1))

    def _widen(self, by: int) -> None:
        line = self._lines[self._list.cursor]
        if line.shown:
            self._change(replace(line, width=max(LEAST, min(line.width + by, MOST))))

    def act_back(self) -> None:
        shown = [line for line in self._lines if line.shown]
        widths = {line.key: line.width for line in shown if line.width != line.first}
        layout = Layout(tuple(line.key for line in shown), widths)
        self.dismiss(None if layout == self._layout else layout)

    act_leave = act_back
