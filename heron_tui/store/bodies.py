"""Bodies, each piece kept once: an agent resends its whole history with every call.

A request's body is cut where its messages end, so that the messages which two requests share are the same bytes.
"""

import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from typing import Literal

import xxhash
import zstandard

SIDES = {"request": 0, "response": 1}
Side = Literal["request", "response"]
LEAST = 512
"""Bytes of the smallest piece worth a row of its own."""
MOST_KNOWN = 200_000
"""Hashes kept in memory before the store is asked instead."""
MOST_WAITING = 4 << 20
"""Bytes that wait to be written, at most."""


def pieces(body: bytes, parts: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    """`body` in consecutive pieces.

    Cuts are before the first part and behind each: what stands between two parts (a comma) belongs to the later one,
    so that a part has the same bytes whether it is the last of its list or not. Small parts are joined with those that
    follow, but never with what stands before the first part or behind the last. A part that goes backwards is passed
    over.
    """
    start = 0
    if parts:
        first, last = parts[0][0], parts[-1][1]
        for cut in (first, *(end for _, end in parts)):
            least = 1 if cut in (first, last) else LEAST
            if start + least <= cut <= len(body):
                yield body[start:cut]
                start = cut
    if start < len(body):
        yield body[start:]


class BodyWriter:
    """Writes bodies on the connection of a writer. What is put is written with `flush`, many rows in one go."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._last: int = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
        self._known: dict[bytes, int] = {}
        self._knows_all = self._last == 0
        self._chunks: list[tuple[int, bytes, int, bytes]] = []
        self._bodies: list[tuple[str, int, int, bytes]] = []
        self._waiting = 0

    def put(self, exchange: str, side: Side, body: bytes, parts: Sequence[tuple[int, int]] = ()) -> None:
        """Keep a body; one that was there before is replaced."""
        chunks = [self._chunk(piece) for piece in pieces(body, parts)]
        self._bodies.append((exchange, SIDES[side], len(body), array("I", chunks).tobytes()))
        if self._waiting > MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what was put."""
        self._connection.executemany("INSERT INTO chunks (id, hash, size, data) VALUES (?, ?, ?, ?)", self._chunks)
        self._connection.executemany(
            "INSERT OR REPLACE INTO bodies (exchange, side, size, chunks) VALUES (?, ?, ?, ?)", self._bodies
        )
        self._chunks.clear()
        self._bodies.clear()
        self._waiting = 0

    def _chunk(self, piece: bytes) -> int:
        key = xxhash.xxh3_128_digest(piece)
        chunk = self._known.get(key)
        if chunk is None and not self._knows_all:
            row = self._connection.execute("SELECT id FROM chunks WHERE hash = ?", (key,)).fetchone()
            chunk = row and row[0]
        if chunk is None:
            chunk = self._last = self._last + 1
            data = self._compress(piece)
            self._chunks.append((chunk, key, len(piece), data if len(data) < len(piece) else piece))
            self._waiting += len(data)
        if len(self._known) >= MOST_KNOWN:
            self.flush()  # from here on the store is asked
            self._known.clear()
            self._knows_all = False
        self._known[key] = chunk
        return chunk


def read(connection: sqlite3.Connection, exchange: str, side: Side) -> bytes:
    """A body as it was put, b"" if none was."""
    row = connection.execute(
        "SELECT chunks FROM bodies WHERE exchange = ? AND side = ?", (exchange, SIDES[side])
    ).fetchone()
    if row is None:
        return b""
    return joined(connection, row[0])


def joined(connection: sqlite3.Connection, chunks: bytes) -> bytes:
    """The body whose pieces are these (the column `bodies.chunks`)."""
    decompress = zstandard.ZstdDecompressor().decompress
    whole = []
    for chunk in array("I", chunks):
        size, data = connection.execute("SELECT size, data FROM chunks WHERE id = ?", (chunk,)).fetchone()
        whole.append(data if len(data) == size else decompress(data))
    return b"".join(whole)
