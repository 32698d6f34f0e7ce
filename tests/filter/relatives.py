"""The measure of joins: what belongs to a record, told by plain loops over all records of a small store."""

from collections.abc import Sequence
from typing import Any

from heron_tui.store.reader import Reader

Record = dict[str, Any]
KINDS = {
    "call": "call",
    "turn": "turn",
    "session": "session",
    "tool": "tool",
    "flow": "flow",
    "http": "exchange",
    "finding": "finding",
}


class Relatives:
    """All records of a store, in memory."""

    def __init__(self, reader: Reader) -> None:
        self.all: dict[str, list[Record]] = {
            scope: reader.rows(kind, 0, 10_000, full=True) for scope, kind in KINDS.items()
        }
        for row in self.all["http"]:
            bodies = reader.body(row["id"], "request"), reader.body(row["id"], "response")
            row["body"] = [body.decode("utf-8", "replace") for body in bodies if body]

    def of(self, scope: str, record: Record):
        return lambda wanted: self.related(scope, record, wanted)

    def related(self, scope: str, record: Record, wanted: str) -> Sequence[Record]:
        if wanted == scope:
            return [record]
        if wanted == "packet":
            return []
        if wanted == "process":
            return [row for kind in ("call", "flow") for row in self.related(scope, record, kind)]
        return [row for row in self.all[wanted] if self._belongs(scope, record, wanted, row)]

    def _belongs(self, scope: str, a: Record, wanted: str, b: Record) -> bool:
        if wanted == "call":
            return b["id"] in self._calls(scope, a)
        match scope, wanted:
            case "call", "tool":
                return b["call"] == a["id"]
            case "turn", "session":
                return b["id"] == a["session"]
            case "session", "turn":
                return b["session"] == a["id"]
            case "tool", "turn":
                return b["id"] == a["turn"]
            case "turn", "tool":
                return b["turn"] == a["id"]
            case "http", "flow":
                return b["id"] == a["flow"]
            case "flow", "http":
                return b["flow"] == a["id"]
            case _, "finding":
                return self._found(scope, a, b)
        theirs = {b["call"]} if wanted == "tool" else self._calls(wanted, b)
        return bool((self._calls(scope, a) & theirs) - {None}) or (scope == "finding" and a["ref"] == b["id"])

    def _found(self, scope: str, a: Record, finding: Record) -> bool:
        ref = finding["ref"]
        if ref == a["id"]:
            return True
        if scope == "tool":
            return False
        for call in self.all["call"]:
            if call["id"] not in self._calls(scope, a):
                continue
            tools = {tool["id"] for tool in self.all["tool"] if tool["call"] == call["id"]}
            if (finding["scope"], ref) in {("call", call["id"]), ("exchange", call["exchange"])} or (
                finding["scope"] == "tool" and ref in tools
            ):
                return True
        if scope == "session":
            return any(turn["id"] == ref and turn["session"] == a["id"] for turn in self.all["turn"])
        return scope == "flow" and any(row["id"] == ref and row["flow"] == a["id"] for row in self.all["http"])

    def _calls(self, scope: str, a: Record) -> set[str]:
        calls = self.all["call"]
        match scope:
            case "call":
                return {a["id"]}
            case "turn" | "session" | "flow":
                return {call["id"] for call in calls if call[scope] == a["id"]}
            case "http":
                return {call["id"] for call in calls if call["exchange"] == a["id"]}
            case "tool":
                return {id for id in (a["call"], a["result_call"]) if id in {call["id"] for call in calls}}
        ref = a["ref"]
        mine = {c["id"] for c in calls if ref in (c["id"], c["exchange"], c["turn"], c["session"], c["flow"])}
        return mine | {tool["call"] for tool in self.all["tool"] if tool["id"] == ref}
