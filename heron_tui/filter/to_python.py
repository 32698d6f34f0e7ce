"""A filter as a Python predicate over records: for what arrives, for colour rules, and as the measure of the SQL.

A record is looked at together with its relatives: `lookup(scope)` answers all records of another scope that belong to
it (one call's turn, a turn's calls, ...). A field of another scope holds when it holds for *any* of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from .lexer import Value
from .tree import And, Compare, Member, Node, Not, Operand, Or

Record = Mapping[str, Any]
Lookup = Callable[[str], Sequence[Record]]
Test = Callable[[Any], bool]


def predicate(node: Node | None, scope: str) -> Callable[[Record], bool]:
    """A test of records of `scope` alone: fields of other scopes are missing, unless they stand in the record itself.

    For colour rules and for what arrives.
    """

    def test(record: Record) -> bool:
        return matches(node, lambda wanted: (record,) if wanted == scope else ())

    return test


def matches(node: Node | None, lookup: Lookup) -> bool:
    """Whether the record whose relatives `lookup` gives (itself included, under its own scope) fits the filter."""
    match node:
        case None:
            return True
        case And(parts):
            return all(matches(part, lookup) for part in parts)
        case Or(parts):
            return any(matches(part, lookup) for part in parts)
        case Not(part):
            return not matches(part, lookup)
        case Compare(operand, op, value):
            return _holds(operand, lookup, comparison(op, value), none_of=op == "!=")
        case Member(operand, values, ranges):
            return _holds(operand, lookup, membership(values, ranges))
        case _:
            values_ = list(_values(node.operand, lookup))
            return any(v is True for v in values_) if node.operand.field.flag else bool(values_)


def _holds(operand: Operand, lookup: Lookup, test: Test, *, none_of: bool = False) -> bool:
    """Any value fits; with `all`, and for !=, every value must. No value: false."""
    values = list(_values(operand, lookup))
    if not values:
        return False
    return all(map(test, values)) if operand.every or none_of else any(map(test, values))


def _values(operand: Operand, lookup: Lookup) -> Iterable[Any]:
    field = operand.field
    for record in lookup(field.scope):
        value = record_value(record, field.key, operand.key)
        for one in value if field.many and isinstance(value, (list, tuple)) else (value,):
            if one is not None:
                yield one if isinstance(one, str) or field.type != "text" else orjson.dumps(one).decode()


def record_value(record: Record, key: str, name: str | None = None) -> Any:
    """The value under a dotted key; for headers, all values of the header `name`."""
    if name is not None:
        both = (record.get("request_headers") or ()), (record.get("response_headers") or ())
        return [value for headers in both for header, value in headers if header.lower() == name]
    if key == "failure":  # the error's type, or how else the call failed
        outcome = record.get("outcome")
        return None if outcome in ("ok", "in_progress", "unknown") else record.get("error_type") or outcome
    value: Any = record
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def comparison(op: str, value: Value) -> Test:
    """One comparison as a predicate. Texts compare as they are; `contains` and `~` look at the text form."""
    if op == "~":
        search = re.compile(str(value)).search
        return lambda got: search(text_of(got)) is not None
    if op == "contains":
        needle = str(value).lower()
        return lambda got: needle in text_of(got).lower()
    tests: dict[str, Test] = {
        "==": lambda got: _same_kind(got, value) and bool(got == value),
        "!=": lambda got: not (_same_kind(got, value) and got == value),
        "<": lambda got: _same_kind(got, value) and bool(got < value),
        "<=": lambda got: _same_kind(got, value) and bool(got <= value),
        ">": lambda got: _same_kind(got, value) and bool(got > value),
        ">=": lambda got: _same_kind(got, value) and bool(got >= value),
    }
    return tests[op]


def membership(values: Sequence[Value], ranges: Sequence[tuple[Value, Value]]) -> Test:
    def test(got: Any) -> bool:
        if any(_same_kind(got, value) and got == value for value in values):
            return True
        return any(_same_kind(got, low) and low <= got <= high for low, high in ranges)

    return test


def _same_kind(got: Any, value: Value) -> bool:
    return isinstance(got, str) == isinstance(value, str)


def text_of(value: Any) -> str:
    """The text form of a value, at which `contains` and `~` look."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
