"""Looks for bytes in all bodies: through the pieces that they are kept in, each once."""

import re
import sqlite3
from dataclasses import dataclass
from typing import Literal

import numpy as np
import zstandard

STEP = 8 << 20
"""Bytes that one step looks through."""


@dataclass(frozen=True, slots=True)
class BodyHit:
    """The first body that holds a piece with what was looked for."""

    exchange: str
    side: Literal["request", "response"]


@dataclass(frozen=True, slots=True)
class SearchStep:
    """How far a search came: `at` of `last` pieces; `hit` if the piece at `at` has it."""

    at: int
    last: int
    hit: BodyHit | None = None


def step(connection: sqlite3.Connection, pattern: re.Pattern[bytes], after: int) -> SearchStep:
    """Look through the pieces behind number `after`, up to the first hit or `STEP` bytes.

    A piece is a message of a request, or a whole answer: what goes over the edge of two is not found.
    """
    decompress = zstandard.ZstdDecompressor().decompress
    last: int = connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0]
    seen = 0
    for id, size, data in connection.execute("SELECT id, size, data FROM chunks WHERE id > ? ORDER BY id", (after,)):
        if pattern.search(data if len(data) == size else decompress(data)) and (hit := _carrier(connection, id)):
            return SearchStep(id, last, hit)
        seen += size
        if seen >= STEP:
            return SearchStep(id, last)
    return SearchStep(last, last)


def _carrier(connection: sqlite3.Connection, chunk: int) -> BodyHit | None:
    found = connection.execute(
        "SELECT b.exchange, b.side, b.chunks FROM bodies AS b JOIN exchanges AS e ON e.id = b.exchange"
        " ORDER BY e.t_request_us, b.side"
    )
    for exchange, side, chunks in found:
        if (np.frombuffer(chunks, np.uint32) == chunk).any():
            return BodyHit(exchange, "response" if side else "request")
    return None
