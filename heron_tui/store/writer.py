"""Writes a store: the engine's process only, one writer at a time."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..core.errors import SourceError
from ..core.ids import content_id
from ..model.call import Call
from ..model.finding import Finding
from ..model.flow import Flow
from ..model.http import EventBatch, ExchangeEnd, Request, Response
from ..model.packet import PacketBatch, PacketColumns, Source
from ..model.turn import Story
from . import entries
from .bodies import BodyWriter
from .capture_files import head
from .entries import Row
from .events import EventWriter
from .json_text import dumps, storable
from .numbering import number_calls, number_turns
from .opening import open_for_writing
from .packet_blocks import PacketWriter
from .schema import TIME_ORDER

P = ParamSpec("P")
R = TypeVar("R")

PART = ("agent", "session", "turn", "subagent", "auxiliary", "attempt", "retry_of", "leg_of", "legs")
PLACES = (
    f"UPDATE calls SET {', '.join(f'{name} = :{name}' for name in PART)}, changed = :changed"
    f" WHERE id = :id AND ({', '.join(PART)}) IS NOT ({', '.join(f':{name}' for name in PART)})"
)
"""Says what calls were part of, where that is new."""


def _writes(method: "Callable[Concatenate[Writer, P], R]") -> "Callable[Concatenate[Writer, P], R]":
    """What SQLite says of a full or failing disk becomes one line for people."""

    @wraps(method)
    def told(writer: "Writer", /, *args: P.args, **more: P.kwargs) -> R:
        try:
            return method(writer, *args, **more)
        except sqlite3.Error as error:
            raise SourceError(f"{writer.path} cannot be written: {error}") from error

    return told


class Writer:
    """Takes what the floors made, and writes it in one transaction per `commit`.

    Rows are kept by ids that derive from content: what is put again replaces what was there. The file is made with mode
    0600, in WAL mode, so that readers are never in the way. What was not committed is lost with the process, and
    nothing else is.

    Packet numbers of a run count from 1; where a store holds several runs, those of later ones are moved behind those
    of earlier ones.

    Raises:
        SourceError: the file is no store, has a form that is not known here, is being written by another process, or
            cannot be made. Methods raise it when the disk is full or fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = open_for_writing(path)
        self._connection: sqlite3.Connection = self._db.conn
        self._bodies = BodyWriter(self._connection)
        self._events = EventWriter(self._connection)
        self._packets: PacketWriter | None = None
        self._base = 0
        self._files: dict[int, int] = {}
        self._sources: dict[int, str] = {}
        self._flow_numbers: dict[int, int] = {}
        self._last_flow = self._next("flows", "n") - 1
        self._version = self._committed() + 1
        self._exchanges: dict[str, Row] = {}
        self._under_way: dict[str, _UnderWay] = {}
        self._flows_with_news: set[str] = set()

    @_writes
    def put_source(self, source: Source) -> None:
        """A capture file of this run: before its packets, and again when more is known of it."""
        known = self._connection.execute("SELECT n FROM sources WHERE id = ?", (source.id,)).fetchone()
        n = known[0] if known else self._next("sources", "n")
        size, digest = head(source.raw_path)
        row = {
            "id": source.id,
            "n": n,
            "name": source.name,
            "raw_path": source.raw_path and str(Path(source.raw_path).absolute()),
            "format": source.format,
            "size": source.size,
            "packets": source.packets,
            "note": source.note,
            "dropped": source.dropped,
            "head_size": size,
            "head_hash": digest,
        }
        self._upsert("sources", [row])
        self._files[source.file] = n
        self._sources[source.file] = source.id

    @_writes
    def put_flows(self, flows: Iterable[Flow]) -> None:
        """Flows as they are now. A flow is put before the commit that follows its first packet."""
        self._begin_run()
        self._upsert("flows", [entries.flow(flow, self._flow_number(flow), self._base) for flow in flows])

    @_writes
    def put_packets(self, batch: PacketBatch, columns: PacketColumns) -> None:
        """The next packets, in rising order of `number`, which runs from 1 in each run."""
        self._begin_run().put(batch, columns)
        if batch.notes:
            self._connection.executemany(
                "INSERT OR REPLACE INTO comments (packet, text) VALUES (?, ?)",
                [(number + self._base, storable(text)) for number, text in batch.notes.items()],
            )

    @_writes
    def put_exchange(  # noqa: PLR0917 - the engine passes what it holds
        self,
        request: Request,
        response: Response | None,
        end: ExchangeEnd | None,
        batches: Sequence[EventBatch],
        parts: Sequence[tuple[int, int]],
        call: str | None,
    ) -> None:
        """An exchange: once its request is whole, as often as it changes, and when it has ended.

        Args:
            end: None as long as it is under way.
            batches: the events that were not given before.
            parts: ranges [start, end) of the request's body that hold one message each.
            call: id of the call that it carried.
        """
        self._begin_run()
        id = request.exchange
        now = self._under_way.get(id)
        if now is None:
            now = self._under_way[id] = _UnderWay()
            self._events.begin(id)
            self._bodies.put(id, "request", request.body, parts)
        batches = [batch for batch in batches if len(batch)]
        if batches:
            now.events = batches[-1].index + len(batches[-1])
            now.reached = max(now.reached, int(batches[-1].last_packet.max()) + self._base)
            now.end = max(now.end, batches[-1].ends.item(-1))
        in_body = end is not None and now.end <= len(end.body)
        if batches:
            self._events.put(id, batches, self._base, data=not in_body)
            now.segments += 1
        self._exchanges[id] = entries.exchange(
            request, response, end, call, self._base, events=now.events, reached=now.reached
        )
        self._flows_with_news.add(request.flow)
        if end is not None:
            del self._under_way[id]
            self._bodies.put(id, "response", end.body)
            if in_body and now.segments > bool(batches):
                self._events.settle(id, now.segments)

    @_writes
    def put_calls(self, calls: Iterable[Call]) -> None:
        """Calls as they are now."""
        self._begin_run()
        self._upsert("calls", [entries.call(call, self._base) for call in calls])

    @_writes
    def put_story(self, story: Story) -> None:
        """Turns, sessions, tools, and what calls were part of; the calls have been put before."""
        moved = [*(turn.id for turn in story.turns), *story.gone_turns]
        since = self._earliest_turn(moved)
        for table, gone in (
            ("turns", story.gone_turns),
            ("sessions", story.gone_sessions),
            ("tools", story.gone_tools),
        ):
            self._take_back(table, gone)
        self._upsert("turns", [entries.turn(turn) for turn in story.turns])
        self._upsert("sessions", [entries.session(session) for session in story.sessions])
        self._upsert("tools", [entries.tool(tool) for tool in story.tools])
        self._connection.executemany(PLACES, [entries.part(part) | {"changed": self._version} for part in story.parts])
        starts = [start for start in (since, self._earliest_turn(moved)) if start is not None]
        if starts:
            number_turns(self._connection, min(starts), self._version)

    @_writes
    def put_findings(self, findings: Iterable[Finding]) -> None:
        self._begin_run()
        self._upsert("findings", [entries.finding(finding, self._base) for finding in findings])

    @_writes
    def drop_findings(self, findings: Iterable[Finding]) -> None:
        """Findings that no longer hold."""
        self._begin_run()
        self._take_back("findings", [entries.finding_id(finding, self._base) for finding in findings])

    @_writes
    def put_counters(self, counters: Mapping[str, Any]) -> None:
        """The engine's counters, all of them: they replace those of the commit before."""
        self._set("counters", dumps(dict(counters)))

    @_writes
    def put_said(self, lines: Sequence[str]) -> None:
        """What the engine has to say to people: these replace those of the commit before."""
        self._set("said", dumps(list(lines)))

    @_writes
    def commit(self) -> int:
        """Write everything that was put since the last commit, and answer the store's new version."""
        if self._packets is not None:
            self._packets.flush(self._flow_numbers, self._files)
        self._bodies.flush()
        self._events.flush()
        self._upsert("exchanges", list(self._exchanges.values()))
        self._exchanges.clear()
        self._count_in_flows()
        number_calls(self._connection, self._version)
        new = self._version
        self._set("version", str(new))
        self._connection.execute("COMMIT")
        self._version = new + 1
        self._connection.execute("BEGIN IMMEDIATE")
        return new

    def close(self) -> None:
        """Close the file; what was not committed is dropped. Closing again does nothing."""
        self._connection.close()

    def _begin_run(self) -> PacketWriter:
        """The run's packets; its place among those of the store is settled when the first thing of it is put."""
        if self._packets is None:
            run = content_id("r", *sorted(self._sources.values()))
            ask = self._connection.execute
            known = ask("SELECT base FROM runs WHERE id = ?", (run,)).fetchone()
            if known:
                self._base = known[0]
            else:
                self._base = ask("SELECT coalesce(max(last), 0) FROM packets").fetchone()[0]
                ask("INSERT INTO runs (id, base) VALUES (?, ?)", (run, self._base))
            (behind,) = ask("SELECT min(base) FROM runs WHERE base > ?", (self._base,)).fetchone()
            self._packets = PacketWriter(self._connection, self._base, behind and behind - self._base)
        return self._packets

    def _flow_number(self, flow: Flow) -> int:
        number = self._flow_numbers.get(flow.n)
        if number is None:
            known = self._connection.execute("SELECT n FROM flows WHERE id = ?", (flow.id,)).fetchone()
            if known:
                number = int(known[0])
            else:
                number = self._last_flow = self._last_flow + 1
            self._flow_numbers[flow.n] = number
        return number

    def _count_in_flows(self) -> None:
        self._connection.executemany(
            "UPDATE flows SET exchanges = now.exchanges, calls = now.calls, changed = ? FROM"
            " (SELECT count(*) AS exchanges, count(call) AS calls FROM exchanges WHERE flow = ?) AS now"
            " WHERE id = ? AND (flows.exchanges, flows.calls) IS NOT (now.exchanges, now.calls)",
            [(self._version, flow, flow) for flow in self._flows_with_news],
        )
        self._flows_with_news.clear()

    def _earliest_turn(self, ids: Sequence[str]) -> int | None:
        known = "SELECT min(t_start_us) FROM turns WHERE id IN (SELECT value FROM json_each(?))"
        earliest: int | None = self._connection.execute(known, (dumps(ids),)).fetchone()[0]
        return earliest

    def _upsert(self, table: str, rows: list[Row]) -> None:
        """Rows of one shape, by id; what says nothing new is not written, and not marked as changed.

        Three times as fast as sqlite-utils, which makes its SQL anew for each batch.
        """
        if not rows:
            return
        if table in TIME_ORDER:
            for row in rows:
                row["changed"] = self._version
        names = tuple(rows[0])
        said = [name for name in names if name != "changed"]
        sql = (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}"
            f" WHERE ({', '.join(said)}) IS NOT ({', '.join(f'excluded.{name}' for name in said)})"
        )
        try:
            self._connection.executemany(sql, [tuple(row.values()) for row in rows])
        except (UnicodeEncodeError, OverflowError):
            self._connection.executemany(sql, [tuple(map(storable, row.values())) for row in rows])

    def _next(self, table: str, column: str) -> int:
        return int(self._connection.execute(f"SELECT coalesce(max({column}), 0) + 1 FROM {table}").fetchone()[0])

    def _take_back(self, table: str, ids: Sequence[str]) -> None:
        self._connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(id,) for id in ids])
        self._connection.executemany(
            "INSERT OR REPLACE INTO gone (kind, id, changed) VALUES (?, ?, ?)",
            [(table, id, self._version) for id in ids],
        )

    def _committed(self) -> int:
        row = self._connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        return int(row[0]) if row else 0

    def _set(self, key: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


@dataclass(slots=True)
class _UnderWay:
    """What was written of an exchange: `events` in `segments`, up to packet `reached` and byte `end` of the body."""

    events: int = 0
    segments: int = 0
    reached: int = 0
    end: int = 0
