"""A list of records in columns: which of them, in which order, what is found in them, and how a row is drawn."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec.structs import replace
from rich.segment import Segment
from rich.style import Style

from ...store.notes import Key
from ..choice import ChosenRows, sort_key
from ..columns import Column, fit, segments, sized
from ..filtering import Narrowed
from ..find.query import Query
from ..rows import FixedRows, PagedRows
from ..units import percent, whole
from .cursor_list import CursorList
from .pane import highlight, plain
from .row_signs import COMMENTED, coloured, fitting, noted

SHIFT = 16
SEARCHED = 2048
"""Rows that a search looks at between two looks at the keyboard."""


class RowList(CursorList):
    """Rows in columns with a cursor. The first line holds the column titles, or the pane's title if it has one.

    Args:
        columns: what to show of a row, and what to leave out first.
        title: the title line; "" shows the column titles instead.
        empty: what to say when there are no rows.
        kind: what records it shows, if they can be noted on.
        opens: what enter does, as its hint says it.
    """

    scopes: ClassVar[tuple[str, ...]] = ("list", "columns")
    coloured_parts: ClassVar[int | None] = None
    """How many of a row's segments a colour rule colours; None for all."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: str = "",
        kind: str = "",
        opens: str = "open",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.kind = kind
        self.opens = opens
        self.own_columns = columns
        self.title = title
        self.note = ""
        self.empty = empty
        self.pattern: re.Pattern[str] | None = None
        self.only_marked = self.hide_ignored = False
        self.sorted_by, self.descending = "", False
        self._shift = 0

    # what there is

    @property
    def noted_kinds(self) -> Sequence[str]:
        """The kinds of its rows that can be marked, left out and commented."""
        return (self.kind,) if self.kind else ()

    @property
    def filtered_kind(self) -> str:
        """What records of the store the rows are, "" where they are something else."""
        return self.kind

    @property
    def columns(self) -> Sequence[Column]:
        """The columns shown: the list's own, or those that the user chose for its rows."""
        return self.heron.listing.columns(self.kind, self.own_columns) if self.kind else self.own_columns

    @columns.setter
    def columns(self, columns: Sequence[Column]) -> None:
        self.own_columns = columns

    def key_of(self, row: Any) -> Key | None:
        """Under what notes on a row are kept; None where there can be none."""
        return (self.kind, str(row["id"])) if self.kind else None

    def comment_of(self, row: Any) -> str:
        """What people noted on a row."""
        return self.heron.notes.get(self.key_of(row)).comment

    def arrived(self, row: Any) -> None:
        if self.has_focus and (comment := self.comment_of(row)):
            self.heron.say(f"{COMMENTED} {comment}")

    def stands_out(self, row: Any) -> bool:  # noqa: ARG002 - of most lists, only what fits is shown
        """The row itself fits the filter, and stands among some that do not."""
        return False

    # which rows

    def fitting(self) -> Narrowed | None:
        """What of its kind fits the filter; None while nothing is left out."""
        return self.heron.filtering.narrowed(self.kind)

    def narrow(self, *, grown: bool) -> None:
        """Other rows fit the filter now. Where the store has only `grown`, those on screen stay until they are read."""
        found, source = self.fitting(), self.source
        if grown and found is not None and isinstance(source, ChosenRows):
            source.choice = source.wanted = replace(source.wanted, where=found.where, numbers=found.pick)
            source.store_changed(found.count)
        else:
            self.rearrange()

    def rearrange(self, *, stay: str | None = None, first: bool = False) -> None:
        """Show the rows that are to be shown now. The cursor stays on its row, or goes to the row `stay`, or to the
        `first` one."""
        notes, source, row = self.heron.notes, self.source, None if first else self.row
        only = frozenset(notes.marked(self.kind)) if self.only_marked else None
        without = frozenset(notes.ignored(self.kind)) if self.hide_ignored else frozenset()
        key = self.key_of(row) if row is not None else None
        stay = stay or (key[1] if key else None)
        if isinstance(source, ChosenRows):
            order = f"-{self.sorted_by}" if self.descending else self.sorted_by or None
            fit = self.fitting()
            where, numbers = (fit.where, fit.pick) if fit else (None, None)
            choice = replace(source.choice, order=order, only=only, without=without, where=where, numbers=numbers)
            source.choose(choice, stay=stay)
        elif isinstance(source, FixedRows):
            order_by = sort_key(self.sorted_by) if self.sorted_by else None
            fit = self.fitting()
            only = fit.among(only) if fit else only
            was = source.rows
            source.arrange(order_by, down=self.descending, keep=lambda row: _kept(self.key_of(row), only, without))
            before = [(self.key_of(row) or ("", ""))[1] for row in was]
            places = {(self.key_of(row) or ("", ""))[1]: place for place, row in enumerate(source.rows)}
            later = before[before.index(stay) :] if stay in before else [stay]
            self.chosen(0 if first else next((places[id] for id in later if id in places), len(places)))

    def sort_by(self, field: str, *, down: bool = False) -> None:
        """Sort the rows by a field of their records; "" puts them back into their own order. The cursor stays on its
        row, but on the first line where it is there: nobody has chosen that row."""
        self.sorted_by, self.descending = field, down
        self.stop_following()
        self.rearrange(first=not self.cursor)
        self.refresh()

    def sort_anew(self, field: str) -> None:
        """Sort by a column that was chosen: as it falls at first, the other way round when it is chosen again."""
        falls = any(column.falls for column in self.columns if column.sort == field)
        self.sort_by(field, down=bool(field) and (not self.descending if field == self.sorted_by else falls))

    def sortable(self) -> list[Column]:
        """The columns that this list can be sorted by."""
        can = isinstance(self.source, (ChosenRows, FixedRows))
        return [column for column in self.columns if column.sort] if can else []

    def _headings(self, layout: Sequence[tuple[Column, int]]) -> list[str]:
        """Titles of columns, with an arrow at what the rows are sorted by; where that is not among them, the widest
        says it."""
        arrow = "▼" if self.descending else "▲"
        titles = [column.title for column, _ in layout]
        if not self.sorted_by:
            return titles
        by = next((place for place, (column, _) in enumerate(layout) if column.sort == self.sorted_by), None)
        if by is not None:
            titles[by] = f"{titles[by][: layout[by][1] - 1]}{arrow}"
            return titles
        widest = max(range(len(layout)), key=lambda place: layout[place][1])
        both = f"{titles[widest]}  {arrow} {self._sort_name()}"
        titles[widest] = both if len(both) <= layout[widest][1] else f"{arrow} {self._sort_name()}"
        return titles

    def _sort_name(self) -> str:
        """What the rows are sorted by: the title of a column, shown or not, else the field's name."""
        named = (column.title.strip() for column in self.own_columns if column.sort == self.sorted_by)
        return next(named, "") or self.sorted_by.removesuffix("_us").replace("_", " ")

    def show_everything(self, *, stay: str | None = None) -> None:
        """No row is left out any more."""
        self.only_marked = self.hide_ignored = False
        self.rearrange(stay=stay)

    def chosen(self, place: int | None) -> None:
        """Other rows are there; the one that the cursor was on, or the nearest, is at `place`, or at the end."""
        if place is not None:
            place = self.cursor = max(min(place, self.source.count() - 1), 0)
        self._window = ()
        self.rows_changed()
        if place is not None:
            self.center(place)

    def act_right(self, count: int | None = None) -> None:
        self._shift = min(self._shift + SHIFT * (count or 1), 4096)
        self.refresh()

    def act_left(self, count: int | None = None) -> None:
        self._shift = max(self._shift - SHIFT * (count or 1), 0)
        self.refresh()

    def copy_text(self) -> str:
        """The row's cells, separated by tabs."""
        row = self.row
        return "\t".join(column.cell(row)[0] for column in self.columns) if row is not None else ""

    # finding

    def row_text(self, row: Any) -> str:
        """What is searched of a row: what its columns show."""
        return "\t".join(column.cell(row)[0] for column in self.columns if not column.asked)

    def search(self, query: Query, by: int) -> None:
        if query.words is None:
            super().search(query, by)
            return
        self.pattern = query.words
        self._look(query, query.words, self.cursor + by, by, self.count)

    def _look(self, query: Query, words: re.Pattern[str], start: int, by: int, left: int) -> None:
        """Look at the page of rows from `start` on; `left` rows have not been looked at."""
        if left <= 0 or not self.count:
            self.not_found(query)
            return
        token, source = self.heron.finding, self.source
        start %= self.count
        first, stop = (start, start + SEARCHED) if by > 0 else (start + 1 - SEARCHED, start + 1)
        first, stop = max(first, 0), min(stop, self.count)

        def came(rows: Sequence[Any]) -> None:
            if self.heron.finding is not token or self.source is not source:
                return
            order = range(len(rows)) if by > 0 else range(len(rows) - 1, -1, -1)
            hit = next((n for n in order if rows[n] is not None and words.search(self.row_text(rows[n]))), None)
            if hit is not None:
                self.heron.finding = None
                self.center(first + hit)
                return
            done = 1 - left / max(self.count, left)  # the rows may have become fewer meanwhile
            self.heron.say(f"finding {query.shown}: {percent(done)} · esc stops")
            self._look(query, words, stop if by > 0 else first - 1, by, left - (stop - first))

        if isinstance(source, PagedRows):
            self.heron.reading.ask("find", lambda reader: source.read(reader, first, stop), came)
        else:
            came(source.window(first, stop))

    def click_title(self, x: int) -> None:
        """A click on a column's title sorts by it, another one the other way round."""
        at = 1
        for column, size in [] if self.title else fit(self.columns, self.scrollable_content_region.width - 2):
            if at <= x < at + size and column.sort and column in self.sortable():
                self.sort_anew(column.sort)
            at += size + 1

    # drawing

    def title_text(self) -> tuple[str, str]:
        if not self.sorted_by:
            return self.title, self.note
        said = f"{'▼' if self.descending else '▲'} {self._sort_name()}"
        return self.title, f"{said} · {self.note}" if self.note else said

    def title_line(self, width: int) -> list[Segment]:
        if self.title:
            return super().title_line(width)
        style = self.palette.title_focus if self.has_focus else self.palette.title
        layout = fit(self.columns, width - 2)
        named = zip(layout, self._headings(layout), strict=True)
        text = " ".join(sized(title, size, right=column.right) for (column, size), title in named)
        return [Segment(f"{'▌' if self.has_focus else ' '}{text} "[:width], style)]

    def why_empty(self) -> str:
        """Why there are no rows: they are not there yet, they are left out, or there are none."""
        kind, heron = self.filtered_kind, self.heron
        if not kind:
            return self.empty
        if heron.capture_state == "failed":
            return "nothing was read"
        if not heron.loaded:
            return f"reading {heron.capture_title} …"
        if self.only_marked:
            return "none of what is marked fits" if heron.filtering.text else "nothing is marked any more"
        if (fit := heron.filtering.narrowed(kind)) and fit.total > fit.count == 0:
            return f"none of {whole(fit.total)} {kind}s fits the filter; {heron.keymap.first('filter')} changes it"
        return f"{self.empty} so far" if heron.capture_state == "running" else self.empty

    def draw(self, y: int, width: int) -> list[Segment]:
        index, row = self.drawn_row(y)
        if index >= self.count:
            note = f"  {self.why_empty()}" if not self.count and y == 1 else ""
            return [Segment(sized(note, width), self.palette.muted)]
        if row is None:
            return [Segment(sized("  …", width), self.palette.faint)]
        selected = index == self.cursor
        parts = self._signed(self.draw_row(row, selected, width), row, selected)
        return highlight(parts, self.pattern, self.palette.mark) if self.pattern else parts

    def _signed(self, parts: list[Segment], row: Any, selected: bool) -> list[Segment]:
        """A row in its rule's colour, and with the signs of what is noted on it."""
        key, comment = self.key_of(row), self.comment_of(row)
        note = self.heron.notes.get(key)
        if key is not None and (rule := self.heron.colouring.rule(key, row)):
            parts = coloured(parts, rule, self.palette, note, comment, selected=selected, until=self.coloured_parts)
        parts = noted(parts, self.palette, note, comment)
        return fitting(parts, self.palette) if self.stands_out(row) else parts

    def draw_row(self, row: Any, selected: bool, width: int) -> list[Segment]:
        """One row; a selected one keeps the colours of its cells on the cursor's ground."""
        palette = self.palette
        ground = palette.base
        if selected:
            ground = palette.cursor if self.has_focus else palette.cursor_away
        cursor = "▌" if selected and self.has_focus else " "

        def role(name: str) -> Style:
            return ground + plain(palette.role(name)) if selected else palette.role(name)

        keep_colours = not selected or not ground.reverse
        parts = segments(self._layout(width - 2), row, ground, role if keep_colours else None)
        return [
            Segment(cursor, ground + plain(palette.accent) if keep_colours else ground),
            *parts,
            Segment(" ", ground),
        ]

    def _layout(self, width: int) -> list[tuple[Column, int]]:
        layout = fit(self.columns, width)
        return [(_shifted(c, self._shift) if c.flex and self._shift else c, size) for c, size in layout]


def _shifted(column: Column, by: int) -> Column:
    def cell(row: Any) -> tuple[str, str]:
        text, role = column.cell(row)
        return text[by:], role

    return replace(column, cell=cell)


def _kept(key: Key | None, only: frozenset[str] | None, without: frozenset[str]) -> bool:
    id = key[1] if key else ""
    return (only is None or id in only) and id not in without
