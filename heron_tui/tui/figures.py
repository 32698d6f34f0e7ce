"""The metrics view's content, laid out as lines: charts where there is room, a table with sparklines where not."""

from collections.abc import Sequence
from dataclasses import dataclass

from .behind import Behind
from .columns import sized
from .document import BLANK, Line
from .plot import Values, curve, sparkline

CHART_HEIGHT = 5
Run = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: its value now, what goes with it, its course over the window, and the calls behind it, if any."""

    name: str
    value: str
    details: Sequence[tuple[str, str]]
    series: Values
    role: str = "model"
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells, and the calls behind each of them, None where there are none."""

    cells: Sequence[str]
    behind: Sequence[Behind | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A table below the figures. The first column takes the spare width; the others are right-aligned."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a figure stands: its line, and its cells [start, end) there."""

    line: int
    start: int
    end: int
    name: str
    behind: Behind | None


def lay_out(
    figures: Sequence[Figure], tables: Sequence[Table], width: int, height: int
) -> tuple[list[Line], list[Spot]]:
    """Everything as lines of `width` cells for a pane of `height` lines, and where the figures are in them."""
    if width >= 116 and height >= 34:
        lines, spots = _charts(figures, width, 4)
    elif width >= 70 and height >= 44:
        lines, spots = _charts(figures, width, 2)
    else:
        lines, spots = _rows(figures, width)
    for table in tables:
        lines.append(BLANK)
        _table(table, width, lines, spots)
    return lines, spots


def _rows(figures: Sequence[Figure], width: int) -> tuple[list[Line], list[Spot]]:
    most = max((len(figure.details) for figure in figures), default=0)
    shown = min(most, 3 if width < 100 else most)
    plot = max(width - 13 - 10 - shown * 13 - 1, 8)
    lines = []
    spots = [Spot(line, 0, 22, figure.name, figure.behind) for line, figure in enumerate(figures)]
    for figure in figures:
        runs: list[Run] = [(sized(figure.name, 13), "base"), (sized(figure.value, 9, right=True) + " ", "strong")]
        for name, value in [*figure.details, *[("", "")] * most][:shown]:
            runs += [(f" {sized(name, 4)}", "muted"), (sized(value, 7, right=True) + " ", "base")]
        runs += [(" ", "base"), (sparkline(figure.series, plot), figure.role)]
        lines.append(Line(tuple(runs)))
    return lines, spots


def _charts(figures: Sequence[Figure], width: int, columns: int) -> tuple[list[Line], list[Spot]]:
    gap = 3
    each = (width - gap * (columns - 1)) // columns
    lines: list[Line] = []
    spots: list[Spot] = []
    for start in range(0, len(figures), columns):
        for place, figure in enumerate(figures[start : start + columns]):
            at = place * (each + gap)
            spots.append(Spot(len(lines), at, at + each, figure.name, figure.behind))
        group = [_chart(figure, each) for figure in figures[start : start + columns]]
        for row in range(len(group[0])):
            runs: list[Run] = []
            for place, chart in enumerate(group):
                runs += [(" " * gap, "base")] * (place > 0) + chart[row]
            lines.append(Line(tuple(runs)))
        lines.append(BLANK)
    return lines[:-1], spots


def _chart(figure: Figure, width: int) -> list[list[Run]]:
    space = max(width - len(figure.name) - len(figure.value) - 1, 0)
    head: list[Run] = [(figure.name, "muted"), (" " * (space + 1), "base"), (figure.value, "strong")]
    details = "  ".join(f"{name} {value}" for name, value in figure.details)
    body = [[(line, figure.role)] for line in curve(figure.series, width, CHART_HEIGHT)]
    return [head, *body, [("─" * width, "faint")], [(sized(details, width), "muted")]]


def _table(table: Table, width: int, lines: list[Line], spots: list[Spot]) -> None:
    columns = list(table.columns)
    used = list(range(len(columns)))
    while sum(columns[i][1] + 1 for i in used[1:]) + 16 > width and len(used) > 2:
        used.pop()
    first = width - sum(columns[i][1] + 1 for i in used[1:])
    head = sized(table.title, first) + "".join(" " + sized(columns[i][0], columns[i][1], right=True) for i in used[1:])
    lines.append(Line(((head, "title"),)))
    for row in table.rows:
        start, end = 0, first
        for i in used:
            if i:
                start, end = end + 1, end + 1 + columns[i][1]
            spots.append(Spot(len(lines), start, end, columns[i][0] if i else row.cells[0], row.behind[i]))
        cells = "".join(" " + sized(row.cells[i], columns[i][1], right=True) for i in used[1:])
        lines.append(Line(((sized(row.cells[0], first), "strong"), (cells, "base"))))
