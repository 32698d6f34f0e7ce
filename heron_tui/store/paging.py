"""Lists by key instead of by place: what comes behind a record, whatever was added or taken away meanwhile.

And what changed since a version of the store: each row names the version that last wrote it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .listing import RANKS, Listing
from .records import FORMS, Kind
from .shapes import Record
from .where import Parameter, Where


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a record in an order: its value there (None where it has none), and its id."""

    value: str | int | float | None
    id: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a store has of a kind that it had not, or not so, in an earlier version.

    Attributes:
        ids: of records that are new or were written again. gone: of those that were taken back since.
        more: there are others.
    """

    ids: list[str]
    gone: list[str]
    more: bool


class Paging:
    """Pages by key, on the connection of a reader."""

    def __init__(self, connection: sqlite3.Connection, listing: Listing) -> None:
        self._connection = connection
        self._listing = listing

    def behind(
        self,
        kind: Kind,
        after: Key | None,
        most: int,
        *,
        where: Where | None = None,
        since: int | None = None,
        order: str | None = None,
        full: bool = True,
    ) -> Iterator[tuple[Key, Record]]:
        """The first `most` records behind a key (None: from the start), each with its own key.

        A record that keeps its place in the order is told once, however the store grows between two pages.

        Args:
            since: only records that are new, or were written again, since this version of the store.
            order: a field, with ``-`` before it for descending order; by time if None.

        Raises:
            UsageError: `order` is no field of the kind that can be sorted by.
        """
        reader = self._listing.reader(kind, full)
        name, down = self._listing.order(kind, order)
        timely = name == reader.form.time
        plus = "+" if since is not None else ""  # keeps SQLite from walking all rows in order of time
        value = RANKS.get((kind, name), f"{plus}{kind}.{name}")
        conditions = [f"({where.sql})"] if where else []
        params: list[Parameter] = list(where.params) if where else []
        if since is not None:
            conditions.append(f"{kind}.changed > ?")
            params.append(since)
        if after is not None:
            sql, some = _behind(kind, value, after, down=down, timely=timely)
            conditions.append(sql)
            params += some
        direction = " DESC" if down else ""
        if timely:
            ordering = f"ORDER BY {value}{direction}, {kind}.id{direction}"
        else:
            ordering = f"ORDER BY {kind}.{name} IS NULL, {value}{direction}, {kind}.id"
        select = reader.select.replace("SELECT ", f"SELECT {value} AS key_, {kind}.id AS id_, ", 1)
        rows = self._connection.execute(
            f"{select} WHERE {' AND '.join(conditions) or '1'} {ordering} LIMIT ?", (*params, most)
        )
        for row in rows:
            record = reader.record(row)
            yield Key(record.pop("key_"), record.pop("id_")), record

    def columns(self, kind: Kind, values: Sequence[str], where: Where) -> list[tuple[Any, ...]]:
        """Some values of all rows of a kind that fit, in no order.

        Args:
            values: SQL for each, in which rows go by the name of the kind; a constant of the caller, never input.
        """
        table = f"{FORMS[kind].table} AS {kind}"
        rows = self._connection.execute(f"SELECT {', '.join(values)} FROM {table} WHERE {where.sql}", where.params)
        return [tuple(row) for row in rows]

    def changes(self, kind: Kind, since: int, most: int) -> Changes:
        """Ids of what changed since a version of the store, `most` at most, those first that changed first."""
        table = FORMS[kind].table
        ids = self._ids(f"SELECT id FROM {table} WHERE changed > ? ORDER BY changed LIMIT ?", since, most + 1)
        gone = self._ids(
            f"SELECT id FROM gone WHERE changed > ? AND kind = '{table}'"
            f" AND NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = gone.id) ORDER BY changed LIMIT ?",
            since,
            most + 1,
        )
        return Changes(ids[:most], gone[:most], max(len(ids), len(gone)) > most)

    def _ids(self, sql: str, since: int, most: int) -> list[str]:
        return [row[0] for row in self._connection.execute(sql, (since, most))]


def _behind(kind: Kind, value: str, after: Key, *, down: bool, timely: bool) -> tuple[str, list[Parameter]]:
    """What stands behind a key. By time both parts fall or rise together, and none is missing: an index serves them.

    Else records without a value stand last, and those of equal value in the order of their ids.
    """
    beyond = "<" if down else ">"
    if timely:
        return f"({value}, {kind}.id) {beyond} (?, ?)", [after.value, after.id]
    if after.value is None:
        return f"({value} IS NULL AND {kind}.id > ?)", [after.id]
    return (
        f"({value} IS NULL OR {value} {beyond} ? OR ({value} = ? AND {kind}.id > ?))",
        [after.value, after.value, after.id],
    )
