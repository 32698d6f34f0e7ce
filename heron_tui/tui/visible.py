"""What is asked of the store about the rows that are drawn, and of no others."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..store.notes import Key
from ..store.reader import Reader

if TYPE_CHECKING:
    from .app import HeronApp

T = TypeVar("T")
KEPT = 4096
AT_ONCE = 256


class Visible(Generic[T]):
    """Answers about rows by their keys. A row is asked about when it is drawn; it is drawn again with the answer.

    Answers go on being shown when the store has grown, until the new ones are there. One question is under way at a
    time, so that the list can be scrolled as fast as one likes.

    Args:
        name: sets its questions apart from others.
        question: answers rows of one kind by id, in the reading thread.
        arrived: called on the loop when answers that differ have come.
    """

    def __init__(
        self,
        app: "HeronApp",
        name: str,
        question: Callable[[Reader, str, Mapping[str, Any]], Mapping[str, T]],
        arrived: Callable[[], None],
    ) -> None:
        self._app, self._name, self._question, self._arrived = app, name, question, arrived
        self._known: dict[Key, tuple[int, T | None]] = {}
        self._wanted: dict[Key, Any] = {}
        self._generation = 0
        self._asking = False

    def get(self, key: Key, row: Any) -> T | None:
        """The answer about a row as far as it is known; None for none."""
        generation, answer = self._known.get(key, (-1, None))
        if generation != self._generation:
            if not self._wanted and not self._asking:
                self._app.call_later(self._ask)
            self._wanted[key] = row
        return answer

    def grown(self) -> None:
        """The store has something new."""
        self._generation += 1

    def forget(self) -> None:
        """Other questions are asked now."""
        self._generation += 1
        self._known.clear()

    def _ask(self) -> None:
        if self._asking or not self._wanted:
            return
        self._asking = True
        wanted, self._wanted = dict(list(self._wanted.items())[-AT_ONCE:]), {}
        generation = self._generation

        def ask(reader: Reader) -> dict[Key, T]:
            found: dict[Key, T] = {}
            for kind in {kind for kind, _ in wanted}:
                rows = {id: row for (of, id), row in wanted.items() if of == kind}
                found.update({(kind, id): answer for id, answer in self._question(reader, kind, rows).items()})
            return found

        self._app.reading.ask(("visible", self._name), ask, lambda found: self._came(generation, list(wanted), found))

    def _came(self, generation: int, keys: list[Key], found: Mapping[Key, T]) -> None:
        self._asking = False
        changed = False
        for key in keys:
            before = self._known.pop(key, (-1, None))[1]
            answer = found.get(key)
            changed = changed or before != answer
            self._known[key] = generation, answer
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        if changed or generation != self._generation:
            self._arrived()
        self._ask()
