"""Which rows of the store a list shows, and in which order: sorted, only marked ones, without ignored ones."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ..store.reader import Kind, Reader
from ..store.where import Where
from . import questions
from .reading import Reading
from .rows import PagedRows, Row

if TYPE_CHECKING:
    from ..model.packet import Ints


class Choice(Struct, frozen=True):
    """Rows of one kind. All of them in their own order, unless something is said.

    Attributes:
        order: the field to sort by, with ``-`` before it for descending order.
        only: ids (numbers of packets) to show, None for all.
        without: ids that are left out.
        where: a condition on records. numbers: asks the reader for the numbers of the packets to show.
    """

    order: str | None = None
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    where: Where | None = None
    numbers: "Callable[[Reader], Ints] | None" = None

    def condition(self, kind: Kind) -> Where | None:
        """What of it is a condition on records."""
        parts = [self.where] if self.where else []
        if self.only is not None:
            parts.append(_among(kind, self.only))
        if self.without:
            parts.append(_among(kind, self.without, "NOT IN"))
        sql = " AND ".join(f"({part.sql})" for part in parts)
        return Where(sql, tuple(value for part in parts for value in part.params)) if parts else None


def _among(kind: str, ids: frozenset[str], how: str = "IN") -> Where:
    return Where(f"{kind}.id {how} (SELECT value FROM json_each(?))", (json.dumps(sorted(ids)),))


ALL = Choice()


class Found(Struct, frozen=True):
    """What a choice comes to: how many rows, the packets' numbers in order (None: all), the place of the row asked
    for."""

    count: int
    numbers: "Ints | None" = None
    place: int | None = None


class ChosenRows(PagedRows):
    """Rows of one kind by choice.

    Args:
        kind: of the records; `packet` for packets.
        told: called on the loop when another choice is there, with the place of the row that had been asked for, or of
            the nearest.

    Attributes:
        choice: what is shown; wanted: what shall be shown as soon as it is known.
    """

    def __init__(
        self,
        reading: Reading,
        kind: str,
        arrived: Callable[[], None],
        told: Callable[[int | None], None],
    ) -> None:
        super().__init__(reading, kind, self._rows, arrived)
        self.kind = kind
        self.choice = self.wanted = ALL
        self._told = told
        self._found = Found(0)

    def choose(self, choice: Choice, *, stay: str | None = None) -> None:
        """Show other rows; the old ones stay until the new ones are known. `stay` is the id to look for in them."""
        self.wanted = choice
        self._reading.ask(
            (self.kind, "choice"),
            lambda reader: find(reader, self.kind, choice, stay),
            lambda found: self._chosen(choice, found),
        )

    def _chosen(self, choice: Choice, found: Found) -> None:
        self.choice, self._found = choice, found
        self.restart(found.count)
        self._told(found.place)

    def store_changed(self, count: int) -> None:
        """The store holds `count` rows of the kind now."""
        if self.wanted != self.choice:
            self.choose(self.wanted)  # the store was not there, or has grown meanwhile
            return
        if self.choice == ALL:
            self.changed(count, all_pages=self.kind != "packet")
            return
        choice = self.choice
        self._reading.ask(
            (self.kind, "choice"),
            lambda reader: find(reader, self.kind, choice, None),
            lambda found: self._found_again(choice, found),
        )

    def _found_again(self, choice: Choice, found: Found) -> None:
        if choice == self.choice:
            self._found = found
            self.changed(found.count, all_pages=True)
            self._told(None)

    def _rows(self, reader: Reader, start: int, stop: int) -> Sequence[Row]:
        choice, numbers = self.choice, self._found.numbers
        if self.kind != "packet":
            where = choice.condition(self.kind)  # type: ignore[arg-type]
            return reader.rows(self.kind, start, stop, where=where, order=choice.order, lean=True)  # type: ignore[arg-type]
        if numbers is None:
            return questions.packets(reader, start, stop)
        return questions.packets_numbered(reader, numbers, start, stop)

    def shown_numbers(self, reader: Reader) -> list[int]:
        """Numbers of the packets shown, in their order. Called in the reading thread."""
        numbers = self._found.numbers
        found: list[int] = (reader.packet_order("number") if numbers is None else numbers).tolist()
        return found

    def place(self, id: str, found: Callable[[int | None], None]) -> None:
        """Tell `found` at which place the row `id` is, None if it is not among those chosen."""
        choice, numbers, kind = self.choice, self._found.numbers, self.kind
        self._reading.ask(
            (kind, "place"),
            lambda reader: _place(reader, kind, choice, numbers, id),
            found,
        )

    def places(self, ids: Sequence[str], found: Callable[[list[int]], None]) -> None:
        """Tell `found` the places of these rows, in rising order; those that are not shown are left out."""
        choice, numbers, kind = self.choice, self._found.numbers, self.kind

        def look(reader: Reader) -> list[int]:
            places = (_place(reader, kind, choice, numbers, id) for id in ids)
            return sorted(place for place in places if place is not None)

        self._reading.ask((kind, "places"), look, found)


def find(reader: Reader, kind: str, choice: Choice, stay: str | None) -> Found:
    """What a choice comes to."""
    if kind != "packet":
        count = reader.count(kind, choice.condition(kind))  # type: ignore[arg-type]
        place = reader.nearest(kind, stay, where=choice.condition(kind), order=choice.order) if stay else None  # type: ignore[arg-type]
        return Found(count, place=place)
    numbers = _packet_numbers(reader, choice)
    count = reader.packet_count() if numbers is None else len(numbers)
    return Found(count, numbers, _nearest(reader, choice, numbers, int(stay)) if stay else None)


def _packet_numbers(reader: Reader, choice: Choice) -> "Ints | None":
    """Numbers of the packets in the order in which they are shown; None for all packets as they are."""
    import numpy as np

    numbers = choice.numbers(reader) if choice.numbers else None
    if choice.only is not None:
        only = np.array(sorted(map(int, choice.only)), np.int64)
        numbers = only if numbers is None else np.intersect1d(numbers, only)
    if choice.without:
        all_numbers = reader.packet_order("number") if numbers is None else numbers
        numbers = np.setdiff1d(all_numbers, np.array(sorted(map(int, choice.without)), np.int64))
    if choice.order is None:
        return numbers
    return reader.packet_order(choice.order.removeprefix("-"), down=choice.order.startswith("-"), numbers=numbers)


def _place(reader: Reader, kind: str, choice: Choice, numbers: "Ints | None", id: str) -> int | None:
    import numpy as np

    if kind != "packet":
        return reader.position(kind, id, where=choice.condition(kind), order=choice.order)  # type: ignore[arg-type]
    if numbers is None:
        return reader.packet_position(int(id))
    found = np.flatnonzero(numbers == int(id))
    return int(found[0]) if len(found) else None


def _nearest(reader: Reader, choice: Choice, numbers: "Ints | None", number: int) -> int | None:
    """The place of a packet, or of the nearest by number that is shown."""
    import numpy as np

    if numbers is None or not len(numbers) or choice.order is not None:
        return _place(reader, "packet", choice, numbers, str(number))
    place = min(int(np.searchsorted(numbers, number)), len(numbers) - 1)
    return place - 1 if place and number - numbers[place - 1] < abs(int(numbers[place]) - number) else place


def sort_key(field: str) -> Callable[[Any], Any]:
    """What rows that are all in memory are sorted by."""
    return lambda row: row.get(field) if hasattr(row, "get") else getattr(row, field, None)
