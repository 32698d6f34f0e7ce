"""A filter on packets: they are columns, so it is answered by masks of whole blocks.

A field of another scope is asked of the records first: those that fit give connections, and ranges of packet numbers
on a connection, in which the packets lie that belong to them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..filter import to_sql
from ..filter.lexer import Value
from ..filter.to_python import comparison, membership
from ..filter.to_sql import Ask, Leaf, Sql
from ..filter.tree import And, Compare, Member, Node, Not, Or, Present
from ..model.packet import Ints
from ..model.packet_kind import Kind
from .packet_blocks import Columns
from .packet_pages import Page
from .shapes import PacketRow

Mask = NDArray[np.bool_]
CARRIED = (Kind.DATA, Kind.OUT_OF_ORDER)
SHIFT = 40
"""Bits of a packet number in a key of connection, lane and number."""
TEXTS_AT_ONCE = 1024

# A lane: 0 payload of the client, 1 payload of the server, 2 packets that carry nothing of it.
_EXCHANGE_LANES = """SELECT f.n, 0, x.request_first, x.request_last FROM {x} JOIN flows AS f ON f.id = x.flow
    UNION ALL SELECT f.n, 1, x.response_first, x.response_last FROM {x} JOIN flows AS f ON f.id = x.flow
        WHERE x.response_first IS NOT NULL
    UNION ALL SELECT f.n, 2, x.request_first, x.last_packet FROM {x} JOIN flows AS f ON f.id = x.flow"""
_CALL_LANES = """WITH fit AS (SELECT f.n AS n, json_extract(call.evidence, '$.request[0]') AS first,
        json_extract(call.evidence, '$.request[1]') AS last, json_extract(call.evidence, '$.response[0]') AS begin,
        json_extract(call.evidence, '$.response[1]') AS end
        FROM calls AS call JOIN flows AS f ON f.id = call.flow WHERE {where})
    SELECT n, 0, first, last FROM fit WHERE first IS NOT NULL
    UNION ALL SELECT n, 1, begin, end FROM fit WHERE begin IS NOT NULL
    UNION ALL SELECT n, 2, first, max(last, coalesce(end, last)) FROM fit WHERE first IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The packets that belong to some records: whole connections (their numbers in the store), ranges of packets on a
    connection as sorted keys, and single packets."""

    flows: Ints
    starts: Ints
    ends: Ints
    numbers: Ints


class PacketFilter:
    """The masks of one filter at one version of the store.

    Args:
        texts: makes rows of packets, for filters that ask for their words.
    """

    def __init__(
        self, connection: sqlite3.Connection, node: Node | None, texts: Callable[[Page], list[PacketRow]]
    ) -> None:
        self._connection = connection
        self._node = node
        self._texts = texts
        self._turned = _column(connection, "SELECT n FROM flows WHERE turned")
        self._reach: dict[tuple[Leaf, Ask], Reach] = {}
        for leaf in to_sql.leaves(node):
            if leaf.operand.field.scope != "packet":
                for ask in _asks(leaf):
                    self._reach[leaf, ask] = self._reached(leaf, ask)

    def key(self, first: int, last: int) -> bytes:
        """What of the records the mask of packets [first, last] depends on: equal keys, equal masks."""
        parts = [self._turned.tobytes()]
        low, high = first, last
        for reach in self._reach.values():
            numbers = reach.starts & ((1 << SHIFT) - 1)
            ends = reach.ends & ((1 << SHIFT) - 1)
            near = (numbers <= high) & (ends >= low)
            parts += [reach.flows.tobytes(), reach.starts[near].tobytes(), reach.ends[near].tobytes()]
            parts.append(reach.numbers[(reach.numbers >= low) & (reach.numbers <= high)].tobytes())
        return b"|".join(parts)

    def mask(self, packets: Columns) -> Mask:
        """Which of these packets fit."""
        return self._mask(self._node, _Lanes(packets, self._turned))

    def _mask(self, node: Node | None, lanes: "_Lanes") -> Mask:
        match node:
            case None:
                return np.ones(lanes.count, np.bool_)
            case And(parts) | Or(parts):
                join = np.logical_and if isinstance(node, And) else np.logical_or
                found = self._mask(parts[0], lanes)
                for part in parts[1:]:
                    found = join(found, self._mask(part, lanes))
                return found
            case Not(part):
                return ~self._mask(part, lanes)
        if node.operand.field.scope == "packet":
            return self._own(node, lanes)
        if isinstance(node, Present) or not to_sql.wants_every(node):
            return lanes.within(self._reach[node, "fits"])
        return lanes.within(self._reach[node, "has"]) & ~lanes.within(self._reach[node, "fails"])

    def _own(self, node: Leaf, lanes: "_Lanes") -> Mask:
        """A packet has every field of its own, and one value of each."""
        if isinstance(node, Present):
            return np.ones(lanes.count, np.bool_)
        name = node.operand.field.key
        textual = isinstance(node, Compare) and node.op in ("contains", "~")
        if name in lanes.packets and not textual:
            return _vector(node, lanes.packets[name])
        if isinstance(node, Member):
            test = membership(node.values, node.ranges)
        else:
            test = comparison(node.op, node.value)
        if name in lanes.packets:
            return np.fromiter(map(test, lanes.packets[name].tolist()), np.bool_, lanes.count)
        return np.fromiter((test(row.info) for row in self._rows(lanes.packets)), np.bool_, lanes.count)

    def _rows(self, packets: Columns) -> list[PacketRow]:
        rows: list[PacketRow] = []
        for start in range(0, len(packets["number"]), TEXTS_AT_ONCE):
            end = start + TEXTS_AT_ONCE
            rows += self._texts({name: column[start:end].tolist() for name, column in packets.items()})
        return rows

    def _reached(self, leaf: Leaf, ask: Ask) -> Reach:
        """The packets of the records of which `leaf` asks."""
        scope = leaf.operand.field.scope
        flows = numbers = np.empty(0, np.int64)
        ranges: list[tuple[int, int, int, int]] = []
        if scope in ("flow", "process"):
            flows = self._flows(to_sql.asked(leaf, "flow", ask))
        elif scope == "http":
            ranges = self._exchanges(to_sql.asked(leaf, "http", ask))
        else:
            found = to_sql.asked(leaf, "call", ask)
            ranges = self._ranges(_CALL_LANES.format(where=found.text), found.params)
        if scope == "finding":
            own = to_sql.asked(leaf, "finding", ask)
            fitting = f"SELECT ref FROM findings AS finding WHERE {own.text}"
            flows = self._flows(Sql(f"flow.id IN ({fitting})", own.params))
            ranges += self._exchanges(Sql(f"exchange.id IN ({fitting})", own.params))
            numbers = _column(
                self._connection,
                f"SELECT packet FROM findings AS finding WHERE packet IS NOT NULL AND {own.text}",
                own.params,
            )
        table = np.array(ranges, np.int64).reshape(-1, 4)
        key = _key(table[:, 0], table[:, 1], 0)
        return Reach(flows, np.sort(key + table[:, 2]), np.sort(key + table[:, 3]), numbers)

    def _flows(self, where: Sql) -> Ints:
        return _column(self._connection, f"SELECT n FROM flows AS flow WHERE {where.text}", where.params)

    def _exchanges(self, where: Sql) -> list[tuple[int, int, int, int]]:
        table = "fit AS x"
        lanes = _EXCHANGE_LANES.format(x=table)
        sql = f"WITH fit AS (SELECT * FROM exchanges AS exchange WHERE {where.text}) {lanes}"
        return self._ranges(sql, where.params)

    def _ranges(self, sql: str, params: Sequence[to_sql.Parameter]) -> list[tuple[int, int, int, int]]:
        return [tuple(row) for row in self._connection.execute(sql, params)]


class _Lanes:
    """The packets of a block, and in which lane of which connection each lies."""

    def __init__(self, packets: Columns, turned: Ints) -> None:
        self.packets = packets
        self.count = len(packets["number"])
        self._turned = turned
        self._order: tuple[Ints, Ints] | None = None

    def within(self, reach: Reach) -> Mask:
        packets = self.packets
        found: Mask = np.isin(packets["flow"], reach.flows) | np.isin(packets["number"], reach.numbers)
        if len(reach.starts):
            order, keys = self._sorted()
            # Keys of ranges and packets never cross a connection or a lane, so open ranges can just be counted.
            begun = np.searchsorted(reach.starts, keys, "right")
            over = np.searchsorted(reach.ends, keys, "left")
            inside = np.zeros(self.count, np.bool_)
            inside[order] = begun > over
            found = found | inside
        return found

    def _sorted(self) -> tuple[Ints, Ints]:
        if self._order is None:
            packets = self.packets
            side = packets["side"] ^ np.isin(packets["flow"], self._turned)
            carried = (packets["payload"] > 0) & np.isin(packets["kind"], CARRIED) & (packets["side"] >= 0)
            keys = _key(packets["flow"], np.where(carried, side, 2), packets["number"])
            order = np.argsort(keys, kind="stable")
            self._order = order, keys[order]
        return self._order


def _key(flow: Ints, lane: Ints, number: Ints | int) -> Ints:
    key: Ints = ((flow * 3 + lane) << SHIFT) + number
    return key


def _asks(leaf: Leaf) -> tuple[Ask, ...]:
    return ("has", "fails") if not isinstance(leaf, Present) and to_sql.wants_every(leaf) else ("fits",)


def _vector(node: Compare | Member, column: Ints) -> Mask:
    found: Mask
    if isinstance(node, Member):
        found = np.zeros(len(column), np.bool_)
        for one in node.values:
            found |= column == _number(one)
        for low, high in node.ranges:
            found |= (column >= _number(low)) & (column <= _number(high))
        return found
    value = _number(node.value)
    match node.op:
        case "==":
            found = column == value
        case "!=":
            found = column != value
        case "<":
            found = column < value
        case "<=":
            found = column <= value
        case ">":
            found = column > value
        case _:
            found = column >= value
    return found


def _number(value: Value) -> int | float:
    held = to_sql.parameter(value)
    assert isinstance(held, (int, float))
    return held


def _column(connection: sqlite3.Connection, sql: str, params: Sequence[to_sql.Parameter] = ()) -> Ints:
    return np.array([row[0] for row in connection.execute(sql, params)], np.int64)
