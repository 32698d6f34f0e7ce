"""Events of a response as they are kept (`events` writes them), read without NumPy as `packed` says."""

import re
import sqlite3
from array import array
from collections.abc import Callable
from functools import cached_property
from itertools import chain

import msgspec
import zstandard

from . import packed
from .json_text import loads
from .shapes import EventRow

COLUMNS = ("name", "start", "size", "t_us", "took_us", "first_packet", "more_packets")
"""As they are kept: what mostly is the same for all events of a response takes no room then."""
LINE = re.compile(rb"\r\n|\n|\r")


def tools(text: str | None) -> dict[int, str]:
    """Names of tools by the index of the event in which their call begins, from the column `tools`."""
    return {int(index): tool for index, tool in (loads(text) or {}).items()}


class Events:
    """The events of one response, in order of index.

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
        self.tools: dict[int, str] = {}
        self._names: list[list[str]] = []
        self._data: list[tuple[int, bytes | None]] = []
        self._parts: list[packed.Packed] = []
        self._count = 0
        for _, _, names, begun, columns, data in segments:
            self._names.append(loads(names))
            self._parts.append(packed.decode(decompress(columns)))
            self._data.append((self._count, data))
            self.tools.update(tools(begun))
            self._count += self._parts[-1].count

    def __len__(self) -> int:
        return self._count

    @cached_property
    def names(self) -> list[str]:
        """What each event was called."""
        parts = zip(self._parts, self._names, strict=True)
        return [names[code] for part, names in parts for code in part.values("name")]

    def name(self, index: int) -> str:
        return self.names[index - self.first]

    def in_packet(self, number: int) -> tuple[list[int], int | None]:
        """Indexes of the events that begin in a packet, and of the one that began before and goes on in it."""
        going_on = (index for index, first, last in self._spread if first < number <= last)
        return self._begun.get(number, []), next(going_on, None)

    def rows(self) -> list[EventRow]:
        t_us, starts, packets = self._column("t_us"), self._starts, self._column("first_packet")
        return [
            EventRow(index, name, t, t + took, packet, packet + more, start, start + size)
            for index, name, t, took, packet, more, start, size in zip(
                range(self.first, self.first + len(self)),
                self.names,
                t_us,
                self._column("took_us"),
                packets,
                self._column("more_packets"),
                starts,
                self._sizes,
                strict=True,
            )
        ]

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
        return list(zip(self.names, data, strict=True))

    def _cut(self, place: int, body: bytes) -> bytes:
        start = self._starts[place]
        raw = body[start : start + self._sizes[place]]
        return CUT[self.kind](raw) if self.kind in CUT else raw

    def _column(self, name: str) -> "array[int]":
        return array("q", chain.from_iterable(part.values(name) for part in self._parts))

    @cached_property
    def _starts(self) -> "array[int]":
        return self._column("start")

    @cached_property
    def _sizes(self) -> "array[int]":
        return self._column("size")

    @cached_property
    def _begun(self) -> dict[int, list[int]]:
        """Indexes of events by the packet in which they begin: what came out of order is not sorted by it."""
        found: dict[int, list[int]] = {}
        for index, number in enumerate(self._column("first_packet"), self.first):
            found.setdefault(number, []).append(index)
        return found

    @cached_property
    def _spread(self) -> list[tuple[int, int, int]]:
        """Index, first and last packet of each event that came in more than one packet."""
        packets = zip(self._column("first_packet"), self._column("more_packets"), strict=True)
        return [(index, first, first + more) for index, (first, more) in enumerate(packets, self.first) if more]


def _kept(compressed: bytes) -> list[bytes]:
    data: list[bytes] = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(compressed), type=list[bytes])
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
