"""Filters and fields asked of a few rows at hand: for colour rules and columns, which are about what is visible."""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from ..filter.relations import sources
from ..filter.to_python import comparison, membership, record_value
from ..filter.to_sql import Leaf, Sql, condition, row_name
from ..filter.tree import And, Member, Node, Not, Operand, Or, Present
from .json_text import loads
from .records import FORMS, Kind
from .shapes import PacketRow

SCOPES = {"exchange": "http"}
OF_PACKET = {"flow": "flow", "process": "flow", "http": "exchange"}
"""Of which record of a packet the fields of a scope are asked; all others of its call."""


class Few:
    """Answers for rows by id, on the connection of a reader that knows the filter's functions."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fitting(self, kind: Kind, node: Node, ids: Collection[str]) -> set[str]:
        """Those of the records `ids` that fit."""
        if not ids:
            return set()
        scope = SCOPES.get(kind, kind)
        among = Sql(", ".join("?" * len(ids)), tuple(ids))
        wanted = condition(node, scope, among)
        row = row_name(scope)
        found = self._connection.execute(
            f"SELECT {row}.id FROM {FORMS[kind].table} AS {row} WHERE {row}.id IN ({among.text}) AND {wanted.text}",
            (*among.params, *wanted.params),
        )
        return {one[0] for one in found}

    def values(self, kind: Kind, operand: Operand, ids: Collection[str]) -> dict[str, list[Any]]:
        """The values that a field has for each of the records `ids`, the most frequent first; those with none: not."""
        scope, field = SCOPES.get(kind, kind), operand.field
        if not ids or field.scope == "packet":
            return {}
        marks = ", ".join("?" * len(ids))
        table = FORMS[kind].table
        own = ((table, f"SELECT id AS k, id AS s FROM {table}"),)
        made: dict[str, list[Any]] = {}
        for table, pairs in own if field.scope == scope else sources(scope, field.scope):
            value = field.column("r") if operand.key is None else "r.request_headers, r.response_headers"
            found = self._connection.execute(
                f"SELECT p.k, {value}, count(*) AS many FROM ({pairs}) AS p JOIN {table} AS r ON r.id = p.s"
                f" WHERE p.k IN ({marks}) GROUP BY p.k, {value} ORDER BY many DESC",
                tuple(ids),
            )
            for id, *values, _ in found:
                seen = made.setdefault(id, [])
                seen += [one for one in _said(operand, values) if one is not None and one not in seen]
        return {id: values for id, values in made.items() if values}

    def packet_values(self, operand: Operand, rows: Sequence[PacketRow]) -> dict[int, list[Any]]:
        """The same for packets."""
        field = operand.field
        if field.scope == "packet":
            return {row.number: [getattr(row, field.key)] for row in rows}
        kind = OF_PACKET.get(field.scope, "call")
        owners = {row.number: id for row in rows if (id := getattr(row, kind))}
        found = self.values(kind, operand, set(owners.values()))  # type: ignore[arg-type]
        return {number: found[id] for number, id in owners.items() if id in found}

    def packets(self, node: Node, rows: Sequence[PacketRow]) -> set[int]:
        """The numbers of those packets that fit, by what they carried or acknowledged."""
        match node:
            case And(parts):
                return set.intersection(*(self.packets(part, rows) for part in parts))
            case Or(parts):
                return set().union(*(self.packets(part, rows) for part in parts))
            case Not(part):
                return {row.number for row in rows} - self.packets(part, rows)
        if node.operand.field.scope == "packet":
            return _own(node, rows)
        if node.operand.field.scope == "finding":
            return self._found(node, rows)
        return self._of(OF_PACKET.get(node.operand.field.scope, "call"), node, rows)

    def _of(self, kind: str, node: Leaf, rows: Sequence[PacketRow]) -> set[int]:
        owners = {row.number: id for row in rows if (id := getattr(row, kind))}
        fits = self.fitting(kind, node, set(owners.values()))  # type: ignore[arg-type]
        return {number for number, id in owners.items() if id in fits}

    def _found(self, node: Leaf, rows: Sequence[PacketRow]) -> set[int]:
        """Findings are of calls, or of the very packet, exchange or connection."""
        found = self._of("call", node, rows)
        abouts: tuple[dict[int, str | int | None], ...] = (
            {row.number: row.number for row in rows},
            {row.number: row.exchange for row in rows},
            {row.number: row.flow for row in rows},
        )
        for column, about in zip(("packet", "ref", "ref"), abouts, strict=True):
            refs = {ref for ref in about.values() if ref is not None}
            marks = ", ".join("?" * len(refs))
            told = self._connection.execute(
                f"SELECT id, {column} FROM findings WHERE {column} IN ({marks})", tuple(refs)
            ).fetchall()
            fits = self.fitting("finding", node, {id for id, _ in told})
            wanted = {ref for id, ref in told if id in fits}
            found |= {number for number, ref in about.items() if ref in wanted}
        return found


def _said(operand: Operand, values: Sequence[Any]) -> list[Any]:
    if operand.key is None:
        return list(values)
    request, response = map(loads, values)
    said = record_value({"request_headers": request, "response_headers": response}, "header", operand.key)
    return list(said)


def _own(node: Leaf, rows: Sequence[PacketRow]) -> set[int]:
    if isinstance(node, Present):
        return {row.number for row in rows}
    test = membership(node.values, node.ranges) if isinstance(node, Member) else comparison(node.op, node.value)
    return {row.number for row in rows if test(getattr(row, node.operand.field.key))}
