"""Questions to the store, answered in threads: SQLite blocks, and the loop may not."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from starlette.requests import Request

from ..core.errors import SourceError
from ..store.reader import Reader
from ..store.stopping import Stop
from .problems import Left, TooSlow

T = TypeVar("T")
Question = Callable[[Reader, Stop], T]
LONGEST_S = 30.0
"""Seconds after which a question is stopped."""


class Readers:
    """Threads with a reader each, which open the store when they are first asked.

    Args:
        store: the store's path.
        threads: how many questions are answered at once; others wait.
    """

    def __init__(self, store: Path, threads: int) -> None:
        self._store = store
        self._asked: queue.SimpleQueue[tuple[Question[Any], threading.Event, Future[Any]] | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, name="heron-reader", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    async def ask(self, question: Question[T], request: Request | None = None, within_s: float = LONGEST_S) -> T:
        """The answer to a question. It is stopped when the client of `request` leaves.

        Raises:
            Left: the client left. TooSlow: it took longer than `within_s`.
            HeronError: what the question raises.
        """
        stop = threading.Event()
        future: Future[T] = Future()
        self._asked.put((question, stop, future))
        answer = asyncio.wrap_future(future)
        leaving = asyncio.ensure_future(_left(request)) if request else None
        try:
            waited: list[asyncio.Future[Any]] = [answer, leaving] if leaving else [answer]
            await asyncio.wait(waited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise Left if leaving and leaving.done() else TooSlow(within_s)
        finally:
            stop.set()
            answer.cancel()
            if leaving:
                leaving.cancel()

    def close(self) -> None:
        """Let the threads end; what they are at is stopped by those who asked."""
        for _ in self._threads:
            self._asked.put(None)
        for thread in self._threads:
            thread.join(2.0)

    def _work(self) -> None:
        reader: Reader | None = None
        while (asked := self._asked.get()) is not None:
            question, stop, future = asked
            if stop.is_set() or not future.set_running_or_notify_cancel():
                continue
            try:
                reader = reader or Reader(self._store)
                with reader.stoppable(stop):
                    future.set_result(question(reader, stop))
            except sqlite3.Error as error:
                future.set_exception(SourceError(f"{self._store} cannot be read: {error}"))
            except BaseException as error:  # noqa: BLE001 - it is the asker's
                future.set_exception(error)
        if reader is not None:
            reader.close()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
