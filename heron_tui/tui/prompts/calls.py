"""The calls of a conversation: those whose prompts go on from each other."""

from collections.abc import Sequence

from ...store.reader import Reader
from ...store.shapes import Record
from ...store.where import Where

MOST = 5000


def branch(reader: Reader, call: Record) -> list[Record]:
    """The calls of the same agent or sub-agent in the same session, side calls left out, by time; the call itself is in
    it."""
    if not call.get("session") or call.get("auxiliary"):
        return [call]
    where = "call.session = ? AND call.subagent IS ? AND call.auxiliary IS NULL AND call.leg_of IS NULL"
    found = reader.rows("call", 0, MOST, where=Where(where, (call["session"], call.get("subagent"))))
    return found if any(row["id"] == call["id"] for row in found) else [*found, call]


def before(reader: Reader, call: Record) -> Record | None:
    """The call before in the same conversation: one that was answered, of the same wire API."""
    earlier = [row for row in branch(reader, call) if row["t_request_us"] < call["t_request_us"]]
    same = [row for row in earlier if row["wire_api"] == call["wire_api"]]
    return _answered(same) or (same[-1] if same else None)


def _answered(calls: Sequence[Record]) -> Record | None:
    return next((call for call in reversed(calls) if call.get("outcome") == "ok"), None)
