"""Lists of records by place: counted, paged and searched for a place."""

import json
import sqlite3
from collections.abc import Sequence

from msgspec import Struct, field

from ..core.errors import UsageError
from ..filter.fields import Field
from ..filter.relations import TABLES
from .records import FORMS, Kind, RecordReader
from .shapes import Record
from .where import Parameter, Where

MOST_ANCHORS = 256
SEVERITY = "CASE finding.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 WHEN 'note' THEN 2 ELSE 3 END"
RANKS: dict[tuple[Kind, str], str] = {("finding", "severity"): SEVERITY}
"""What stands for texts whose order is not that of their letters: the gravest finding first."""


class _Anchors(Struct):
    """Places in a filtered list whose rows are known: a page is looked for from the nearest one, not from the start."""

    places: dict[int, tuple[int, str]] = field(default_factory=dict)

    def before(self, place: int) -> int | None:
        return max((known for known in self.places if known <= place), default=None)

    def add(self, place: int, time_us: int, id: str) -> None:
        if len(self.places) >= MOST_ANCHORS:
            del self.places[next(iter(self.places))]
        self.places[place] = (time_us, id)


class Listing:
    """Lists on the connection of a reader. `forget` is called when the store has changed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._readers: dict[tuple[Kind, bool, bool], RecordReader] = {}
        self._anchors: dict[tuple[Kind, Where | None, bool], _Anchors] = {}

    def forget(self) -> None:
        self._anchors.clear()

    def count(self, kind: Kind, where: Where | None) -> int:
        sql, params = _condition(where)
        found = self._connection.execute(f"SELECT count(*) FROM {FORMS[kind].table} AS {kind} WHERE {sql}", params)
        return int(found.fetchone()[0])

    def get(self, kind: Kind, id: str, *, full: bool) -> Record | None:
        reader = self.reader(kind, full)
        row = self._connection.execute(f"{reader.select} WHERE {kind}.id = ?", (id,)).fetchone()
        return None if row is None else reader.record(row)

    def rows(
        self, kind: Kind, start: int, stop: int, *, where: Where | None, order: str | None, full: bool, lean: bool
    ) -> list[Record]:
        start = max(start, 0)
        if stop <= start:
            return []
        reader = self.reader(kind, full, lean=lean)
        name, down = self.order(kind, order)
        if name != reader.form.time:
            return self._by_field(kind, reader, name, down, where, start, stop)
        return self._by_time(kind, reader, down, where, start, stop)

    def position(self, kind: Kind, id: str, *, where: Where | None, order: str | None) -> int | None:
        form = FORMS[kind]
        name, down = self.order(kind, order)
        sql, params = _condition(where)
        table = f"{form.table} AS {kind}"
        if name != form.time:
            ranked = (
                f"SELECT id, row_number() OVER ({_ordering(kind, name, down)}) - 1 AS place FROM {table} WHERE {sql}"
            )
            row = self._connection.execute(f"SELECT place FROM ({ranked}) WHERE id = ?", (*params, id)).fetchone()
            return None if row is None else int(row[0])
        row = self._connection.execute(
            f"SELECT {form.time} FROM {table} WHERE {kind}.id = ? AND {sql}", (id, *params)
        ).fetchone()
        if row is None:
            return None
        before = f"({kind}.{form.time}, {kind}.id) {'>' if down else '<'} (?, ?)"
        found = self._connection.execute(
            f"SELECT count(*) FROM {table} WHERE {before} AND {sql}", (row[0], id, *params)
        )
        return int(found.fetchone()[0])

    def nearest(self, kind: Kind, id: str, *, where: Where | None, order: str | None) -> int | None:
        """The place of a record in the list or, if it is left out, of the first behind it; None if there is none."""
        sql, params = _condition(where)
        judged = f"SELECT {kind}.*, coalesce({sql}, 0) AS fits FROM {FORMS[kind].table} AS {kind}"
        before = f"{self.ordering(kind, order)} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        placed = f"SELECT id, total(fits <> 0) OVER ({before}) AS place FROM ({judged}) AS {kind}"
        row = self._connection.execute(f"SELECT place FROM ({placed}) WHERE id = ?", (*params, id)).fetchone()
        return None if row is None else int(row[0])

    def ordering(self, kind: Kind, order: str | None) -> str:
        """SQL that puts rows in order. Raises UsageError as `Reader.rows` does."""
        name, down = self.order(kind, order)
        if name != FORMS[kind].time:
            return _ordering(kind, name, down)
        direction = " DESC" if down else ""
        return f"ORDER BY {kind}.{name}{direction}, {kind}.id{direction}"

    def by_rowid(self, kind: Kind, rowids: Sequence[int], *, full: bool) -> list[Record]:
        """Records in the order of `rowids`; those that are gone are left out."""
        reader = self.reader(kind, full)
        marks = ", ".join("?" * len(rowids))
        select = reader.select.replace("SELECT ", f"SELECT {kind}.rowid AS rowid_, ", 1)
        found = {
            row["rowid_"]: reader.record(row)
            for row in self._connection.execute(f"{select} WHERE {kind}.rowid IN ({marks})", rowids)
        }
        for record in found.values():
            del record["rowid_"]
        return [found[rowid] for rowid in rowids if rowid in found]

    def ids(self, kind: Kind, rowids: Sequence[int]) -> list[str]:
        """Ids of records, in no order."""
        sql = f"SELECT id FROM {FORMS[kind].table} WHERE rowid IN (SELECT value FROM json_each(?))"
        return [str(row[0]) for row in self._connection.execute(sql, (json.dumps(list(rowids)),))]

    def rowid(self, kind: Kind, id: str) -> int | None:
        row = self._connection.execute(f"SELECT rowid FROM {FORMS[kind].table} WHERE id = ?", (id,)).fetchone()
        return None if row is None else int(row[0])

    def values(self, field: Field, most: int) -> list[str]:
        """Short texts that a field of the filter has, the most frequent first; those of packets and parts: none."""
        table = "calls" if field.scope == "process" else TABLES.get(field.scope)
        if table is None or field.type != "text" or field.name in ("body", "http.header"):
            return []
        value = field.column("r")
        found = self._connection.execute(
            f"SELECT {value} AS value FROM {table} AS r WHERE length({value}) BETWEEN 1 AND 100"
            f" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ?",
            (most,),
        )
        return [str(row[0]) for row in found]

    def reader(self, kind: Kind, full: bool, *, lean: bool = False) -> RecordReader:
        key = (kind, full, lean)
        if key not in self._readers:
            self._readers[key] = RecordReader(self._connection, kind, full=full, lean=lean)
        return self._readers[key]

    def order(self, kind: Kind, order: str | None) -> tuple[str, bool]:
        """The field that an order names, and whether it falls. Raises UsageError as `Reader.rows` does."""
        name = order.removeprefix("-") if order else FORMS[kind].time
        if name not in (sortable := self.reader(kind, False).sortable):
            raise UsageError(f"{kind}s cannot be ordered by {name!r}; there is {', '.join(sorted(sortable))}")
        return name, bool(order) and order.startswith("-")  # type: ignore[union-attr]

    def _by_field(  # noqa: PLR0917 - all that makes the list
        self, kind: Kind, reader: RecordReader, name: str, down: bool, where: Where | None, start: int, stop: int
    ) -> list[Record]:
        sql, params = _condition(where)
        found = self._connection.execute(
            f"{reader.select} WHERE {sql} {_ordering(kind, name, down)} LIMIT ? OFFSET ?",
            (*params, stop - start, start),
        )
        return [reader.record(row) for row in found]

    def _by_time(  # noqa: PLR0917 - all that makes the list
        self, kind: Kind, reader: RecordReader, down: bool, where: Where | None, start: int, stop: int
    ) -> list[Record]:
        form = reader.form
        anchors = self._anchors.setdefault((kind, where, down), _Anchors())
        sql, params = _condition(where)
        known = anchors.before(start)
        if known is not None:
            sql = f"({kind}.{form.time}, {kind}.id) {'<=' if down else '>='} (?, ?) AND {sql}"
            params = (*anchors.places[known], *params)
        direction = " DESC" if down else ""
        ordering = f"ORDER BY {kind}.{form.time}{direction}, {kind}.id{direction}"
        places = f"SELECT {kind}.rowid FROM {form.table} AS {kind} WHERE {sql} {ordering} LIMIT ? OFFSET ?"
        found = self._connection.execute(
            f"{reader.select} WHERE {kind}.rowid IN ({places}) {ordering}",
            (*params, stop - start, start - (known or 0)),
        ).fetchall()
        if found:
            anchors.add(start, found[0][form.time], found[0]["id"])
            anchors.add(start + len(found) - 1, found[-1][form.time], found[-1]["id"])
        return [reader.record(row) for row in found]


def _condition(where: Where | None) -> tuple[str, tuple[Parameter, ...]]:
    return ("1", ()) if where is None else (f"({where.sql})", where.params)


def _ordering(kind: Kind, name: str, down: bool) -> str:
    """Rows without a value stand last, in either direction."""
    value = RANKS.get((kind, name), f"{kind}.{name}")
    return f"ORDER BY {kind}.{name} IS NULL, {value}{' DESC' if down else ''}, {kind}.id"
