"""What SQLite needs to answer a filter as Python does: texts of any language, patterns, and bodies."""

import re
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..filter.to_python import text_of
from . import bodies

MOST_REMEMBERED = 500_000
"""Answers about bodies, or about the rows of one question, kept in memory."""
MOST_ASKED = 16
"""Questions about long texts of which answers are kept."""
NOTHING: Mapping[int, tuple[int | None, int]] = {}


def register(connection: sqlite3.Connection) -> None:
    """Make the functions of `filter.to_sql` known to a connection."""

    def make(name: str, arguments: int, function: Callable[..., Any]) -> None:
        connection.create_function(name, arguments, function, deterministic=True)

    def body(chunks: bytes) -> str:
        return bodies.joined(connection, chunks).decode("utf-8", "replace")

    make("heron_lower", 1, lambda text: None if text is None else text_of(text).lower())
    make("heron_contains", 2, _contains)
    make("heron_matches", 2, _matches)
    make("heron_body", 1, body)
    kept = _Kept()
    connection.create_function("heron_known", 3, kept.known)
    connection.create_function("heron_learn", 4, kept.learn)
    make("heron_body_contains", 2, _remembered(_contains, body))
    make("heron_body_matches", 2, _remembered(_matches, body))


class _Kept:
    """What was found in long texts, by what was asked for and by row: good until the row is written again."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, dict[int, tuple[int | None, int]]] = OrderedDict()

    def known(self, asked: str, row: int, changed: int | None) -> int | None:
        at, answer = self._answers.get(asked, NOTHING).get(row, (-1, 0))
        return answer if at == changed else None

    def learn(self, asked: str, row: int, changed: int | None, answer: int | None) -> int | None:
        if answer is not None:
            rows = self._answers.setdefault(asked, {})
            rows[row] = changed, answer
            if len(rows) > MOST_REMEMBERED or len(self._answers) > MOST_ASKED:
                self._answers.popitem(last=False)
        return answer


def _contains(needle: str, text: Any) -> bool | None:
    return None if text is None else _lower(needle) in text_of(text).lower()


def _matches(pattern: str, text: Any) -> bool | None:
    return None if text is None else _search(pattern)(text_of(text)) is not None


@lru_cache(64)
def _lower(text: str) -> str:
    return text.lower()


@lru_cache(64)
def _search(pattern: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile(pattern).search


def _remembered(test: Callable[[str, Any], bool | None], body: Callable[[bytes], str]) -> Callable[[str, bytes], Any]:
    """A test of bodies that looks at each once. A body is named by its chunks: other content has others."""
    known: dict[tuple[str, bytes], bool | None] = {}

    def asked(wanted: str, chunks: bytes) -> bool | None:
        key = (wanted, chunks if len(chunks) <= 64 else _digest(chunks))
        if key not in known:
            if len(known) >= MOST_REMEMBERED:
                known.clear()
            known[key] = test(wanted, body(chunks))
        return known[key]

    return asked


def _digest(chunks: bytes) -> bytes:
    from xxhash import xxh3_128_digest

    return xxh3_128_digest(chunks)
