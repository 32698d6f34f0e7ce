"""Text with a cursor: enter leads from the figure or the text under it to the bytes that carried it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events

from ..document import Line, Part
from ..evidence.claims import Claim
from .text_pane import TextPane


class ClaimsPane(TextPane):
    """A text pane whose lines claim something that was on the wire.

    Attributes:
        cursor: a line; `chosen` is which of the claims on it is meant.
    """

    scopes: ClassVar[tuple[str, ...]] = ("columns", "search", "list")

    def __init__(self, *, title: str = "Text", empty: str = "", id: str | None = None) -> None:
        super().__init__(title=title, empty=empty, id=id)
        self.cursor = 0
        self.chosen = 0

    def show(self, parts: Sequence[Part], *, key: object, title: str, note: str = "", at_end: bool = False) -> None:
        if key != self._key:
            self.cursor = self.chosen = 0
        super().show(parts, key=key, title=title, note=note, at_end=at_end)

    def draw_runs(self, index: int, line: Line) -> list[Segment]:
        palette = self.palette
        here = self.has_focus and index == self.cursor
        meant = line.claims[min(self.chosen, len(line.claims) - 1)][0] if here and line.claims else -1
        parts = [Segment("▌" if here else " ", palette.accent if here else palette.base)]
        for place, (text, role) in enumerate(line.runs):
            parts.append(Segment(text, palette.cursor if place == meant else palette.role(role)))
        return parts

    def _go(self, by: int) -> None:
        """Move the cursor, from where one reads if that is elsewhere."""
        top = round(self.scroll_y)
        at = self.cursor if top <= self.cursor < top + self.page else top if by > 0 else top + self.page - 1
        self._to(at + by)

    def _to(self, line: int) -> None:
        """Put the cursor on a line, and that into view."""
        self.cursor = max(0, min(line, len(self._lines) - 1))
        top = round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + self.page:
            self.scroll_to(y=self.cursor - self.page + 1, animate=False)
        self.refresh()

    def _scroll(self, by: int) -> None:
        super()._scroll(by)
        self._go(by)

    @property
    def place(self) -> int:
        return self.cursor if self.pattern is not None and self.cursor else self.cursor - 1

    def show_line(self, line: int) -> None:
        super().show_line(line)
        self.cursor, self.chosen = line, 0

    def act_down(self, count: int | None = None) -> None:
        self._go(count or 1)

    def act_up(self, count: int | None = None) -> None:
        self._go(-(count or 1))

    def act_top(self, count: int | None = None) -> None:
        self._to((count or 1) - 1)

    def act_bottom(self, count: int | None = None) -> None:
        self._to(len(self._lines) - 1 if count is None else count - 1)

    def act_right(self, count: int | None = None) -> None:
        self._choose(count or 1)

    def act_left(self, count: int | None = None) -> None:
        self._choose(-(count or 1))

    def _choose(self, by: int) -> None:
        claims = self._lines[self.cursor].claims if self.cursor < len(self._lines) else ()
        self.chosen = max(0, min(self.chosen + by, len(claims) - 1))
        self.refresh()

    @property
    def claim(self) -> Claim | None:
        """What stands under the cursor, if bytes say it."""
        claims = self._lines[self.cursor].claims if self.cursor < len(self._lines) else ()
        return claims[min(self.chosen, len(claims) - 1)][1] if claims else None

    def act_open(self) -> None:
        if self.claim:
            self.heron.show_claim(self.claim, from_pane=self)
        else:
            self.heron.say("no bytes say this: it was worked out from others", "muted")

    def on_click(self, event: events.Click) -> None:
        line = round(self.scroll_y) + event.y - 1
        if event.y >= 1 and line < len(self._lines):
            self.cursor = line
            end, claims = 1, self._lines[line].claims
            for place, (text, _) in enumerate(self._lines[line].runs):
                end += cell_len(text)
                if event.x < end:
                    self.chosen = sum(run < place for run, _ in claims)
                    break
            self.refresh()
            if self.clicked_twice(event, line):
                self.act_open()
