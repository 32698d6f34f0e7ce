"""Which columns each list shows, in which order and how wide: `columns.toml` in the configuration directory."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ..core.config import read_toml, unknown
from ..core.errors import UsageError
from ..core.files import write_whole
from ..filter.errors import FilterError
from ..filter.fields import FIELDS, Field
from ..filter.parser import parse
from ..filter.tree import Operand, Present
from .call_columns import call_columns
from .columns import Column
from .tables import exchange_columns, finding_columns, flow_columns, packet_columns, session_columns
from .times import Times

FILE = "columns.toml"
LISTS = {
    "packet": "packets",
    "flow": "flows",
    "exchange": "exchanges",
    "call": "calls",
    "session": "sessions",
    "finding": "findings",
}
"""Lists by what their rows are, as the file calls them."""
LEAST, MOST = 1, 200
WIDTHS = {"text": 16, "int": 8, "number": 8, "duration": 8, "time": 12, "bool": 5}


class Layout(Struct, frozen=True):
    """The columns of one list: keys of its own columns and fields of the filter language, and widths that differ."""

    keys: tuple[str, ...] = ()
    widths: Mapping[str, int] = field(default_factory=dict)


def own(kind: str) -> Sequence[Column]:
    """The columns that a list has of itself."""
    times = Times()
    match kind:
        case "packet":
            return packet_columns(times, processes=True)
        case "flow":
            return flow_columns(times, processes=True)
        case "exchange":
            return exchange_columns(times)
        case "call":
            return call_columns(times)
        case "session":
            return session_columns(times)
    return finding_columns(times)


def offered(kind: str) -> list[Field]:
    """The fields that a list can show, those of its own rows first."""
    scope = {"exchange": "http"}.get(kind, kind)
    fields = [f for f in FIELDS.values() if f.name not in ("body", "http.header")]
    fields = [f for f in fields if f.scope != "packet" or kind == "packet"]
    return sorted(fields, key=lambda f: f.scope != scope)


def operand_of(key: str, kind: str) -> Operand:
    """The field that a column shows: ``call.model``, ``http.header["user-agent"]``. Raises UsageError."""
    try:
        node = parse(key)
    except FilterError as error:
        raise UsageError(error.message) from None
    if not isinstance(node, Present) or node.operand.every:
        raise UsageError(f"{key!r} is not the name of a field")
    named = node.operand.field
    if named.name == "body" or (named.scope == "packet" and kind != "packet"):
        raise UsageError(f"{named.name} cannot be a column of {LISTS[kind]}")
    return node.operand


def width_of(operand: Operand) -> int:
    return max(WIDTHS[operand.field.type], min(len(operand.field.name), 16))


def load(directory: Path) -> dict[str, Layout]:
    """The layouts that differ from what is shipped, by what rows are.

    Raises:
        UsageError: the file is not right; names file and key, and what is meant perhaps.
    """
    path = directory / FILE
    kinds = {name: kind for kind, name in LISTS.items()}
    layouts: dict[str, Layout] = {}
    for name, table in read_toml(path).items():
        if name not in kinds:
            raise UsageError(f"{path}: {unknown(name, kinds, 'list')}")
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name}: must be a table: [{name}]")
        layouts[kinds[name]] = _layout(f"{path}: {name}", kinds[name], table)
    return layouts


def _layout(place: str, kind: str, table: dict[str, Any]) -> Layout:
    for key in table:
        if key not in ("columns", "widths"):
            raise UsageError(f"{place}: {unknown(key, ('columns', 'widths'), 'key')}")
    known = tuple(column.key for column in own(kind))
    keys, widths = table.get("columns", list(known)), table.get("widths", {})
    if not isinstance(keys, list) or not keys or not isinstance(widths, dict):
        raise UsageError(f'{place}: must have columns = ["{known[0]}", ...] and widths as a table')
    for key in keys:
        if key in known:
            continue
        try:
            operand_of(str(key), kind)
        except UsageError as error:
            raise UsageError(f"{place}.columns: {key!r}: {error} (columns: {', '.join(known)})") from None
    if len(set(keys)) < len(keys):
        raise UsageError(f"{place}.columns: a column stands there twice")
    for key, width in widths.items():
        if key not in keys:
            raise UsageError(f"{place}.widths: {unknown(key, tuple(keys), 'column')}")
        if type(width) is not int or not LEAST <= width <= MOST:
            raise UsageError(f"{place}.widths.{key}: must be a whole number from {LEAST} to {MOST}, not {width!r}")
    return Layout(tuple(keys), widths)


def save(directory: Path, layouts: Mapping[str, Layout]) -> None:
    """Write all layouts. Raises UsageError if the file cannot be written."""
    parts = ["# Columns of lists. `c` in a list changes them, :reset-columns puts them back.\n"]
    for kind, layout in layouts.items():
        parts.append(f"\n[{LISTS[kind]}]\ncolumns = [{', '.join(map(_text, layout.keys))}]\n")
        if layout.widths:
            parts.append(f"\n[{LISTS[kind]}.widths]\n")
            parts += [f"{_text(key)} = {width}\n" for key, width in layout.widths.items()]
    write_whole(directory / FILE, "".join(parts))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def arranged(layout: Layout, given: Sequence[Column], made: Mapping[str, Column]) -> list[Column]:
    """The columns of a layout: of a list's own ones (`given`), and of those made for fields.

    When there is no room for all, the last go first; the one that takes the room left stays.
    """
    own_ones = {column.key: column for column in given}
    shown = []
    for place, key in enumerate(layout.keys):
        column = own_ones.get(key) or made.get(key)
        if column is None:
            continue
        column = replace(column, priority=1 if column.flex or place == 0 else 1 + place)
        shown.append(replace(column, width=layout.widths[key]) if key in layout.widths else column)
    return shown or list(given)
