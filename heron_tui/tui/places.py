"""Where one was before: enter goes on and remembers, back returns."""

from collections.abc import Callable

from msgspec import Struct

from .widgets.pane import Pane

DEEPEST = 100


class Place(Struct, frozen=True):
    """A pane of a view; `leaving` undoes what going on had changed."""

    view: str
    pane: Pane
    leaving: Callable[[], object] | None = None


class Places:
    """The way back."""

    def __init__(self) -> None:
        self._places: list[Place] = []

    def __bool__(self) -> bool:
        return bool(self._places)

    def push(self, place: Place) -> None:
        self._places.append(place)
        del self._places[:-DEEPEST]

    def pop(self) -> Place | None:
        return self._places.pop() if self._places else None

    def clear(self) -> None:
        self._places.clear()
