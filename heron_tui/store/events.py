"""Events of responses: what they were called, when they came, in which packets, and where they stand in the body.

Their data is kept apart from the body only while there is no body yet.
"""

import re
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
from .json_text import dumps, loads
from .packing import Table, pack, unpack
from .shapes import EventRow
from .tool_events import tools_begun

COLUMNS = ("name", "start", "size", "t_us", "took_us", "first_packet", "more_packets")
"""As they are kept: what mostly is the same for all events of a response takes no room then."""
FIELDS = ("starts", "ends", "t_us", "t_end_us", "first_packet", "last_packet")
MOST_SEGMENTS = 16
"""Segments of a response that stay apart when it has ended."""
MOST_JOINED = 200_000
"""Events of one response that are joined in one row."""
LINE = re.compile(rb"\r\n|\n|\r")


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
            tools.update(_tools(begun))
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


def _tools(text: str | None) -> dict[int, str]:
    return {int(index): tool for index, tool in (loads(text) or {}).items()}


class Events:
    """The events of one response, read from the store: columns as arrays, in order of index.

    Attributes:
        tools: names of the tools whose calls begin in an event, by its index.
        first: index of the first event that is held (0 unless the beginning was lost).
        kind: `sse`, `ndjson`, `websocket`, "" without events.
    """

    def __init__(self, connection: sqlite3.Connection, exchange: str) -> None:
        segments = connection.execute(
            "SELECT first, kind, names, tools, columns, data FROM events WHERE exchange = ? ORDER BY first", (exchange,)
        ).fetchall()
        decompress = zstandard.ZstdDecompressor().decompress
        self.kind: str = segments[0][1] if segments else ""
        self.first: int = segments[0][0] if segments else 0
        self.names: list[str] = []
        self.tools: dict[int, str] = {}
        self._data: list[tuple[int, bytes | None]] = []
        parts: list[dict[str, Ints]] = []
        count = 0
        for _, _, names, tools, columns, data in segments:
            part = unpack(decompress(columns))
            part["name"] = _renamed(part["name"], loads(names), self.names)
            parts.append(part)
            self._data.append((count, data))
            self.tools.update(_tools(tools))
            count += len(part["name"])
        kept = {
            name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0, np.int64) for name in COLUMNS
        }
        self.columns = {
            "name": kept["name"],
            "start": kept["start"],
            "end": kept["start"] + kept["size"],
            "t_us": kept["t_us"],
            "t_end_us": kept["t_us"] + kept["took_us"],
            "first_packet": kept["first_packet"],
            "last_packet": kept["first_packet"] + kept["more_packets"],
        }

    def __len__(self) -> int:
        return len(self.columns["name"])

    def name(self, index: int) -> str:
        return self.names[int(self.columns["name"][index - self.first])]

    def rows(self) -> list[EventRow]:
        fields = ("t_us", "t_end_us", "first_packet", "last_packet", "start", "end")
        names = [self.names[code] for code in self.columns["name"].tolist()]
        indexes = range(self.first, self.first + len(names))
        return list(map(EventRow, indexes, names, *(self.columns[field].tolist() for field in fields)))

    def data(self, index: int, body: bytes) -> bytes:
        """The data of event `index`; `body` is the whole decoded body, where there is one."""
        place = index - self.first
        if not 0 <= place < len(self):
            return b""
        begun, kept = next((first, data) for first, data in reversed(self._data) if first <= place)
        return self._cut(place, body) if kept is None else _kept(kept)[place - begun]

    def all(self, body: bytes) -> list[tuple[str, bytes]]:
        """Name and data of every event, in order."""
        data: list[bytes] = []
        for begun, kept in self._data:
            following = next((first for first, _ in self._data if first > begun), len(self))
            data += [self._cut(place, body) for place in range(begun, following)] if kept is None else _kept(kept)
        return [(self.names[code], one) for code, one in zip(self.columns["name"].tolist(), data, strict=True)]

    def _cut(self, place: int, body: bytes) -> bytes:
        raw = body[int(self.columns["start"][place]) : int(self.columns["end"][place])]
        return CUT[self.kind](raw) if self.kind in CUT else raw


def _kept(packed: bytes) -> list[bytes]:
    data: list[bytes] = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed), type=list[bytes])
    return data


def sse_data(raw: bytes) -> bytes:
    """The data of one server-sent event, as WHATWG's HTML (9.2.6) joins it."""
    lines = LINE.split(raw)
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines if line.startswith(b"data:") or line == b"data")


def _aws_payload(raw: bytes) -> bytes:
    """The payload of a message of Amazon's event stream: behind prelude and headers, before its CRC."""
    return raw[12 + int.from_bytes(raw[4:8]) : -4]


CUT: dict[str, Callable[[bytes], bytes]] = {
    "sse": sse_data,
    "ndjson": lambda raw: raw.strip(b"\r\n"),
    "grpc": lambda raw: raw[5:],
    "aws-events": _aws_payload,
}
"""The data of an event from its bytes in the body, by kind of stream."""
