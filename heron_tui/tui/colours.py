"""Colour rules: `colors.toml` in the configuration directory, before those that are shipped."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from rich.cells import cell_len
from rich.errors import StyleSyntaxError
from rich.style import Style

from ..core.config import read_toml, unknown
from ..core.errors import UsageError
from ..filter.errors import FilterError
from ..filter.parser import parse
from ..filter.saved import load as load_saved
from ..filter.to_sql import scopes_of
from ..filter.tree import Node
from .theme import PLAIN, Palette
from .themes import ROLES

FILE = "colors.toml"
KINDS = ("packet", "flow", "exchange", "call", "tool", "turn", "session", "finding")
KEYS = ("name", "filter", "style", "glyph", "on")
OF_SCOPE = {"http": "exchange", "process": "flow"}
"""Kinds of rows that are not named like the scope of their fields."""


class Rule(Struct, frozen=True):
    """One rule.

    Attributes:
        text, node: its filter. style: a role of the theme, or a style as text.
        glyph: stands at the edge of the row, one cell wide. kinds: of the rows that it is for.
    """

    name: str
    text: str
    node: Node
    style: str
    glyph: str
    kinds: frozenset[str]

    def paint(self, palette: Palette) -> Style:
        """The style in a theme: of a role, what it writes with; without colours, only bold and the like."""
        if self.style in ROLES:
            role = palette.role(self.style)
            return Style(color=role.color, bold=role.bold, dim=role.dim)
        style = Style.parse(self.style)
        return style.without_color if palette.name == PLAIN.name else style


def shipped() -> list[Rule]:
    """The rules that come with the program."""
    path = Path(__file__).with_name(FILE)
    return _rules(path, tomllib.loads(path.read_text("utf-8")), {})


def load(directory: Path) -> list[Rule]:
    """The rules in use: the user's, then those shipped whose names the user has not taken (none, with
    ``shipped = false``).

    Raises:
        UsageError: the user's file is not right; names file and rule, and what is wrong with its filter.
    """
    path = directory / FILE
    content = read_toml(path)
    for key in content:
        if key not in ("rule", "shipped"):
            raise UsageError(f"{path}: {unknown(key, ('rule', 'shipped'), 'key')}")
    keep = content.get("shipped", True)
    if not isinstance(keep, bool):
        raise UsageError(f"{path}: shipped: must be true or false, not {keep!r}")
    own = _rules(path, content, load_saved(directory)) if "rule" in content else []
    names = {rule.name for rule in own}
    return [*own, *(rule for rule in shipped() if rule.name not in names)] if keep else own


def _rules(path: Path, content: dict[str, Any], saved: dict[str, str]) -> list[Rule]:
    tables = content["rule"]
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: rule: each begins with a line [[rule]]")
    rules: list[Rule] = []
    for number, table in enumerate(tables, 1):
        name = table.get("name", "")
        if not isinstance(name, str) or not name:
            raise UsageError(f"{path}: rule {number}: name: must be a text")
        if any(rule.name == name for rule in rules):
            raise UsageError(f"{path}: rule '{name}': there are two of that name")
        rules.append(_rule(f"{path}: rule '{name}'", name, table, saved))
    return rules


def _rule(place: str, name: str, table: dict[str, Any], saved: dict[str, str]) -> Rule:
    for key in table:
        if key not in KEYS:
            raise UsageError(f"{place}: {unknown(key, KEYS, 'key')}")
    for key in ("filter", "style", "glyph"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise UsageError(f"{place}: {key}: must be a text")
    style, glyph = table["style"], table["glyph"]
    if cell_len(glyph) != 1:
        raise UsageError(f"{place}: glyph: must be one character, one cell wide, not {glyph!r}")
    try:
        _ = style in ROLES or Style.parse(style)
    except StyleSyntaxError:
        raise UsageError(
            f'{place}: style: {style!r} is no style like "bold #ff5555" and no role: {", ".join(ROLES)}'
        ) from None
    node = _filter(place, table["filter"], saved)
    return Rule(name, table["filter"], node, style, glyph, _kinds(place, table.get("on"), node))


def _filter(place: str, text: str, saved: dict[str, str]) -> Node:
    try:
        node = parse(text, saved)
    except FilterError as error:
        raise UsageError(f"{place}: filter: {error.message}, at ▸ in: {text[: error.at]}▸{text[error.at :]}") from None
    if node is None:
        raise UsageError(f"{place}: filter: must not be empty")
    return node


def _kinds(place: str, given: object, node: Node) -> frozenset[str]:
    """For which rows a rule is: those whose own fields it names, and packets, unless it says so itself."""
    if given is None:
        return frozenset({"packet", *(OF_SCOPE.get(scope, scope) for scope in scopes_of(node))})
    if not isinstance(given, list) or not given:
        raise UsageError(f"{place}: on: must be a list of {', '.join(KINDS)}")
    for kind in given:
        if kind not in KINDS:
            raise UsageError(f"{place}: on: {unknown(str(kind), KINDS, 'kind of rows')}")
    return frozenset(given)


def fitting(rules: Sequence[Rule], kind: str) -> list[Rule]:
    """The rules for rows of a kind, in order."""
    return [rule for rule in rules if kind in rule.kinds]
