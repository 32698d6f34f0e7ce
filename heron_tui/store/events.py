"""Events of responses: what they were called, when they came, in which packets, and where they stand in the body.

Their data is kept apart from the body only while there is no body yet.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import msgspec
import numpy as np
import zstandard

from ..model.http import EventBatch
from ..model.packet import Ints
from . import event_reader
from .event_reader import COLUMNS
from .json_text import dumps, loads
from .packing import Table, pack, unpack
from .tool_events import tools_begun

FIELDS = ("starts", "ends", "t_us", "t_end_us", "first_packet", "last_packet")
MOST_SEGMENTS = 16
"""Segments of a response that stay apart when it has ended."""
MOST_JOINED = 200_000
"""Events of one response that are joined in one row."""


class EventWriter:
    """Writes events on the connection of a writer: in segments as the response comes, joined at its end.

    What is put is written with `flush`, many rows in one go.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._all_new = connection.execute("SELECT 1 FROM events LIMIT 1").fetchone() is None
        self._waiting: list[_Segment] = []

    def begin(self, exchange: str) -> None:
        """An exchange is told from its beginning: what an earlier run told of it goes."""
        if not self._all_new:
            self._forget(exchange)

    def put(self, exchange: str, batches: Sequence[EventBatch], base: int, *, data: bool) -> None:
        """Keep the next events of an exchange, with their data where no body will hold it."""
        names, codes = _coded(batches)
        tools = {index: tool for batch in batches for index, tool in tools_begun(batch).items()}
        kept = self._kept([item for batch in batches for item in batch.data]) if data else None
        columns = [[getattr(batch, field) for field in FIELDS] for batch in batches]
        table = partial(_table, columns, codes, base)
        self._waiting.append(_Segment(exchange, batches[0].index, batches[0].kind, names, tools, table, kept))

    def settle(self, exchange: str, segments: int) -> None:
        """The body is there: drop the data. Very many segments are joined."""
        self.flush()
        if segments <= MOST_SEGMENTS or not self._join(exchange):
            self._connection.execute("UPDATE events SET data = NULL WHERE exchange = ?", (exchange,))

    def flush(self) -> None:
        """Write what was put. Columns are packed here, one after the other, while the code for it is at hand."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO events (exchange, first, count, kind, names, tools, columns, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [segment.row(self._compress) for segment in self._waiting],
        )
        self._waiting.clear()

    def _forget(self, exchange: str) -> None:
        self._connection.execute("DELETE FROM events WHERE exchange = ?", (exchange,))

    def _join(self, exchange: str) -> bool:
        segments = self._connection.execute(
            "SELECT first, count, kind, names, tools, columns FROM events WHERE exchange = ? ORDER BY first",
            (exchange,),
        ).fetchall()
        if sum(count for _, count, *_ in segments) > MOST_JOINED:
            return False
        names: list[str] = []
        tools: dict[int, str] = {}
        parts: list[Table] = []
        decompress = zstandard.ZstdDecompressor().decompress
        for *_, own, begun, packed in segments:
            columns = unpack(decompress(packed))
            columns["name"] = _renamed(columns["name"], loads(own), names)
            parts.append(np.stack([columns[name] for name in COLUMNS]))
            tools.update(event_reader.tools(begun))
        self._forget(exchange)
        table = np.concatenate(parts, axis=1)
        self._waiting.append(_Segment(exchange, segments[0][0], segments[0][2], names, tools, lambda: table, None))
        return True

    def _kept(self, data: Sequence[bytes]) -> bytes:
        return self._compress(msgspec.msgpack.encode(data))


@dataclass(slots=True)
class _Segment:
    """Events of one exchange that wait to be written: a row of the table `events`."""

    exchange: str
    first: int
    kind: str
    names: list[str]
    tools: dict[int, str]
    table: Callable[[], Table]
    data: bytes | None

    def row(self, compress: Callable[[bytes], bytes]) -> tuple[object, ...]:
        table = self.table()
        packed = compress(pack(COLUMNS, table))
        tools = dumps({str(index): tool for index, tool in self.tools.items()}) if self.tools else None
        return self.exchange, self.first, table.shape[1], self.kind, dumps(self.names), tools, packed, self.data


def _coded(batches: Sequence[EventBatch]) -> tuple[list[str], Sequence[int]]:
    """The names that events have, and for each event its place among them; () where all have the same."""
    one = batches[0].names[0]
    if all(batch.names.count(one) == len(batch) for batch in batches):
        return [one], ()
    names = list(dict.fromkeys(chain.from_iterable([batch.names for batch in batches])))
    code = {name: place for place, name in enumerate(names)}
    return names, list(map(code.__getitem__, chain.from_iterable([batch.names for batch in batches])))


def _table(batches: Sequence[Sequence[Ints]], codes: Sequence[int], base: int) -> Table:
    """`COLUMNS` of events from the `FIELDS` of their batches."""
    table: Table = np.empty((len(COLUMNS), sum([len(batch[0]) for batch in batches])), np.int64)
    table[0] = codes or 0
    at = 0
    for batch in batches:
        stop = at + len(batch[0])
        for row in (1, 3, 5):
            table[row, at:stop] = batch[row - 1]
            np.subtract(batch[row], batch[row - 1], out=table[row + 1, at:stop])
        at = stop
    table[5] += base
    return table


def _renamed(codes: Ints, own: Sequence[str], names: list[str]) -> Ints:
    """Codes into `own` as codes into `names`, which grows as needed."""
    names += [name for name in own if name not in names]
    return np.array([names.index(name) for name in own], np.int64)[codes]
