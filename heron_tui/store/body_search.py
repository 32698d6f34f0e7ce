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


@dataclass(frozen=True, slots=True)
class AnswerHit:
    """A call whose answer, put together from its events, holds what was looked for; `exchange` carried it."""

    call: str
    exchange: str


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """How far a search in answers came: `at` is a place among calls; `done` when there is none behind it."""

    at: int
    done: bool
    hit: AnswerHit | None = None


ANSWERS = 2000
"""Calls that one step looks through."""
SAID = "coalesce(text, '') || char(10) || coalesce(thinking, '') || char(10) || coalesce(tool_calls, '')"


def answers(connection: sqlite3.Connection, pattern: re.Pattern[str], after: int) -> AnswerStep:
    """Look through what calls answered (text, thinking, arguments of tools) behind place `after`, up to the first hit.

    An event of a stream brings a few letters; here stands what they make up.
    """
    found = connection.execute(
        f"SELECT rowid, id, exchange, {SAID} FROM calls WHERE rowid > ? ORDER BY rowid LIMIT {ANSWERS}", (after,)
    )
    left = ANSWERS
    for rowid, call, exchange, said in found:
        after, left = rowid, left - 1
        if pattern.search(said):
            return AnswerStep(after, done=False, hit=AnswerHit(call, exchange or ""))
    return AnswerStep(after, done=left > 0)
