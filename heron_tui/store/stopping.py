"""Stopping what SQLite is at, from any thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..core.errors import HeronError

STEPS = 2000
"""Steps of SQLite between two looks at whether to stop."""


class Stopped(HeronError):
    """The evaluation of a filter was stopped."""

    def __init__(self) -> None:
        super().__init__("the filter was stopped")


class Stop(Protocol):
    """Says whether to stop, from any thread (`threading.Event`)."""

    def is_set(self) -> bool: ...


@contextmanager
def stoppable(connection: sqlite3.Connection, stop: Stop | None) -> Iterator[None]:
    """What is asked of `connection` in the block raises Stopped soon after `stop` was set."""
    if stop is None:
        yield
        return
    connection.set_progress_handler(stop.is_set, STEPS)
    try:
        yield
    except sqlite3.OperationalError:
        if stop.is_set():
            raise Stopped from None
        raise
    finally:
        connection.set_progress_handler(None, 0)
