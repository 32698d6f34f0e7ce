"""The bytes of a packet, as captured: offset, hexadecimal, text; the selected field is marked."""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message

from ..columns import sized
from ..find.query import Query
from .pane import Pane

Range = tuple[int, int]
TEXT = bytes(byte if 32 <= byte < 127 else ord(".") for byte in range(256)).decode("ascii")


class BytesPane(Pane):
    """Bytes with a cursor. `show` gives it bytes; `mark` highlights some and brings them into view."""

    scopes: ClassVar[tuple[str, ...]] = ("columns", "search", "list", "packets", "along")

    class Moved(Message):
        """The cursor stands on the byte at `offset`."""

        def __init__(self, pane: "BytesPane", offset: int) -> None:
            super().__init__()
            self.pane, self.offset = pane, offset

        @property
        def control(self) -> "BytesPane":
            return self.pane

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.data = b""
        self.title = "Bytes"
        self.note = ""
        self.cursor = 0
        self._marks: Sequence[Range] = ()
        self._secrets: Sequence[Range] = ()

    def show(self, data: bytes, *, title: str, note: str = "", secrets: Sequence[Range] = ()) -> None:
        self.data, self.title, self.note = data, title, note
        self._marks, self._secrets, self.cursor = (), secrets, 0
        self._measure()
        self.scroll_to(y=0, animate=False)
        self.refresh()

    def mark(self, ranges: Sequence[Range]) -> None:
        """Highlight ranges of bytes; the first one is brought into view."""
        self._marks = [(start, end) for start, end in ranges if end > start]
        if self._marks:
            self.cursor = self._marks[0][0]
            self._reveal_mark()
        self.refresh()

    @property
    def marks(self) -> Sequence[Range]:
        return self._marks

    @property
    def width(self) -> int:
        """Bytes on a line: 16 where they fit, else 8, else 4."""
        cells = self.scrollable_content_region.width
        return next((n for n in (32, 16, 8) if cells >= _cells(n)), 4)

    def title_text(self) -> tuple[str, str]:
        return self.title, self.note

    def copy_text(self) -> str:
        """The marked bytes, else all of them, as hexadecimal; secrets are left out while they are masked."""
        shown = bytearray(self.data)
        for start, end in () if self.heron.unmasked else self._secrets:
            shown[start:end] = b"*" * (end - start)
        start, end = self._marks[0] if self._marks else (0, len(shown))
        return shown[start:end].hex(" ")

    def on_resize(self) -> None:
        self._measure()
        if self._marks:
            self._reveal_mark()
        else:
            self._reveal(self.cursor)

    def _measure(self) -> None:
        lines = -(-len(self.data) // self.width)
        self.virtual_size = Size(self.size.width, lines + 1)

    def _reveal_mark(self) -> None:
        """Bring the mark into view: all of it where that is possible, else its beginning, with a line above it."""
        first, last = (offset // self.width for offset in (self._marks[0][0], self._marks[0][1] - 1))
        top = round(self.scroll_y)
        if first < top or last >= top + self.page:
            self.scroll_to(y=max(first - 1, 0), animate=False)

    def _reveal(self, offset: int) -> None:
        line, top = offset // self.width, round(self.scroll_y)
        if line < top:
            self.scroll_to(y=line, animate=False)
        elif line >= top + self.page:
            self.scroll_to(y=line - self.page + 1, animate=False)

    def draw(self, y: int, width: int) -> list[Segment]:
        per = self.width
        start = (round(self.scroll_y) + y) * per
        row = self.data[start : start + per]
        palette = self.palette
        if not row:
            return [Segment(sized(f"  {self._why(y, width)}", width), palette.muted)]
        parts = [Segment(f" {start:04x}  ", palette.faint)]
        text: list[Segment] = []
        for place in range(per):
            gap = " " if place + 1 < per and (place + 1) % 8 == 0 else ""
            if place >= len(row):
                parts.append(Segment("   " + gap, palette.base))
                continue
            style, hidden = self._style(start + place)
            shown, letter = ("··", "•") if hidden else (f"{row[place]:02x}", TEXT[row[place]])
            joined = self._style(start + place + 1)[0] == style and place + 1 < len(row)
            parts += [
                Segment(shown, style),
                Segment(" " + gap, style if joined and self._marked(start + place) else palette.base),
            ]
            text.append(Segment(letter, style))
        return [*parts, Segment(" ", palette.base), *text]

    def _why(self, y: int, width: int) -> str:
        """A line of why there is nothing to see."""
        lines = wrap(self.note or "no bytes", max(width - 4, 8)) if not self.data else []
        return lines[y - 1] if 1 <= y <= len(lines) else ""

    def _marked(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self._marks)

    def _style(self, offset: int) -> tuple[Style, bool]:
        palette = self.palette
        hidden = not self.heron.unmasked and any(start <= offset < end for start, end in self._secrets)
        if offset == self.cursor and self.has_focus:
            return palette.cursor, hidden
        if self._marked(offset):
            return palette.mark, hidden
        if hidden or self.data[offset : offset + 1] in (b"\x00", b""):
            return palette.faint, hidden
        return palette.base, hidden

    def search(self, query: Query, by: int) -> None:
        shown = bytearray(self.data)
        for start, end in () if self.heron.unmasked else self._secrets:
            shown[start:end] = bytes(end - start)
        places = [found.span() for found in query.raw.finditer(shown) if found.end() > found.start()]
        ahead = [place for place in places if (place[0] - self.cursor) * by > 0]
        if not places:
            self.not_found(query)
            return
        self.heron.finding = None
        order = ahead or places
        self.mark([order[0] if by > 0 else order[-1]])

    # motion

    def _go(self, offset: int) -> None:
        self.cursor = max(0, min(offset, len(self.data) - 1))
        self._reveal(self.cursor)
        self.refresh()
        if self.data:
            self.post_message(self.Moved(self, self.cursor))

    def act_down(self, count: int | None = None) -> None:
        self._go(self.cursor + self.width * (count or 1))

    def act_up(self, count: int | None = None) -> None:
        self._go(self.cursor - self.width * (count or 1))

    def act_right(self, count: int | None = None) -> None:
        self._go(self.cursor + (count or 1))

    def act_left(self, count: int | None = None) -> None:
        self._go(self.cursor - (count or 1))

    def act_page_down(self, count: int | None = None) -> None:
        self._go(self.cursor + self.width * self.page * (count or 1))

    def act_page_up(self, count: int | None = None) -> None:
        self._go(self.cursor - self.width * self.page * (count or 1))

    def act_half_down(self, count: int | None = None) -> None:
        self._go(self.cursor + self.width * (self.page // 2 or 1) * (count or 1))

    def act_half_up(self, count: int | None = None) -> None:
        self._go(self.cursor - self.width * (self.page // 2 or 1) * (count or 1))

    def act_top(self, count: int | None = None) -> None:
        self._go(((count or 1) - 1) * self.width)

    def act_bottom(self, count: int | None = None) -> None:
        self._go(len(self.data) - 1 if count is None else (count - 1) * self.width)

    def on_click(self, event: events.Click) -> None:
        per = self.width
        column = event.x - 7
        place = (column - column // 25) // 3
        if column >= per * 3 + (per - 1) // 8:  # in the text
            place = column - per * 3 - (per - 1) // 8 - 1
        if event.y >= 1 and 0 <= place < per:
            self._go((round(self.scroll_y) + event.y - 1) * per + place)


def _cells(per: int) -> int:
    return 7 + per * 3 + (per - 1) // 8 + 1 + per
