"""Streams of responses that are being looked at: their events and bodies, decoded once."""

import sqlite3
from collections import OrderedDict

from . import bodies
from .event_reader import Events

MOST_STREAMS = 64
MOST_BODIES = 4


class Streams:
    """Events and response bodies on the connection of a reader. `forget` is called when the store has changed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._events: OrderedDict[str, Events] = OrderedDict()
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._under_way: set[str] = set()

    def forget(self) -> None:
        """Drop what may have grown since it was read."""
        for exchange in self._under_way:
            self._events.pop(exchange, None)
            self._bodies.pop(exchange, None)
        self._under_way.clear()

    def events(self, exchange: str) -> Events:
        if exchange not in self._events:
            self._note(exchange)
            self._events[exchange] = Events(self._connection, exchange)
            if len(self._events) > MOST_STREAMS:
                self._events.popitem(last=False)
        self._events.move_to_end(exchange)
        return self._events[exchange]

    def data(self, exchange: str, index: int) -> bytes:
        """The data of one event, b"" if there is none."""
        return self.events(exchange).data(index, self._body(exchange))

    def all(self, exchange: str) -> list[tuple[str, bytes]]:
        """Name and data of every event so far."""
        return self.events(exchange).all(self._body(exchange))

    def _body(self, exchange: str) -> bytes:
        if exchange not in self._bodies:
            self._note(exchange)
            self._bodies[exchange] = bodies.read(self._connection, exchange, "response")
            if len(self._bodies) > MOST_BODIES:
                self._bodies.popitem(last=False)
        self._bodies.move_to_end(exchange)
        return self._bodies[exchange]

    def _note(self, exchange: str) -> None:
        row = self._connection.execute("SELECT state FROM exchanges WHERE id = ?", (exchange,)).fetchone()
        if row is None or row[0] == "open":
            self._under_way.add(exchange)
