"""A filter as an SQL condition on rows of the store: for what is stored.

Texts are compared by functions that the store's reader registers (`store/functions.py`), which are those of
`to_python`: both back ends answer alike.
"""

from typing import Literal

from msgspec import Struct

from .lexer import Value
from .relations import TABLES, sources
from .tree import And, Compare, Member, Node, Not, Or, Present

Parameter = str | int | float | bytes | None
Leaf = Compare | Member | Present
Ask = Literal["fits", "fails", "has"]
LARGEST = (1 << 63) - 1
BEYOND = 1e300
"""Stands for numbers beyond those that a store can hold."""


class Sql(Struct, frozen=True):
    """A condition that is never NULL, and its parameters (`?`, in order)."""

    text: str
    params: tuple[Parameter, ...] = ()


def condition(node: Node | None, scope: str, among: Sql | None = None) -> Sql:
    """The condition on rows of a scope's table, which go by the name of the kind (``exchange`` for http).

    A scope of the packets has no table: nothing of it fits (`store/packet_filter.py` looks at packets). Where only few
    rows matter, `among` (SQL for a list of their ids) keeps relatives of all the others from being looked at.
    """
    match node:
        case None:
            return Sql("1")
        case And(parts) | Or(parts):
            made = [condition(part, scope, among) for part in parts]
            word = " AND " if isinstance(node, And) else " OR "
            return Sql(f"({word.join(part.text for part in made)})", tuple(p for part in made for p in part.params))
        case Not(part):
            inner = condition(part, scope, among)
            return Sql(f"NOT {inner.text}", inner.params)
        case _:
            return leaf(node, scope, among)


def leaf(node: Leaf, scope: str, among: Sql | None = None) -> Sql:
    """One comparison, on a record's own field or on those of its relatives."""
    if isinstance(node, Present) or not wants_every(node):
        return asked(node, scope, "fits", among)
    has, fails = asked(node, scope, "has", among), asked(node, scope, "fails", among)
    return Sql(f"({has.text} AND NOT {fails.text})", has.params + fails.params)


def wants_every(node: Leaf) -> bool:
    """Whether every value must fit: `all`, and `!=`, which says that none equals."""
    return node.operand.every or (isinstance(node, Compare) and node.op == "!=")


def asked(node: Leaf, scope: str, ask: Ask, among: Sql | None = None) -> Sql:
    """Whether a record of `scope` has any value that fits, that fails, or that is there at all."""
    wanted = node.operand.field.scope
    if wanted == "packet":
        return Sql("0")
    if wanted == scope:
        return _values(node, row_name(scope), ask)
    texts: list[str] = []
    params: list[Parameter] = []
    for table, pairs in sources(scope, wanted):
        inner = _values(node, "r", ask)
        few = Sql(f"p.k IN ({among.text}) AND ", among.params) if among else Sql("")
        texts.append(f"SELECT p.k FROM ({pairs}) AS p JOIN {table} AS r ON r.id = p.s WHERE {few.text}{inner.text}")
        params += few.params + inner.params
    return Sql(f"{row_name(scope)}.id IN ({' UNION ALL '.join(texts)})", tuple(params))


def row_name(scope: str) -> str:
    """The name by which conditions call a row of a scope."""
    assert scope in TABLES
    return "exchange" if scope == "http" else scope


def _values(node: Leaf, row: str, ask: Ask) -> Sql:
    operand = node.operand
    if operand.field.name == "body":
        return _bodies(node, row, ask)
    if operand.key is None:
        return _asked(node, operand.field.column(row), ask, row)
    test = _asked(node, "json_extract(h.value, '$[1]')", ask)
    name = "heron_lower(json_extract(h.value, '$[0]')) = ?"
    sides = [
        f"EXISTS (SELECT 1 FROM json_each({row}.{side}_headers) AS h WHERE {name} AND {test.text})"
        for side in ("request", "response")
    ]
    return Sql(f"({' OR '.join(sides)})", (operand.key, *test.params) * 2)


def _bodies(node: Leaf, row: str, ask: Ask) -> Sql:
    if ask == "has" or isinstance(node, Present):
        return Sql(f"EXISTS (SELECT 1 FROM bodies AS b WHERE b.exchange = {row}.id AND b.size > 0)")
    params: tuple[Parameter, ...]
    if isinstance(node, Compare) and node.op in ("contains", "~"):  # remembered for each body: it takes long
        word = "contains" if node.op == "contains" else "matches"
        test, params = f"heron_body_{word}(?, b.chunks)", (str(node.value),)
    else:
        test, params = _test(node, "heron_body(b.chunks)")
    wanted = test if ask == "fits" else f"NOT {test}"
    return Sql(f"EXISTS (SELECT 1 FROM bodies AS b WHERE b.exchange = {row}.id AND b.size > 0 AND ({wanted}))", params)


def _asked(node: Leaf, value: str, ask: Ask, row: str = "") -> Sql:
    if ask == "has" or isinstance(node, Present):
        if node.operand.field.flag and ask == "fits":
            return Sql(f"coalesce({value}, 0)")
        return Sql(f"({value}) IS NOT NULL")
    test, params = _test(node, f"({value})")
    if node.operand.field.long and isinstance(node, Compare) and node.op in ("contains", "~"):
        kept, here = f"{node.operand.field.name} {node.op} {node.value}", f"?, {row}.rowid, {row}.changed"
        test = f"coalesce(heron_known({here}), heron_learn({here}, {test}))"
        params = (kept, kept, *params)
    if ask == "fits":
        return Sql(f"coalesce({test}, 0)", params)
    return Sql(f"coalesce(NOT ({test}), 0)", params)


def _test(node: Compare | Member, value: str) -> tuple[str, tuple[Parameter, ...]]:
    """SQL for one value: NULL where it is missing."""
    if isinstance(node, Member):
        parts = [f"{value} = ?"] * len(node.values) + [f"{value} BETWEEN ? AND ?"] * len(node.ranges)
        ends = [end for low_high in node.ranges for end in low_high]
        return f"({' OR '.join(parts)})", tuple(map(parameter, (*node.values, *ends)))
    if node.op in ("contains", "~"):
        text = f"iif({value}, 'true', 'false')" if node.operand.field.type == "bool" else value
        return f"heron_{'contains' if node.op == 'contains' else 'matches'}(?, {text})", (str(node.value),)
    return f"{value} {node.op} ?", (parameter(node.value),)


def parameter(value: Value) -> Parameter:
    """A literal as SQLite can hold it."""
    if isinstance(value, int) and not -LARGEST <= value <= LARGEST:
        return BEYOND if value > 0 else -BEYOND
    return value


def scopes_of(node: Node | None) -> set[str]:
    """The scopes whose fields a filter names."""
    return {part.operand.field.scope for part in leaves(node)}


def leaves(node: Node | None) -> list[Leaf]:
    """The comparisons of a filter, in order."""
    match node:
        case None:
            return []
        case And(parts) | Or(parts):
            return [one for part in parts for one in leaves(part)]
        case Not(part):
            return leaves(part)
        case _:
            return [node]
