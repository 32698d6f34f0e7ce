"""Where lists get their rows: how many there are, and those that are visible."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from .reading import Reading

Row = Any
PAGE = 256
KEPT_PAGES = 24


class RowSource(Protocol):
    """A list's rows by place. A row that is not here yet is None; the list is told when it has come."""

    def count(self) -> int: ...

    def window(self, start: int, stop: int) -> Sequence[Row | None]: ...


class FixedRows:
    """Rows that are all in memory; `order` puts them in another order, `keep` leaves some out."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._given = self._shown = rows
        self._order: Callable[[Row], Any] | None = None
        self._down = False
        self._keep: Callable[[Row], bool] | None = None

    @property
    def rows(self) -> Sequence[Row]:
        return self._shown

    @rows.setter
    def rows(self, rows: Sequence[Row]) -> None:
        self._given = rows
        kept = [row for row in rows if self._keep(row)] if self._keep else rows
        if self._order:
            there = [row for row in kept if self._order(row) is not None]
            missing = [row for row in kept if self._order(row) is None]
            kept = [*sorted(there, key=self._order, reverse=self._down), *missing]
        self._shown = kept

    def arrange(
        self, order: Callable[[Row], Any] | None, *, down: bool = False, keep: Callable[[Row], bool] | None = None
    ) -> None:
        """Show the rows by what `order` makes of them (those without a value last), and only those to keep."""
        self._order, self._down, self._keep = order, down, keep
        self.rows = self._given

    def count(self) -> int:
        return len(self._shown)

    def window(self, start: int, stop: int) -> Sequence[Row | None]:
        return self._shown[start:stop]


class PagedRows:
    """Rows of the store in pages, read by a `Reading` and kept for a while.

    A page that may have changed (`changed`) goes on being shown until the new one is there.

    Args:
        load: ``load(reader, start, stop)``, called in the reading thread.
        arrived: called on the loop when rows have come.
    """

    def __init__(
        self,
        reading: Reading,
        key: Hashable,
        load: Callable[[Any, int, int], Sequence[Row]],
        arrived: Callable[[], None],
    ) -> None:
        self._reading = reading
        self._key = key
        self._load = load
        self._arrived = arrived
        self._count = 0
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()
        self._fresh: set[int] = set()
        self._asked: set[int] = set()
        self._generation = 0

    def count(self) -> int:
        return self._count

    def read(self, reader: Any, start: int, stop: int) -> Sequence[Row]:
        """Rows by place, in the reading thread; they are not kept."""
        return self._load(reader, start, min(stop, self._count))

    def restart(self, count: int) -> None:
        """These are other rows now: answers to what was asked of the former ones are not taken."""
        self._generation += 1
        self._pages.clear()
        self.changed(count, all_pages=True)

    def changed(self, count: int, *, all_pages: bool = False) -> None:
        """There are `count` rows now. Pages that were not full are read again; with `all_pages`, every page."""
        if all_pages:
            self._fresh.clear()
        else:
            self._fresh -= {page for page, rows in self._pages.items() if len(rows) < PAGE}
        self._asked.clear()
        self._count = count
        for page in [page for page in self._pages if page * PAGE >= count]:
            del self._pages[page]

    def window(self, start: int, stop: int) -> Sequence[Row | None]:
        stop = min(stop, self._count)
        rows: list[Row | None] = []
        for page in range(start // PAGE, (max(stop, start + 1) - 1) // PAGE + 1):
            base = page * PAGE
            kept = self._page(page)
            first, last = max(start - base, 0), min(stop - base, PAGE)
            part = list(kept[first:last])
            rows += part + [None] * (last - first - len(part))
        return rows

    def _page(self, page: int) -> Sequence[Row]:
        if page not in self._fresh and page not in self._asked and page * PAGE < self._count:
            self._asked.add(page)
            start, stop, generation = page * PAGE, min((page + 1) * PAGE, self._count), self._generation
            self._reading.ask(
                (self._key, page),
                lambda reader: self._load(reader, start, stop),
                lambda rows: self._came(page, rows, generation),
            )
        return self._pages.get(page, ())

    def _came(self, page: int, rows: Sequence[Row], generation: int) -> None:
        if generation != self._generation:
            return
        self._asked.discard(page)
        self._fresh.add(page)
        self._pages[page] = rows
        self._pages.move_to_end(page)
        while len(self._pages) > KEPT_PAGES:
            dropped, _ = self._pages.popitem(last=False)
            self._fresh.discard(dropped)
        self._arrived()
