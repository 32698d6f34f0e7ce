"""What SQLite needs to answer a filter as Python does: texts of any language, patterns, and bodies."""

import re
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..filter.to_python import text_of
from . import bodies

MOST_REMEMBERED = 500_000
"""Answers about bodies kept in memory."""


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
    make("heron_body_contains", 2, _remembered(_contains, body))
    make("heron_body_matches", 2, _remembered(_matches, body))


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
