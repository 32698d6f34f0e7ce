"""A pane for text of any length: what is near the screen is read, what is on it is wrapped and drawn."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from itertools import accumulate, chain, islice, pairwise
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message

from ..columns import sized
from ..find.passages import first_match
from ..find.query import Query
from ..long.passages import Paragraph, Passage, Section
from ..long.walk import LAST, Position, Walk
from ..units import clean, percent
from .pane import Pane, plain

KEPT_BYTES = 24 << 20
KEPT_SECTIONS = 400
MARKS = {0: ">", 1: "<", -1: " "}
"""What stands before lines of the client and of the server: as curl has it, told without colour."""
SIDES = {0: "client", 1: "server", -1: "base"}


class LongText(Pane):
    """Text with a cursor. `show` gives it sections; showing the same `key` again keeps the place."""

    scopes: ClassVar[tuple[str, ...]] = ("text", "search", "list")

    class Opened(Message):
        """Enter on a line; `origin` is what its passage says that it leads to."""

        def __init__(self, pane: "LongText", origin: Any) -> None:
            super().__init__()
            self.pane, self.origin = pane, origin

        @property
        def control(self) -> "LongText":
            return self.pane

    def __init__(self, *, title: str = "", empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.title, self.note, self.empty = title, "", empty
        self.pattern: re.Pattern[str] | None = None
        self.sections: Sequence[Section] = ()
        self.cursor = self.top = Position()
        self._key: object = None
        self._read: OrderedDict[int, Passage] = OrderedDict()
        self._asked: set[int] = set()
        self._heights: list[int] = [0]
        self._drawn: list[Position] = []
        self._placing = False
        self._walk = Walk(self._passage)
        self._searched: object = None

    # what there is

    def show(self, sections: Sequence[Section], *, key: object, start: Position | None = None) -> None:
        """Show a document.

        Args:
            key: what it is; the same again keeps cursor and scroll position, and what was read of sections that are
                equal to those before.
            start: where to begin.
        """
        if key == self._key:
            same = min(len(sections), len(self.sections))
            for number in [n for n in self._read if n >= same or sections[n] != self.sections[n]]:
                del self._read[number]
                self._walk.forget(number)
        else:
            self._read.clear()
            self._walk.forget()
        if key != self._key or start:
            self.cursor = self.top = start or Position()
        self._key, self.sections, self._walk.count = key, sections, len(sections)
        self._asked.clear()
        self._measure()
        self._settle()

    def _passage(self, section: int) -> Passage | None:
        return self._read.get(section)

    def passage(self) -> Passage | None:
        """The section under the cursor, None while it is not read."""
        return self._read.get(self.cursor.section)

    def _ask(self, number: int) -> None:
        if number in self._read or number in self._asked or not 0 <= number < len(self.sections):
            return
        self._asked.add(number)
        section, key = self.sections[number], self._key
        self.heron.reading.ask(
            (self.id, "section", number),
            section.load,
            lambda passage: self._came(number, section, key, passage),
        )

    def _came(self, number: int, section: Section, key: object, passage: Passage) -> None:
        if key != self._key or number >= len(self.sections) or self.sections[number] != section:
            return
        self._asked.discard(number)
        self._read[number] = passage
        self._walk.forget(number)
        self._drop(number)
        self._settle()

    def _drop(self, newest: int) -> None:
        """Forget what was read long ago and is not on screen."""
        held = sum(passage.weight for passage in self._read.values())
        near = {newest, self.cursor.section, *(place.section for place in self._drawn)}
        for number in list(self._read):
            if held <= KEPT_BYTES and len(self._read) <= KEPT_SECTIONS:
                return
            if number not in near:
                held -= self._read.pop(number).weight
                self._walk.forget(number)

    # where it is

    def _settle(self) -> None:
        """Put cursor and top on lines that there are, the cursor into view, and ask for what is near."""
        if not self.sections:
            self._drawn = []
            self.refresh()
            return
        self.cursor, self.top = self._walk.clamp(self.cursor), self._walk.clamp(self.top)
        page = self.page
        self.top = min(self.top, self.cursor)
        shown = self._lines(page)
        if self.cursor not in shown:
            self.top = self._walk.step(self.cursor, 1 - page)
            shown = self._lines(page)
        if len(shown) < page:  # the end came closer: fill the page
            self.top = self._walk.step(shown[-1], 1 - page)
            shown = self._lines(page)
        self._drawn = shown
        for number in dict.fromkeys([place.section for place in shown]):
            self._ask(number)
        self._ask(shown[-1].section + 1)
        self._ask(shown[0].section - 1)
        self._place_bar()
        self.refresh()

    def _lines(self, count: int) -> list[Position]:
        return list(islice(chain([self.top], self._walk.after(self.top)), count))

    def go(self, place: Position, *, a_third: bool = False) -> None:
        """Put the cursor on a line; `a_third`: with a third of the page above it, if it was not on screen."""
        self.cursor = self._walk.clamp(place)
        if a_third and self.cursor not in self._drawn:
            self.top = self._walk.step(self.cursor, -(self.page // 3))
        self._settle()

    def step(self, by: int) -> None:
        self.go(self._walk.step(self.cursor, by))

    def scroll(self, by: int) -> None:
        """Move the page; the cursor stays on it."""
        self.top = self._walk.step(self.top, by)
        shown = self._lines(self.page)
        if self.cursor not in shown:
            self.cursor = shown[-1] if by < 0 else shown[0]
        self._settle()

    def act_down(self, count: int | None = None) -> None:
        self.step(count or 1)

    def act_up(self, count: int | None = None) -> None:
        self.step(-(count or 1))

    def act_page_down(self, count: int | None = None) -> None:
        self.scroll(self.page * (count or 1))

    def act_page_up(self, count: int | None = None) -> None:
        self.scroll(-self.page * (count or 1))

    def act_half_down(self, count: int | None = None) -> None:
        self.step((self.page // 2 or 1) * (count or 1))

    def act_half_up(self, count: int | None = None) -> None:
        self.step(-(self.page // 2 or 1) * (count or 1))

    def act_top(self, count: int | None = None) -> None:
        self.go(Position() if count is None else self._at_height(count - 1))

    def act_bottom(self, count: int | None = None) -> None:
        self.go(Position(len(self.sections) - 1, LAST, LAST) if count is None else self._at_height(count - 1))

    def act_next_part(self, count: int | None = None) -> None:
        self.go_to_top(min(self.cursor.section + (count or 1), len(self.sections) - 1))

    def act_previous_part(self, count: int | None = None) -> None:
        back = 1 if self.cursor.paragraph == self.cursor.line == 0 else 0
        self.go_to_top(max(self.cursor.section - back - (count or 1) + 1, 0))

    def go_to_top(self, section: int) -> None:
        """Put the first line of a section at the top of the page."""
        self.cursor = self.top = self._walk.clamp(Position(section))
        self._settle()

    def act_open(self) -> None:
        passage = self.passage()
        if passage is not None and self.cursor.paragraph < len(passage):
            self.post_message(self.Opened(self, passage.origin(self.cursor.paragraph)))

    def copy_text(self) -> str:
        """The paragraph under the cursor."""
        passage = self.passage()
        return passage.paragraph(self.cursor.paragraph).text if passage and len(passage) else ""

    # finding

    def search(self, query: Query, by: int) -> None:
        self.pattern = query.words
        here = self._walk.clamp(self.cursor)
        start = here.paragraph + by if self._searched == (query, self._key) else here.paragraph
        self._searched = (query, self._key)
        self._look(query, by, here.section, start, len(self.sections) + 1)

    def find_first(self, query: Query, section: int) -> None:
        """Go to the first place from a section on that has what is looked for."""
        self.pattern, self._searched = query.words, (query, self._key)
        self.heron.finding = object()
        self._look(query, 1, section, 0, len(self.sections))

    def _look(self, query: Query, by: int, number: int, start: int, left: int) -> None:
        """Look at a section from paragraph `start` on; `left` sections have not been looked at."""
        if left <= 0 or not self.sections:
            self.not_found(query)
            return
        number %= len(self.sections)
        token, key, section, known = self.heron.finding, self._key, self.sections[number], self._read.get(number)

        def look(reader: Any) -> tuple[Passage, int | None]:
            passage = known if known is not None else section.load(reader)
            return passage, first_match(passage, query, start, by)

        def came(found: tuple[Passage, int | None]) -> None:
            passage, place = found
            if self.heron.finding is not token or self._key != key:
                return
            if place is None:
                done = 1 - left / (len(self.sections) + 1)
                self.heron.say(f"finding {query.shown}: {percent(done)} · esc stops")
                self._look(query, by, number + by, 0 if by > 0 else LAST, left - 1)
                return
            self.heron.finding = None
            self.heron.say("")
            self._came(number, section, key, passage)
            self.go(self._matched(number, place), a_third=True)

        self.heron.reading.ask("find", look, came)

    def _matched(self, section: int, paragraph: int) -> Position:
        """The line of a paragraph that has what is looked for."""
        made, lines = self._walk.wrapped(section, paragraph)
        found = self.pattern.search(made.text) if self.pattern else None
        at = found.start() if found else 0
        line = next((n for n, (_, end) in enumerate(lines) if at < end), 0)
        return Position(section, paragraph, line)

    # the scroll bar knows heights as far as they can be estimated

    def _measure(self) -> None:
        width = max(self.scrollable_content_region.width - 3, 8)
        if width != self._walk.width:
            self._walk.width = width
            self._walk.forget()
        self._heights = [0, *accumulate(section.size // width + 1 for section in self.sections)]
        self.virtual_size = Size(self.size.width, self._heights[-1] + 1)

    def _at_height(self, height: int) -> Position:
        """The line that the scroll bar means."""
        section = next((n for n in range(len(self.sections)) if self._heights[n + 1] > height), len(self.sections) - 1)
        passage = self._read.get(section)
        start, end = self._heights[section], self._heights[section + 1]
        share = (height - start) / max(end - start, 1)
        return Position(section, int(share * len(passage)) if passage else 0, 0)

    def _place_bar(self) -> None:
        section, paragraph, _ = self.top
        passage = self._read.get(section)
        start, end = self._heights[section], self._heights[section + 1]
        share = paragraph / len(passage) if passage is not None and len(passage) else 0.0
        self._placing = True
        at_end = self._drawn[-1] == self._walk.clamp(Position(len(self.sections) - 1, LAST, LAST))
        height = self._heights[-1] if at_end else start + int(share * (end - start))
        self.scroll_to(y=height, animate=False, immediate=True)
        self._placing = False

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        event.prevent_default()
        self.scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        event.prevent_default()
        self.scroll(-3)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._placing and self.sections and round(old_value) != round(new_value):
            self.cursor = self.top = self._walk.clamp(self._at_height(round(new_value)))
            self._settle()

    def on_click(self, event: events.Click) -> None:
        if 1 <= event.y <= len(self._drawn):
            line = self._drawn[event.y - 1]
            self.go(line)
            if self.clicked_twice(event, line):
                self.act_open()

    def on_resize(self) -> None:
        self._measure()
        self._settle()

    # drawing

    def title_text(self) -> tuple[str, str]:
        return self.title, self.note

    def draw(self, y: int, width: int) -> list[Segment]:
        palette = self.palette
        if y >= len(self._drawn):
            note = f"  {self.empty}" if not self.sections and y == 1 else ""
            return [Segment(sized(note, width), palette.muted)]
        place = self._drawn[y]
        selected = place == self.cursor
        ground = (palette.cursor if self.has_focus else palette.cursor_away) if selected else palette.base
        side = self.sections[place.section].side
        cursor = "▌" if selected and self.has_focus else " "
        gutter = self._on(ground, SIDES[side], selected)
        parts = [Segment(cursor, self._on(ground, "accent", selected)), Segment(f"{MARKS[side]} ", gutter)]
        passage = self._read.get(place.section)
        if passage is None:
            return [*parts, Segment(sized("…", width - 3), self._on(ground, "faint", selected))]
        if not len(passage):
            return [*parts, Segment(" " * (width - 3), ground)]
        paragraph, lines = self._walk.wrapped(place.section, place.paragraph)
        start, end = lines[place.line]
        parts += self._runs(paragraph, start, end, ground, selected)
        return [*parts, Segment(" " * width, ground)]

    def _on(self, ground: Style, role: str, selected: bool) -> Style:
        style = self.palette.role(role)
        if not selected:
            return style
        return ground if ground.reverse else ground + plain(style)

    def _runs(self, paragraph: Paragraph, start: int, end: int, ground: Style, selected: bool) -> list[Segment]:
        """Characters [start, end) of a paragraph: coloured by its runs, with what was searched for marked."""
        roles: list[tuple[int, int, str]] = list(paragraph.runs)
        if self.pattern is not None:
            roles += [(found.start(), found.end(), "mark") for found in self.pattern.finditer(paragraph.text)]
        edges = sorted({start, end, *(min(max(edge, start), end) for run in roles for edge in run[:2])})
        parts = []
        for first, last in pairwise(edges):
            role = next((name for a, b, name in reversed(roles) if a <= first < b), paragraph.role)
            style = self.palette.mark if role == "mark" else self._on(ground, role, selected)
            parts.append(Segment(clean(paragraph.text[first:last]), style))
        return parts
