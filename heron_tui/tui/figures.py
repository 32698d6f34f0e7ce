"""The metrics view's content, laid out as lines: charts where there is room, a table with sparklines where not."""

from collections.abc import Sequence
from dataclasses import dataclass

from .columns import sized
from .document import BLANK, Line
from .plot import Values, curve, sparkline

CHART_HEIGHT = 5
Run = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric: its value now, what goes with it, and its course over the window."""

    name: str
    value: str
    details: Sequence[tuple[str, str]]
    series: Values
    role: str = "model"
    top: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table below the figures. The first column takes the spare width; the others are right-aligned."""

    title: str
    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[str]]


def lay_out(figures: Sequence[Figure], tables: Sequence[Table], width: int, height: int) -> list[Line]:
    """Everything as lines of `width` cells for a pane of `height` lines."""
    if width >= 116 and height >= 34:
        lines = _charts(figures, width, 4)
    elif width >= 70 and height >= 44:
        lines = _charts(figures, width, 2)
    else:
        lines = _rows(figures, width)
    for table in tables:
        lines += [BLANK, *_table(table, width)]
    return lines


def _rows(figures: Sequence[Figure], width: int) -> list[Line]:
    most = max((len(figure.details) for figure in figures), default=0)
    shown = min(most, 3 if width < 100 else most)
    plot = max(width - 13 - 10 - shown * 13 - 1, 8)
    lines = []
    for figure in figures:
        runs: list[Run] = [(sized(figure.name, 13), "base"), (sized(figure.value, 9, right=True) + " ", "strong")]
        for name, value in [*figure.details, *[("", "")] * most][:shown]:
            runs += [(f" {sized(name, 4)}", "muted"), (sized(value, 7, right=True) + " ", "base")]
        runs += [(" ", "base"), (sparkline(figure.series, plot), figure.role)]
        lines.append(Line(tuple(runs)))
    return lines


def _charts(figures: Sequence[Figure], width: int, columns: int) -> list[Line]:
    gap = 3
    each = (width - gap * (columns - 1)) // columns
    lines: list[Line] = []
    for start in range(0, len(figures), columns):
        group = [_chart(figure, each) for figure in figures[start : start + columns]]
        for row in range(len(group[0])):
            runs: list[Run] = []
            for place, chart in enumerate(group):
                runs += [(" " * gap, "base")] * (place > 0) + chart[row]
            lines.append(Line(tuple(runs)))
        lines.append(BLANK)
    return lines[:-1]


def _chart(figure: Figure, width: int) -> list[list[Run]]:
    space = max(width - len(figure.name) - len(figure.value) - 1, 0)
    head: list[Run] = [(figure.name, "muted"), (" " * (space + 1), "base"), (figure.value, "strong")]
    details = "  ".join(f"{name} {value}" for name, value in figure.details)
    body = [[(line, figure.role)] for line in curve(figure.series, width, CHART_HEIGHT)]
    return [head, *body, [("─" * width, "faint")], [(sized(details, width), "muted")]]


def _table(table: Table, width: int) -> list[Line]:
    columns = list(table.columns)
    used = list(range(len(columns)))
    while sum(columns[i][1] + 1 for i in used[1:]) + 16 > width and len(used) > 2:
        used.pop()
    first = width - sum(columns[i][1] + 1 for i in used[1:])
    head = sized(table.title, first) + "".join(" " + sized(columns[i][0], columns[i][1], right=True) for i in used[1:])
    lines = [Line(((head, "title"),))]
    for row in table.rows:
        cells = "".join(" " + sized(row[i], columns[i][1], right=True) for i in used[1:])
        lines.append(Line(((sized(row[0], first), "strong"), (cells, "base"))))
    return lines
