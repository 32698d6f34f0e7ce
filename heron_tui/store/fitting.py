"""Which records or packets fit a display filter, found once and then paged by place.

A reader answers in two steps: `Reader.fit` evaluates a filter (slow, can be stopped, may run on a reader of its own in
another thread) and gives a `Fit`; `Reader.fit_rows` and `fit_packets` give windows of it. When the store grows, `fit`
is asked again: packet blocks that cannot have changed and bodies that were searched are not looked at again.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from ..filter.to_sql import condition
from ..filter.tree import Node
from ..model.packet import Ints
from .functions import register
from .listing import Listing
from .packet_blocks import Columns
from .packet_filter import PacketFilter
from .packet_reader import PacketReader
from .packet_rows import PacketRows
from .records import FORMS, Kind
from .stopping import Stop, Stopped, stoppable
from .where import Where

T = TypeVar("T")
FitKind = Literal["packet", "call", "turn", "session", "tool", "flow", "exchange", "finding"]
MOST_FILTERS = 8

__all__ = ["Fit", "FitKind", "Fitting", "Stop", "Stopped", "where"]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What fits a filter at one version of the store; never changes, so that threads can share it.

    Attributes:
        keys: numbers of packets, rising; or rowids of records, in the order of the list.
        total: how many there are with those that do not fit.
    """

    kind: FitKind
    node: Node | None
    version: int
    keys: Ints
    total: int

    @property
    def count(self) -> int:
        return len(self.keys)

    def place(self, key: int) -> int:
        """The place in this list of the packet with this number, or of the first behind it."""
        return int(np.searchsorted(self.keys, key))


def where(node: Node | None, kind: Kind) -> Where | None:
    """A filter as a condition for `Reader.rows` and its like; None for no filter."""
    if node is None:
        return None
    sql = condition(node, "http" if kind == "exchange" else kind)
    return Where(sql.text, sql.params)


def _fitting(wanted: PacketFilter, columns: Columns) -> Ints:
    numbers: Ints = columns["number"][wanted.mask(columns)]
    return numbers


class Fitting:
    """Evaluates filters on the connection of a reader."""

    def __init__(
        self, connection: sqlite3.Connection, listing: Listing, packets: PacketReader, rows: PacketRows
    ) -> None:
        self._connection = connection
        self._listing = listing
        self._packets = packets
        self._rows = rows
        self._blocks: OrderedDict[Node, dict[tuple[int, int], tuple[bytes, Ints]]] = OrderedDict()
        register(connection)

    def records(self, kind: Kind, node: Node | None, order: str | None, version: int, stop: Stop | None) -> Fit:
        condition = where(node, kind)
        sql, params = (condition.sql, condition.params) if condition else ("1", ())
        ordering = self._listing.ordering(kind, order)
        table = f"{FORMS[kind].table} AS {kind}"

        def found() -> Ints:
            rows = self._connection.execute(f"SELECT {kind}.rowid FROM {table} WHERE {sql} {ordering}", params)
            return np.fromiter((row[0] for row in rows), np.int64)

        return Fit(kind, node, version, self._stoppable(found, stop), self._listing.count(kind, None))

    def packets(self, node: Node | None, version: int, stop: Stop | None) -> Fit:
        total = sum(block[1] for block in self._packets.blocks())
        if node is None:
            parts = [numbers for (numbers,) in self._packets.column("number")]
            return Fit("packet", None, version, np.concatenate([np.empty(0, np.int64), *parts]), total)
        known = self._blocks.setdefault(node, {})
        self._blocks.move_to_end(node)
        if len(self._blocks) > MOST_FILTERS:
            self._blocks.popitem(last=False)
        wanted = self._stoppable(lambda: PacketFilter(self._connection, node, self._rows.rows), stop)
        parts = [np.empty(0, np.int64)]
        for block in self._packets.blocks():
            if stop is not None and stop.is_set():
                raise Stopped
            key = wanted.key(block[0], block[2])
            kept = known.get(block[:2])
            if kept is None or kept[0] != key:
                columns = self._packets.block(block)
                found = self._stoppable(partial(_fitting, wanted, columns), stop)
                kept = known[block[:2]] = key, found
            parts.append(kept[1])
        return Fit("packet", node, version, np.concatenate(parts), total)

    def _stoppable(self, work: Callable[[], T], stop: Stop | None) -> T:
        with stoppable(self._connection, stop):
            return work()
