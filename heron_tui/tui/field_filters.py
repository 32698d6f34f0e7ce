"""Filters from what is selected: each field that the record in focus has, with its value."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs
from textual.widget import Widget

from ..filter.complete import moment, quoted
from ..filter.fields import FIELDS, Field
from ..filter.to_python import record_value
from .layers.field import Field as Line
from .widgets.detail_tree import DetailTree

if TYPE_CHECKING:
    from .views.view import View

LONGEST = 120
SCOPES = {"exchange": "http", "subagent": "call"}
OF_PACKET = {"flow": "flow.id", "client": "flow.client", "server": "flow.server", "call": "call.id"} | {
    "status": "http.status"
}


def candidates(view: "View", focused: Widget | None) -> list[str]:
    """Comparisons that fit what is in focus: of a line of the detail tree, those with its value come first."""
    subject = view.subject()
    if subject is None:
        return []
    record, kind = subject.record, SCOPES.get(subject.kind, subject.kind)
    found = of_record(structs.asdict(record) if isinstance(record, Struct) else record, kind)
    if isinstance(focused, DetailTree) and focused.row is not None:
        line: Line = focused.row.record
        found = _of_line(line, view) + found
    return list(dict.fromkeys(found))


def of_record(record: Mapping[str, Any], scope: str) -> list[str]:
    """A comparison for each field of a record that has a short value."""
    found = []
    for field in FIELDS.values():
        if field.scope in (scope, "process") and field.name not in ("http.header", "body"):
            found += _comparison(field, record_value(record, field.key))
    if scope == "packet":
        for key, name in OF_PACKET.items():
            found += _comparison(FIELDS[name], record.get(key))
    return found


def _comparison(field: Field, value: Any) -> list[str]:
    if value is None or isinstance(value, (dict, list, tuple)) or len(str(value)) > LONGEST:
        return []
    if field.type == "bool":
        return [field.name if value else f"{field.name} == false"]
    if field.type == "text":
        return [f"{field.name} == {quoted(str(value))}"]
    if field.type == "duration":
        return [f"{field.name} >= {_exact(value)}"]
    if field.type == "time":
        return [f"{field.name} >= {moment(value)}"]
    return [f"{field.name} == {value}"]


def _exact(us: int) -> str:
    """A duration in the largest unit that tells all of it in at most six digits behind the point."""
    for size, unit in ((1_000_000, "s"), (1000, "ms")):
        if us >= size:
            whole, rest = divmod(us, size)
            return f"{whole}.{rest:0{len(str(size)) - 1}}".rstrip("0").rstrip(".") + unit
    return f"{us}us"


def _of_line(line: Line, view: "View") -> list[str]:
    """What a line of a packet's detail tree can be made: fields of what the packet is part of that have its value."""
    shown = getattr(view, "packet", None)
    if shown is None or line.secret:
        return []
    found = []
    records = (("call", shown.call), ("http", shown.exchange), ("turn", shown.turn))
    for scope, record in records:
        for field in FIELDS.values():
            if record and field.scope == scope and field.name not in ("http.header", "body"):
                value = record_value(record, field.key)
                if value is not None and str(value) and str(value) == line.value:
                    found += _comparison(field, value)
    headers = [
        name
        for side in ("request_headers", "response_headers")
        for name, value in (shown.exchange or {}).get(side) or ()
        if name.lower() == line.name.lower() and value == line.value
    ]
    found += [f'http.header["{name.lower()}"] == {quoted(line.value)}' for name in headers if len(line.value) < LONGEST]
    for _scope, record in records:
        if record:
            found += of_record(record, _scope)
    return found
