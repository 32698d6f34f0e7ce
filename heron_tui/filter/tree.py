"""The tree of a filter, which completion, colour rules and both back ends share."""

from dataclasses import dataclass
from typing import Literal

from .fields import Field
from .lexer import Value

Comparison = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "~"]


@dataclass(frozen=True, slots=True)
class Operand:
    """A field as used: `key` is the name in `http.header["name"]`; `every` asks that all values fit."""

    field: Field
    key: str | None = None
    every: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    operand: Operand
    op: Comparison
    value: Value


@dataclass(frozen=True, slots=True)
class Member:
    """`field in {...}`: single values and closed ranges."""

    operand: Operand
    values: tuple[Value, ...]
    ranges: tuple[tuple[Value, Value], ...]


@dataclass(frozen=True, slots=True)
class Present:
    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Node", ...]


Node = Compare | Member | Present | Not | And | Or
