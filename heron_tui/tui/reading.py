"""Reads the store off the interface's loop: one thread with a `Reader` of its own, asked with questions.

A question carries a key; a newer one with the same key replaces one that still waits, so a held-down key never builds
a queue. Answers come back on the loop.
"""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Closeable(Protocol):
    def close(self) -> None: ...


R = TypeVar("R", bound=Closeable)
Question = tuple[Callable[[Any], Any], Callable[[Any], None], bool]
"""What is asked, who is told, and whether a reader is needed for it."""


class Reading:
    """A thread that owns a reader and answers questions to it, newest of each kind only.

    Args:
        open_reader: makes the reader; called in the thread.
        deliver: takes a callback and its argument from any thread, and runs it on the loop (`App.call_later`).
        failed: told, on the loop, of an error that a question raised.
    """

    def __init__(
        self,
        open_reader: Callable[[], Closeable],
        deliver: Callable[..., object],
        failed: Callable[[Exception], None],
    ) -> None:
        self._open = open_reader
        self._failed = failed
        self._hand_over = deliver
        self._questions: OrderedDict[Hashable, Question] = OrderedDict()
        self._wake = threading.Condition()
        self._under_way = 0
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="heron-store", daemon=True)
        self._thread.start()

    @property
    def idle(self) -> bool:
        """Nothing waits, and every answer has been delivered."""
        with self._wake:
            return not self._questions and self._under_way == 0

    def ask(self, key: Hashable, question: Callable[[Any], T], answer: Callable[[T], None]) -> None:
        """Run ``question(reader)`` in the thread, then ``answer(result)`` on the loop."""
        self._put(key, (question, answer, True))

    def look(self, key: Hashable, question: Callable[[], T], answer: Callable[[T], None]) -> None:
        """Run ``question()`` in the thread, also where there is no store, then ``answer(result)`` on the loop."""
        self._put(key, (lambda _: question(), answer, False))

    def _put(self, key: Hashable, question: Question) -> None:
        with self._wake:
            self._questions.pop(key, None)
            self._questions[key] = question
            self._wake.notify()

    def close(self) -> None:
        """End the thread after the question under way; what waits is dropped."""
        with self._wake:
            self._closed = True
            self._questions.clear()
            self._wake.notify()
        self._thread.join(timeout=2)

    def _work(self) -> None:
        reader: Closeable | None = None
        while (question := self._next()) is not None:
            asked, answer, needs_reader = question
            try:
                if needs_reader:
                    reader = reader or self._open()
                result = asked(reader)
            except Exception as error:  # noqa: BLE001 - whatever a store can raise is said on screen
                self._post(self._failed, error)
            else:
                self._post(answer, result)
        if reader is not None:
            reader.close()

    def _next(self) -> Question | None:
        with self._wake:
            self._wake.wait_for(lambda: self._closed or self._questions)
            if self._closed:
                return None
            self._under_way += 1
            return self._questions.popitem(last=False)[1]

    def _post(self, target: Callable[[Any], None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the answer
            self._hand_over(self._deliver, target, value)

    def _deliver(self, target: Callable[[Any], None], value: object) -> None:
        with self._wake:
            self._under_way -= 1
        if not self._closed:
            target(value)
