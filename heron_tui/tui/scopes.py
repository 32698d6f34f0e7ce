"""What can be exported from where one stands: the selection, what is marked, what is shown, its session, everything."""

from dataclasses import dataclass

from ..store.reader import Reader
from ..store.where import Where
from .subject import Subject
from .units import first_line, whole

MOST_IDS = 20_000
"""Ids that a command line can hold with room to spare."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Something to export: its name and words for it, and the arguments that choose it; `unit` suits it best."""

    name: str
    words: str
    arguments: tuple[str, ...]
    unit: str = "turn"


def scopes(reader: Reader, subject: Subject | None, marked: dict[str, list[str]], shown: str) -> list[Scope]:
    """The scopes there are, nearest first.

    Args:
        marked: ids of marked calls, turns and sessions, by kind. shown: the display filter in effect, "" for none.
    """
    found: list[Scope] = []
    session: str | None = None
    if subject is not None:
        selected, session = _selected(reader, subject)
        found += [selected] if selected else []
    for kind, ids in marked.items():
        if ids:
            found.append(Scope("marked", f"{_count(len(ids), kind)} marked", _ids(ids), kind))
    if shown:
        found.append(Scope("shown", f"what fits {shown}", ("-Y", shown)))
    record = reader.get("session", session, full=False) if session else None
    if record:
        words = f"the session of {record['agent']}, {_count(record['turns'], 'turn')}"
        found.append(Scope("session", words, ("--id", record["id"])))
    found.append(Scope("all", f"everything, {_count(reader.count('turn'), 'turn')}", ()))
    return found


def _selected(reader: Reader, subject: Subject) -> tuple[Scope | None, str | None]:
    """The selection, and the session that it is part of."""
    record = subject.record
    if subject.kind == "session":
        words = f"session of {record['agent']}, {_count(record['turns'], 'turn')}"
        return Scope("selection", words, ("--id", record["id"]), "session"), record["id"]
    if subject.kind == "turn":
        words = f"turn {record['n']}: {first_line(record['prompt'], 60)}"
        return Scope("selection", words, ("--id", record["id"])), record["session"]
    if subject.kind == "flow":
        calls = reader.rows("call", 0, MOST_IDS, where=Where("call.flow = ?", (record["id"],)))
        if not calls:
            return None, None
        ids = [call["id"] for call in calls]
        return Scope("selection", f"{_count(len(ids), 'call')} of this connection", _ids(ids), "call"), None
    id = subject.call(reader)
    call = reader.get("call", id, full=False) if id else None
    if call is None:
        return None, None
    words = f"call {call['n']} to {call['request_model'] or call['host']}"
    return Scope("selection", words, ("--id", call["id"]), "call"), call["session"]


def _ids(ids: list[str]) -> tuple[str, ...]:
    return tuple([word for id in ids[:MOST_IDS] for word in ("--id", id)])


def _count(count: int, kind: str) -> str:
    return f"{whole(count)} {kind}{'s' * (count != 1)}"
