"""Tables that can go back in time: each call leaves a trail of what it entered, so that it can be taken out again."""

from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Trail = list[tuple["Table[Any, Any]", Any, Any]]
"""What one call entered, in order: table, key, value."""


class Table(Generic[K, V]):
    """Lists by key, in the order in which things were entered."""

    def __init__(self) -> None:
        self._rows: dict[K, list[V]] = {}

    def __getitem__(self, key: K) -> Sequence[V]:
        """All that was entered under `key`, the oldest first."""
        return self._rows.get(key, ())

    def __len__(self) -> int:
        return len(self._rows)

    def last(self, key: K) -> V | None:
        rows = self._rows.get(key)
        return rows[-1] if rows else None

    def first(self, key: K) -> V | None:
        rows = self._rows.get(key)
        return rows[0] if rows else None

    def enter(self, trail: Trail, key: K, value: V) -> None:
        self._rows.setdefault(key, []).append(value)
        trail.append((self, key, value))

    def take_out(self, key: K, value: V) -> None:
        """Undo one `enter`. Of equal values the last one goes."""
        rows = self._rows[key]
        place = len(rows) - 1
        while rows[place] is not value:
            place -= 1
        del rows[place]
        if not rows:
            del self._rows[key]


def undo(trail: Trail) -> None:
    """Take out all that a trail names, the last first."""
    while trail:
        table, key, value = trail.pop()
        table.take_out(key, value)
