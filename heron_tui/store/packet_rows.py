"""Rows of the packet list: columns of packets, joined with what their bytes were part of.

Only the rows of a window are made. Exchanges are looked up by flow and range of packet numbers, events by the packets
that carried them.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from ..model.packet_kind import Kind
from . import packet_words
from .json_text import loads
from .packet_pages import Page
from .shapes import PacketRow, Record
from .streams import Streams

WORDY = frozenset({Kind.DATA, Kind.OUT_OF_ORDER})
"""Kinds of packets whose payload is told in the terms of HTTP."""

NO_FLOW: Record = dict.fromkeys(("id", "client", "server", "process", "protocol", "turned"))
NO_TOKENS: Record = {"input_tokens": None, "output_tokens": None}
EXCHANGES = """
    SELECT e.id, e.call, e.method, e.path, e.status, e.state, e.events, e.request_first, e.request_head_last,
        e.request_last, e.response_first, e.response_head_last, e.response_last, e.last_packet, e.response_headers,
        c.request_model AS model, c.ttft_us, c.t_first_token_us, c.input_tokens, c.output_tokens
    FROM exchanges AS e LEFT JOIN calls AS c ON c.id = e.call
    WHERE e.flow = ? AND e.last_packet >= ? AND e.request_first <= ? ORDER BY e.request_first, e.id"""


class PacketRows:
    """Makes rows on the connection of a reader. `forget` is called when the store has changed."""

    def __init__(self, connection: sqlite3.Connection, streams: Streams) -> None:
        self._connection = connection
        self._streams = streams
        self._flows: dict[int, Record] = {}
        self._sources: dict[int, str] = {}

    def forget(self) -> None:
        self._flows.clear()
        self._sources.clear()

    def rows(self, columns: Page) -> list[PacketRow]:
        """A row for each packet, in their order."""
        flows = {n: self._flow(n) for n in set(columns["flow"]) if n >= 0}
        numbers: dict[int, list[int]] = {}
        for number, flow in zip(columns["number"], columns["flow"], strict=True):
            numbers.setdefault(flow, []).append(number)
        exchanges = {n: self._exchanges(flow, numbers[n]) for n, flow in flows.items()}
        fields = ("number", "time_us", "flow", "side", "length", "caplen", "payload", "kind", "file")
        rows = []
        for packet in zip(*(columns[name] for name in fields), strict=True):
            record = dict(zip(fields, packet, strict=True))
            rows.append(self._row(record, flows.get(record["flow"], NO_FLOW), exchanges.get(record["flow"], ())))
        return rows

    def _row(self, packet: Record, flow: Record, exchanges: Sequence[Record]) -> PacketRow:
        number, side = packet["number"], packet["side"]
        if flow["turned"] and side >= 0:
            side = 1 - side
        carried = packet["payload"] > 0 and packet["kind"] in WORDY
        exchange = _exchange(number, side if carried else -1, exchanges)
        info = packet_words.below_http(packet["kind"], side, flow["protocol"])
        event = status = ttft = None
        tokens = NO_TOKENS
        if exchange and carried:
            late = "out of order · " if packet["kind"] == Kind.OUT_OF_ORDER else ""
            if side == 0:
                info = late + packet_words.request(number, exchange)
            else:
                events = self._streams.events(exchange["id"]) if exchange["events"] else None
                begun, going_on = events.in_packet(number) if events is not None else ([], None)
                info = late + packet_words.response(number, exchange, events, begun, going_on)
                event = begun[0] if begun else going_on
                status = exchange["status"]
                ttft = exchange["ttft_us"] if _first_token(packet, exchange) else None
                tokens = exchange if number == exchange["response_last"] else NO_TOKENS
        return PacketRow(
            number=number,
            time_us=packet["time_us"],
            flow=flow["id"],
            client=flow["client"],
            server=flow["server"],
            side=side,
            length=packet["length"],
            caplen=packet["caplen"],
            payload=packet["payload"],
            kind=packet["kind"],
            file=self._source(packet["file"]),
            call=exchange["call"] if exchange else None,
            exchange=exchange["id"] if exchange else None,
            event=event,
            info=info,
            status=status,
            ttft_us=ttft,
            input_tokens=tokens["input_tokens"],
            output_tokens=tokens["output_tokens"],
            process=loads(flow["process"]),
        )

    def _flow(self, n: int) -> Record:
        if n not in self._flows:
            row = self._connection.execute(
                "SELECT id, client, server, process, protocol, turned FROM flows WHERE n = ?", (n,)
            ).fetchone()
            self._flows[n] = dict(row) if row else NO_FLOW
        return self._flows[n]

    def _source(self, n: int) -> str | None:
        if not self._sources:
            self._sources = dict(map(tuple, self._connection.execute("SELECT n, id FROM sources")))
        return self._sources.get(n)

    def _exchanges(self, flow: Record, numbers: Iterable[int]) -> list[Record]:
        """The exchanges of a flow that were under way within a range of packets."""
        found = self._connection.execute(EXCHANGES, (flow["id"], min(numbers), max(numbers)))
        return [dict(row) for row in found]


def _exchange(number: int, side: int, exchanges: Sequence[Record]) -> Record | None:
    """The exchange that a packet is part of: one that begins in it, else the latest that it lies in."""
    found = None
    for exchange in exchanges:
        if side == 0:
            first, last = exchange["request_first"], exchange["request_last"]
        elif side == 1:
            first, last = exchange["response_first"], exchange["response_last"]
        else:
            first, last = exchange["request_first"], exchange["last_packet"]
        if first is not None and first <= number <= last:
            found = exchange
            if first == number:
                break
    return found


def _first_token(packet: Record, exchange: Record) -> bool:
    first = exchange["t_first_token_us"]
    return bool(packet["number"] == exchange["response_first"] if first is None else packet["time_us"] == first)
