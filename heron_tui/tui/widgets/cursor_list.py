"""A list of any length with a cursor: motion through rows of which only those on screen are here."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.geometry import Region, Size
from textual.message import Message

from ..rows import FixedRows, RowSource
from .pane import Pane


class CursorList(Pane):
    """Rows with a cursor below a title line; how a row is drawn is up to those that inherit.

    Attributes:
        source: where its rows come from. cursor: the place of the selected one.
        following: the cursor stays on the newest row.
    """

    scopes: ClassVar[tuple[str, ...]] = ("list",)

    class Told(Message):
        """Something about the row at `index`."""

        def __init__(self, pane: "CursorList", index: int, row: Any) -> None:
            super().__init__()
            self.pane, self.index, self.row = pane, index, row

        @property
        def control(self) -> "CursorList":
            return self.pane

    class Moved(Told, namespace="row_list"):
        """The cursor is on another row, or its row has come or changed."""

    class Opened(Told, namespace="row_list"):
        """Enter or a double click on a row."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source: RowSource = FixedRows()
        self.cursor = 0
        self.following = False
        self._has_room = False
        self._count = 0
        self._announced: object = None
        self._window_start = 0
        self._window: Sequence[Any] = ()

    # what there is

    def show(self, source: RowSource, *, cursor: int = 0) -> None:
        """Show other rows."""
        self.source = source
        self.cursor = cursor
        self._announced = None
        self.scroll_to(y=0, animate=False)
        self.rows_changed()

    def rows_changed(self) -> None:
        """The source has more, fewer or other rows: look again, and stay on the newest when following."""
        count = self.source.count()
        if count != self._count:
            self._count = count
            self.virtual_size = Size(self.virtual_size.width, count + 1)
        if self.following and count:
            self.move(count - 1)
        else:
            self.move(min(self.cursor, max(count - 1, 0)), keep=True)
        self.refresh()

    def show_again(self, source: RowSource, cursor: int) -> None:
        """Show rows of which some have changed, without scrolling away."""
        self.source, self._window = source, ()
        self.cursor = cursor
        self.rows_changed()
        self.move(cursor)

    def refresh_rows(self) -> None:
        """Rows have come: draw them, and tell of the one under the cursor."""
        self.announce()
        self.refresh()

    @property
    def count(self) -> int:
        return self._count

    @property
    def row(self) -> Any:
        """The row under the cursor, None while it is not here (or there is none)."""
        rows = self.source.window(self.cursor, self.cursor + 1) if self.cursor < self._count else ()
        return rows[0] if rows else None

    def drawn_row(self, y: int) -> tuple[int, Any]:
        """The place and the row of line `y` below the title; None for a row that is not here (yet)."""
        index = round(self.scroll_y) + y
        if y == 0 or not self._window_start <= index < self._window_start + len(self._window):
            self._window_start, self._window = index, self.source.window(index, index + self.page + 1)
        place = index - self._window_start
        return index, self._window[place] if place < len(self._window) else None

    # motion

    def move(self, index: int, *, keep: bool = False) -> None:
        """Put the cursor on row `index`, and that row into view; with `keep`, leave the scroll position alone."""
        before, self.cursor = self.cursor, max(0, min(index, self._count - 1))
        top, page = round(self.scroll_y), self.page
        self.source.window(max(top - page, 0), top + 2 * page)
        if not keep:
            self._reveal(top, page)
        self.announce()
        if round(self.scroll_y) == top:  # else all of it is drawn
            for line in {before - top, self.cursor - top}.intersection(range(page)):
                self.refresh(Region(0, line + 1, self.size.width, 1))

    def _reveal(self, top: int, page: int) -> None:
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + page:
            self.scroll_to(y=self.cursor - page + 1, animate=False, immediate=True)

    def center(self, index: int, *, anew: bool = False) -> None:
        """Go to row `index`; if it is not visible (or `anew`), put it a third below the top."""
        top, page = round(self.scroll_y), self.page
        if anew or not top <= index < top + page:
            self.scroll_to(y=max(index - page // 3, 0), animate=False, immediate=True)
        self.move(index)

    def on_resize(self) -> None:
        """Keep the cursor in view when the room changes, or is there at last."""
        height = self.scrollable_content_region.height
        if self._count and height > 1:
            self.center(self.cursor, anew=not self._has_room)
        self._has_room = height > 1

    def announce(self) -> None:
        """Tell of the row under the cursor, unless that is known."""
        row = self.row
        if self._count and row is not None and (self.cursor, row) != self._announced:
            self._announced = (self.cursor, row)
            self.arrived(row)
            self.post_message(self.Moved(self, self.cursor, row))

    def arrived(self, row: Any) -> None:
        """The cursor has come to a row."""

    def step(self, by: int) -> None:
        if by < 0:
            self.stop_following()
        self.move(self.cursor + by)

    def stop_following(self) -> None:
        if self.following:
            self.heron.do("follow")

    def act_down(self, count: int | None = None) -> None:
        self.step(count or 1)

    def act_up(self, count: int | None = None) -> None:
        self.step(-(count or 1))

    def act_page_down(self, count: int | None = None) -> None:
        self.step(self.page * (count or 1))

    def act_page_up(self, count: int | None = None) -> None:
        self.step(-self.page * (count or 1))

    def act_half_down(self, count: int | None = None) -> None:
        self.step(max(self.page // 2, 1) * (count or 1))

    def act_half_up(self, count: int | None = None) -> None:
        self.step(-max(self.page // 2, 1) * (count or 1))

    def act_top(self, count: int | None = None) -> None:
        self.stop_following()
        self.move((count or 1) - 1)

    def act_bottom(self, count: int | None = None) -> None:
        self.move(self._count - 1 if count is None else count - 1)

    def act_open(self) -> None:
        if self.row is not None:
            self.post_message(self.Opened(self, self.cursor, self.row))

    def on_click(self, event: events.Click) -> None:
        if event.y == 0:
            self.click_title(event.x)
            return
        index = round(self.scroll_y) + event.y - 1
        if event.y >= 1 and index < self._count:
            self.move(index)
            if self.clicked_twice(event, index):
                self.act_open()

    def click_title(self, x: int) -> None:
        """A click on the title line."""
