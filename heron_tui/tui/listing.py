"""The columns that lists show: their own, or those that the user chose, also fields of the filter language."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core import paths
from ..filter.fields import Field
from ..filter.tree import Operand
from ..store.reader import Reader
from . import chosen_columns
from .chosen_columns import Layout, arranged, operand_of, width_of
from .columns import Cell, Column
from .units import duration, first_line, whole
from .visible import Visible

if TYPE_CHECKING:
    from .app import HeronApp

MOST_VALUES = 3
SORTABLE_PACKETS = frozenset({"number", "time_us", "length", "payload"})
Values = Mapping[str, Sequence[Any]]


class Listing:
    """Layouts by what rows are."""

    def __init__(self, app: "HeronApp", layouts: Mapping[str, Layout] | None) -> None:
        self._app = app
        self.layouts = dict(layouts or {})
        self._made: dict[str, dict[str, Column]] = {}
        self._visible: Visible[Values] = Visible(app, "columns", self._question, app.redraw)
        self._last: dict[str, tuple[Sequence[Column], Sequence[Column]]] = {}

    def columns(self, kind: str, given: Sequence[Column]) -> Sequence[Column]:
        """The columns of a list that has `given` of itself."""
        layout = self.layouts.get(kind)
        if layout is None:
            return given
        last = self._last.get(kind)
        if last is None or last[0] is not given:
            last = self._last[kind] = given, arranged(layout, given, self._fields(kind, layout))
        return last[1]

    def choose(self, kind: str, layout: Layout | None) -> None:
        """Show other columns in lists of a kind, None for their own, and keep that. Raises UsageError."""
        self.layouts.pop(kind, None)
        if layout is not None:
            self.layouts[kind] = layout
        self._last.pop(kind, None)
        self._made.pop(kind, None)
        self._visible.forget()
        chosen_columns.save(paths.config_dir(), self.layouts)

    def store_changed(self) -> None:
        self._visible.grown()

    def _operands(self, kind: str, layout: Layout) -> dict[str, Operand]:
        known = {column.key for column in chosen_columns.own(kind)}
        return {key: operand_of(key, kind) for key in layout.keys if key not in known}

    def _fields(self, kind: str, layout: Layout) -> dict[str, Column]:
        if kind not in self._made:
            found = self._operands(kind, layout).items()
            self._made[kind] = {key: self._column(kind, key, operand) for key, operand in found}
        return self._made[kind]

    def _column(self, kind: str, key: str, operand: Operand) -> Column:
        def cell(row: Any) -> Cell:
            id = str(row.packet.number if kind == "packet" else row["id"])
            values = (self._visible.get((kind, id), row) or {}).get(key, ())
            words = [self._words(operand.field, value) for value in values[:MOST_VALUES]]
            more = f" +{len(values) - MOST_VALUES}" if len(values) > MOST_VALUES else ""
            return ", ".join(words) + more, ""

        field = operand.field
        right = field.type in ("int", "number", "duration", "time")
        return Column(key, key, width_of(operand), cell, right=right, sort=_sort(kind, field), asked=True)

    def _words(self, field: Field, value: Any) -> str:
        match field.type:
            case "duration":
                return duration(value)
            case "time":
                return self._app.times.show(value)
            case "bool":
                return "yes" if value else "no"
            case "int":
                return str(value) if field.name.endswith(("number", ".n", "pid", "status")) else whole(value)
            case "number":
                return f"{value:.4f}"
        return first_line(str(value), 200)

    def _question(self, reader: Reader, kind: str, rows: Mapping[str, Any]) -> dict[str, Values]:
        layout = self.layouts.get(kind)
        made: dict[str, dict[str, Sequence[Any]]] = {}
        for key, operand in self._operands(kind, layout).items() if layout else ():
            found: Mapping[Any, Sequence[Any]]
            if kind == "packet":
                found = reader.few.packet_values(operand, [row.packet for row in rows.values()])
            else:
                found = reader.few.values(kind, operand, rows)  # type: ignore[arg-type]
            for id, values in found.items():
                made.setdefault(str(id), {})[key] = values
        return made  # type: ignore[return-value]


def _sort(kind: str, field: Field) -> str:
    """By what rows are sorted for a field of their own."""
    if kind == "packet":
        return field.key if field.scope == "packet" and field.key in SORTABLE_PACKETS else ""
    own = field.scope == {"exchange": "http"}.get(kind, kind)
    return field.key if own and not field.sql and not field.many and "." not in field.key else ""
