"""What belongs to a record: its calls, turn, connection, ... so that a filter can ask for fields of other scopes."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..filter.fields import FIELDS
from ..filter.tree import And, Node, Not, Or
from ..store.reader import Kind, Reader
from .rows import PAGE, Record

SCOPE_OF = {"calls": "call", "turns": "turn", "sessions": "session", "tools": "tool", "flows": "flow"} | {
    "exchanges": "http",
    "findings": "finding",
    "packets": "packet",
}
KIND_OF: dict[str, Kind] = {
    "call": "call",
    "turn": "turn",
    "session": "session",
    "tool": "tool",
    "flow": "flow",
    "http": "exchange",
    "finding": "finding",
}
Lookup = Callable[[str], Sequence[Record]]


class Relatives:
    """All records of a store by id and by what they belong to, each kind read when it is first asked for.

    Calls are the hub: a record of one scope finds those of another through the calls that both belong to.
    """

    def __init__(self, reader: Reader, node: Node | None) -> None:
        self._reader = reader
        self._bodies = FIELDS["body"] in _fields(node)
        self._all: dict[str, list[Record]] = {}
        self._index: dict[tuple[str, str], dict[Any, list[Record]]] = {}

    def of(self, kind: str, record: Record) -> Lookup:
        """A lookup for `filter.match`: the records of a scope that belong to this record of a kind (`calls`, ...)."""
        scope = SCOPE_OF[kind]
        record = _with_failure(scope, record)
        known: dict[str, Sequence[Record]] = {scope: [record]}

        def lookup(wanted: str) -> Sequence[Record]:
            if wanted not in known:
                known[wanted] = self._related(scope, record, wanted)
            return known[wanted] if wanted != "http" else [self._with_body(row) for row in known[wanted]]

        return lookup

    def _related(self, scope: str, record: Record, wanted: str) -> Sequence[Record]:
        calls = self._calls(scope, record)
        direct = {
            "call": calls,
            "turn": self._by("turn", "id", _named(record, "turn")),
            "session": self._by("session", "id", _named(record, "session")),
            "flow": self._by("flow", "id", _named(record, "flow")),
            "http": self._by("http", "id", _named(record, "exchange")),
        }
        if wanted == "finding":
            refs = {record.get("id"), *(call["id"] for call in calls)}
            return [row for ref in refs if ref for row in self._by("finding", "ref", [ref])]
        if wanted == "process":
            flows = [record] if scope == "flow" else self._related(scope, record, "flow")
            return [row for row in (*calls, *flows) if row.get("process")]
        if found := direct.get(wanted):
            return found
        through = {
            "turn": ("turn", "id", "turn"),
            "session": ("session", "id", "session"),
            "flow": ("flow", "id", "flow"),
            "http": ("http", "id", "exchange"),
            "tool": ("tool", "call", "id"),
        }
        if wanted == "http" and scope == "flow":
            return self._by("http", "flow", [record["id"]])
        if wanted not in through:
            return []
        target, key, mine = through[wanted]
        return self._by(target, key, dict.fromkeys(call[mine] for call in calls))

    def _calls(self, scope: str, record: Record) -> Sequence[Record]:
        match scope:
            case "call":
                return [record]
            case "turn":
                return self._by("call", "id", record["calls"])
            case "session" | "flow":
                return self._by("call", scope, [record["id"]])
            case "tool":
                return self._by("call", "id", [record["call"], record["result_call"]])
            case "finding":
                return self._by(
                    "call", record["scope"] if record["scope"] in ("flow", "turn") else "id", [record["ref"]]
                )
            case _:
                return self._by("call", "id", [record["call"]])

    def _by(self, scope: str, key: str, values: Iterable[Any]) -> list[Record]:
        index = self._index.get((scope, key))
        if index is None:
            index = self._index[scope, key] = {}
            for row in self._rows(scope):
                index.setdefault(row[key], []).append(row)
        return [row for value in values if value is not None for row in index.get(value, ())]

    def _rows(self, scope: str) -> list[Record]:
        if scope not in self._all:
            kind = KIND_OF[scope]
            count = self._reader.count(kind)
            pages = (self._reader.rows(kind, at, at + PAGE, full=True) for at in range(0, count, PAGE))
            self._all[scope] = [_with_failure(scope, row) for page in pages for row in page]
        return self._all[scope]

    def _with_body(self, row: Record) -> Record:
        if not self._bodies or "body" in row:
            return row
        bodies = self._reader.body(row["id"], "request"), self._reader.body(row["id"], "response")
        return row | {"body": [body.decode("utf-8", "replace") for body in bodies if body]}


def _with_failure(scope: str, record: Record) -> Record:
    """`call.error` is the error's type, or how else the call failed."""
    if scope != "call":
        return record
    failed = record["outcome"] not in ("ok", "in_progress")
    return record | {"failure": (record["error_type"] or record["outcome"]) if failed else None}


def _named(record: Record, key: str) -> list[Any]:
    value = record.get(key)
    return [value] if isinstance(value, str) else []


def _fields(node: Node | None) -> set[Any]:
    match node:
        case None:
            return set()
        case And(parts) | Or(parts):
            return {field for part in parts for field in _fields(part)}
        case Not(part):
            return _fields(part)
        case _:
            return {node.operand.field}
