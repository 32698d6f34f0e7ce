"""The tree of a filter, which completion, colour rules and both back ends share."""

from typing import Literal

from msgspec import Struct

from .fields import Field
from .lexer import Value

Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "~"]


class Operand(Struct, frozen=True):
    """A field as used: `key` is the name in `http.header["name"]`; `every` asks that all values fit."""

    field: Field
    key: str | None = None
    every: bool = False


class Compare(Struct, frozen=True):
    operand: Operand
    op: Comparison
    value: Value


class Member(Struct, frozen=True):
    """`field in {...}`: single values and closed ranges."""

    operand: Operand
    values: tuple[Value, ...]
    ranges: tuple[tuple[Value, Value], ...]


class Present(Struct, frozen=True):
    operand: Operand


class Not(Struct, frozen=True):
    part: "Node"


class And(Struct, frozen=True):
    parts: tuple["Node", ...]


class Or(Struct, frozen=True):
    parts: tuple["Node", ...]


Node = Compare | Member | Present | Not | And | Or
