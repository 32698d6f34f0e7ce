"""Which of a few rows at hand fit a filter: for colour rules, which ask this of what is visible and of nothing else."""

import sqlite3
from collections.abc import Collection, Sequence

from ..filter.to_python import comparison, membership
from ..filter.to_sql import Leaf, Sql, condition, row_name
from ..filter.tree import And, Member, Node, Not, Or, Present
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


def _own(node: Leaf, rows: Sequence[PacketRow]) -> set[int]:
    if isinstance(node, Present):
        return {row.number for row in rows}
    test = membership(node.values, node.ranges) if isinstance(node, Member) else comparison(node.op, node.value)
    return {row.number for row in rows if test(getattr(row, node.operand.field.key))}
