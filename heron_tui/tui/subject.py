"""What an action is about: the record in the row, the call or the packet that the focus is on."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ..store.reader import Reader
from ..store.shapes import PacketRow, Record
from ..store.where import Where

MAIN = "call.session = ? AND call.subagent IS NULL AND call.auxiliary IS NULL"


class Subject(Struct, frozen=True):
    """One record.

    Attributes:
        kind: `call`, `tool`, `turn`, `session`, `subagent`, `exchange`, `flow`, `finding`, `packet`.
        record: as the reader gave it; of a packet its `PacketRow`.
    """

    kind: str
    record: Any

    def call(self, reader: Reader) -> str | None:
        """Id of the call that it is, that asked for it, that it belongs to, or of the last (main) call below it."""
        record = self.record
        if isinstance(record, PacketRow):
            return record.call
        match self.kind:
            case "call":
                return str(record["id"])
            case "tool" | "exchange":
                return _named(record, "call")
            case "turn":
                return _last_main(reader, reader.get("turn", record["id"]) or record)
            case "subagent":
                return str(record["calls"][-1]) if record["calls"] else None
            case "session":
                found = reader.rows("call", 0, 1, where=Where(MAIN, (record["id"],)), order="-t_request_us")
                return str(found[0]["id"]) if found else None
            case "finding":
                behind = _behind(reader, record)
                return behind.call(reader) if behind else None
        return None

    def exchange(self, reader: Reader) -> str | None:
        """Id of the exchange that carried it, None where it is a connection or there is none."""
        record = self.record
        if isinstance(record, PacketRow):
            return record.exchange
        if self.kind == "exchange":
            return str(record["id"])
        if self.kind == "flow":
            return None
        if self.kind == "finding" and record["scope"] == "exchange":
            return _named(record, "ref")
        call = self.call(reader)
        found = reader.get("call", call, full=False) if call else None
        return _named(found, "exchange") if found else None

    def flow(self, reader: Reader) -> str | None:
        """Id of the connection that it is or was on."""
        record = self.record
        if isinstance(record, PacketRow):
            return record.flow
        if self.kind == "flow":
            return str(record["id"])
        if self.kind == "finding" and record["scope"] == "flow":
            return _named(record, "ref")
        if flow := _named(record, "flow"):
            return flow
        call = self.call(reader)
        found = reader.get("call", call, full=False) if call else None
        return _named(found, "flow") if found else None


def _named(record: Mapping[str, Any], key: str) -> str | None:
    value = record.get(key)
    return str(value) if value else None


def _behind(reader: Reader, finding: Record) -> Subject | None:
    """What a finding is about, None where that has no calls."""
    for kind in ("call", "turn", "tool", "session", "exchange"):
        if finding["scope"] == kind and (record := reader.get(kind, finding["ref"], full=False)):
            return Subject(kind, record)
    return None


def _last_main(reader: Reader, turn: Record) -> str | None:
    """The last call of a turn that its main agent made."""
    for id in reversed(turn["calls"] or ()):
        call = reader.get("call", id, full=False)
        if call and call["subagent"] is None and call["auxiliary"] is None:
            return str(id)
    return str(turn["calls"][-1]) if turn["calls"] else None
