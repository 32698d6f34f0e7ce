"""Text to read: what a call said, what a tool was asked; goes on growing at its end while an answer streams."""

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size

from ..columns import sized
from ..document import Line, Part, lay_out
from ..find.joined import Joined
from ..find.query import Query
from .pane import Pane, marked


class TextPane(Pane):
    """Shows a document. Showing the same `key` again keeps the place, or stays at the end if it was there."""

    scopes: ClassVar[tuple[str, ...]] = ("search", "list")

    def __init__(self, *, title: str = "Text", empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = title
        self.note = ""
        self.empty = empty
        self._parts: Sequence[Part] = ()
        self._key: object = None
        self.pattern: re.Pattern[str] | None = None
        self._marked: dict[int, list[tuple[int, int]]] = {}
        self._at = -1
        self._lines: list[Line] = []
        self._laid_out_for: object = None

    def show(self, parts: Sequence[Part], *, key: object, title: str, note: str = "", at_end: bool = False) -> None:
        was_at_end = key == self._key and round(self.scroll_y) + self.page >= len(self._lines)
        again = key == self._key
        self._parts, self._key, self.title, self.note = parts, key, title, note
        self._laid_out_for = None
        self._measure()
        if not again:
            self._at = -1
            self.scroll_to(y=0, animate=False)
        elif was_at_end and at_end:
            self.scroll_to(y=len(self._lines), animate=False)
        self.refresh()

    @property
    def text(self) -> str:
        """The document's text, as it is copied."""
        return "\n\n".join(part.text for part in self._parts if part.text)

    def copy_text(self) -> str:
        return self.text

    def title_text(self) -> tuple[str, str]:
        return self.title, self.note

    def on_resize(self) -> None:
        self._measure()

    def _measure(self) -> None:
        width = max(self.scrollable_content_region.width - 2, 8)
        if width != self._laid_out_for:
            self._laid_out_for = width
            self._put(lay_out(self._parts, width))

    def _put(self, lines: list[Line]) -> None:
        """Show these lines; what was searched for is marked in them."""
        self._lines = lines
        self._marked = Joined(lines).find(self.pattern)[1] if self.pattern else {}
        self.virtual_size = Size(self.size.width, len(lines) + 1)

    def search(self, query: Query, by: int) -> None:
        if query.words is None:
            super().search(query, by)
            return
        self.pattern = query.words
        lines, self._marked = Joined(self._lines).find(query.words)
        if not lines:
            self.not_found(query)
            return
        self.heron.finding = None
        here = self.place
        ahead = [n for n in lines if (n - here) * by > 0] or lines
        self.show_line(ahead[0] if by > 0 else ahead[-1])

    @property
    def place(self) -> int:
        """The line from which a search goes on."""
        return self._at

    def show_line(self, line: int) -> None:
        """Bring a line into view, a third below the top."""
        self._at = line
        self.scroll_to(y=max(line - self.page // 3, 0), animate=False)
        self.refresh()

    def draw(self, y: int, width: int) -> list[Segment]:
        index = round(self.scroll_y) + y
        palette = self.palette
        if index >= len(self._lines):
            note = f"  {self.empty}" if not self._lines and y == 1 else ""
            return [Segment(sized(note, width), palette.muted)]
        line = self._lines[index]
        parts = self.draw_runs(index, line)
        if found := self._marked.get(index):
            parts = marked(parts, [(start + 1, end + 1) for start, end in found], palette.mark)
        if line.rule is not None:
            used = sum(len(text) for text, _ in line.runs) + 2
            note = f" {line.rule} " if line.rule else ""
            parts.append(Segment(" " + "─" * max(width - used - len(note) - 2, 2), palette.faint))
            parts.append(Segment(note, palette.muted))
        return parts

    def draw_runs(self, index: int, line: Line) -> list[Segment]:  # noqa: ARG002 - those with a cursor look at it
        """The text of a line, with the cell before it."""
        palette = self.palette
        return [Segment(" ", palette.base), *(Segment(text, palette.role(role)) for text, role in line.runs)]

    def _scroll(self, by: int) -> None:
        self.scroll_to(y=max(0, min(round(self.scroll_y) + by, len(self._lines) - self.page)), animate=False)

    def act_down(self, count: int | None = None) -> None:
        self._scroll(count or 1)

    def act_up(self, count: int | None = None) -> None:
        self._scroll(-(count or 1))

    def act_page_down(self, count: int | None = None) -> None:
        self._scroll(self.page * (count or 1))

    def act_page_up(self, count: int | None = None) -> None:
        self._scroll(-self.page * (count or 1))

    def act_half_down(self, count: int | None = None) -> None:
        self._scroll((self.page // 2 or 1) * (count or 1))

    def act_half_up(self, count: int | None = None) -> None:
        self._scroll(-(self.page // 2 or 1) * (count or 1))

    def act_top(self, count: int | None = None) -> None:
        self.scroll_to(y=(count or 1) - 1, animate=False)

    def act_bottom(self, count: int | None = None) -> None:
        self.scroll_to(y=len(self._lines) if count is None else count - 1, animate=False)
