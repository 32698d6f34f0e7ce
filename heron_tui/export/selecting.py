"""Which calls an export is about, a session at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..store.reader import Kind, Reader
from ..store.shapes import Record
from ..store.where import Where
from .options import Options

PAGE = 1000
MOST = 1_000_000


@dataclass(slots=True)
class Group:
    """A session, or what is asked of it; calls without a session are groups of their own.

    Attributes:
        turns: in order of time; empty where single calls were asked for.
        calls: of those turns, and those of the session that are in no turn; with texts cut.
    """

    session: Record | None
    turns: list[Record] = field(default_factory=list)
    calls: list[Record] = field(default_factory=list)


def groups(reader: Reader, options: Options) -> Iterator[Group]:
    """What the options ask for, in order of time."""
    if options.unit == "call":
        for call in _chosen(reader, "call", options):
            yield Group(None, [], [call])
        return
    if options.unit == "session":
        for session in _chosen(reader, "session", options):
            turns = reader.rows("turn", 0, MOST, where=Where("turn.session = ?", (session["id"],)))
            yield _group(reader, session["id"], turns, whole=True)
        return
    by_session: dict[str, list[Record]] = {}
    for turn in _chosen(reader, "turn", options):
        by_session.setdefault(turn["session"], []).append(turn)
    for session_id, turns in by_session.items():
        yield _group(reader, session_id, turns, whole=not options.ids)


def _group(reader: Reader, session: str, turns: list[Record], *, whole: bool) -> Group:
    """`whole`: with the side calls that the session made in no turn."""
    wanted = {turn["id"] for turn in turns}
    calls = reader.rows("call", 0, MOST, where=Where("call.session = ?", (session,)))
    mine = [call for call in calls if call["turn"] in wanted or (whole and call["turn"] is None)]
    return Group(reader.get("session", session, full=False), turns, mine)


def _chosen(reader: Reader, kind: Kind, options: Options) -> Iterator[Record]:
    where = _where(kind, options)
    for start in range(0, reader.count(kind, where), PAGE):
        yield from reader.rows(kind, start, start + PAGE, where=where)


def _where(kind: Kind, options: Options) -> Where | None:
    """The filter, and the ids or what belongs to them."""
    conditions = [options.where] if options.where else []
    if options.ids:
        these = "(SELECT value FROM json_each(?))"
        named = {
            "call": f"call.id IN {these} OR call.turn IN {these} OR call.session IN {these}",
            "turn": f"turn.id IN {these} OR turn.session IN {these}"
            f" OR turn.id IN (SELECT turn FROM calls WHERE id IN {these})",
            "session": f"session.id IN {these} OR session.id IN (SELECT session FROM turns WHERE id IN {these})"
            f" OR session.id IN (SELECT session FROM calls WHERE id IN {these})",
        }[kind]
        conditions.append(Where(named, (json.dumps(options.ids),) * 3))
    if not conditions:
        return None
    return Where(
        " AND ".join(f"({one.sql})" for one in conditions), tuple(value for one in conditions for value in one.params)
    )
