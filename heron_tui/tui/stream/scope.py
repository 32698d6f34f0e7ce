"""What is followed: a connection, or one exchange on it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...store.reader import Reader
from ...store.shapes import Record
from ...store.where import Where
from ..subject import Subject

MOST = 100_000
"""Exchanges of one connection that are followed."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A stream to follow.

    Attributes:
        flow: the connection. exchange: id of the exchange that was asked for, None for the whole connection.
        exchanges: all exchanges of the connection, by time.
        alone: only that exchange is shown.
    """

    flow: Record
    exchange: str | None
    exchanges: Sequence[Record]
    alone: bool

    @property
    def shown(self) -> Sequence[Record]:
        return [e for e in self.exchanges if e["id"] == self.exchange] if self.alone else self.exchanges

    @property
    def title(self) -> str:
        flow = f"{self.flow['client']} → {self.flow['server']}"
        one = next((e for e in self.exchanges if e["id"] == self.exchange), None) if self.alone else None
        if one is None:
            return f"Connection {flow}"
        if one["transport"] == "http/2":
            return f"HTTP/2 stream {one['http_stream']} of {flow}"
        if one["transport"] == "websocket":
            return f"WebSocket message {one['http_stream']} of {flow}"
        return f"{one['method']} {one['path']} of {flow}"


def find(reader: Reader, subject: Subject) -> Scope | None:
    """What to follow from a row; None where it is on no connection.

    What was carried by an exchange is followed alone; a connection, or a packet of no exchange, whole.
    """
    exchange = subject.exchange(reader)
    record = reader.get("exchange", exchange) if exchange else None
    flow = reader.get("flow", record["flow"] if record else subject.flow(reader) or "")
    if flow is None:
        return None
    return Scope(flow, exchange, _exchanges(reader, flow["id"]), record is not None)


def again(reader: Reader, scope: Scope, *, alone: bool) -> Scope:
    """The same stream as the store has it now, or more or less of it."""
    flow = reader.get("flow", scope.flow["id"]) or scope.flow
    return Scope(flow, scope.exchange, _exchanges(reader, flow["id"]), alone and scope.exchange is not None)


def _exchanges(reader: Reader, flow: str) -> list[Record]:
    return reader.rows("exchange", 0, MOST, where=Where("exchange.flow = ?", (flow,)))
