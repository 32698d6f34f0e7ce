"""Motion through a text of which only some sections are read, line by line."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .passages import Paragraph, Passage
from .wrapping import breaks

LAST = 1 << 60
MOST_WRAPPED = 4096


class Position(NamedTuple):
    """A line: numbers of the section, of the paragraph in it, of the line of that. `LAST` stands for the last one."""

    section: int = 0
    paragraph: int = 0
    line: int = 0


class Walk:
    """Steps from line to line. A section that is not read counts as one line.

    Args:
        passage: a section as far as it was read, by number; None where it was not.
    """

    def __init__(self, passage: Callable[[int], Passage | None]) -> None:
        self._passage = passage
        self.count = 0
        self.width = 80
        self._wrapped: OrderedDict[tuple[int, int], tuple[Paragraph, list[tuple[int, int]]]] = OrderedDict()

    def forget(self, section: int | None = None) -> None:
        """Wrap again: everything, or one section."""
        if section is None:
            self._wrapped.clear()
        else:
            for key in [key for key in self._wrapped if key[0] == section]:
                del self._wrapped[key]

    def wrapped(self, section: int, paragraph: int) -> tuple[Paragraph, list[tuple[int, int]]]:
        """A paragraph of a section that was read, and where it is broken."""
        key = (section, paragraph)
        if key not in self._wrapped:
            passage = self._passage(section)
            assert passage is not None
            made = passage.paragraph(paragraph)
            self._wrapped[key] = made, [(0, len(made.text))] if made.cut else breaks(made.text, self.width)
            if len(self._wrapped) > MOST_WRAPPED:
                self._wrapped.popitem(last=False)
        return self._wrapped[key]

    def clamp(self, place: Position) -> Position:
        """The nearest line that there is."""
        section, paragraph, line = place
        if not self.count:
            return Position()
        if section >= self.count:
            section, paragraph, line = self.count - 1, LAST, LAST
        section = max(section, 0)
        passage = self._passage(section)
        if passage is None:
            return Position(section, paragraph, line)
        if not len(passage):
            return Position(section, 0, 0)
        if paragraph >= len(passage):
            paragraph, line = len(passage) - 1, LAST
        paragraph = max(paragraph, 0)
        return Position(section, paragraph, max(min(line, len(self.wrapped(section, paragraph)[1]) - 1), 0))

    def step(self, place: Position, by: int) -> Position:
        """`by` lines further, or as far as there are lines."""
        place = self.clamp(place)
        lines = self.after(place) if by > 0 else self.before(place)
        for _, found in zip(range(abs(by)), lines, strict=False):
            place = found
        return place

    def after(self, place: Position) -> Iterator[Position]:
        """The lines behind a line."""
        section, paragraph, line = place
        while section < self.count:
            passage = self._passage(section)
            if passage is not None:
                for p in range(paragraph, len(passage)):
                    lines = len(self.wrapped(section, p)[1])
                    for at in range(line + 1 if p == paragraph else 0, lines):
                        yield Position(section, p, at)
            section, paragraph, line = section + 1, 0, -1
            if section < self.count and self._empty(section):
                yield Position(section, 0, 0)

    def before(self, place: Position) -> Iterator[Position]:
        """The lines before a line, from the nearest on."""
        section, paragraph, line = place
        while section >= 0:
            passage = self._passage(section)
            if passage is not None:
                for p in range(min(paragraph, len(passage) - 1), -1, -1):
                    lines = len(self.wrapped(section, p)[1])
                    for at in range((min(line, lines) if p == paragraph else lines) - 1, -1, -1):
                        yield Position(section, p, at)
            section, paragraph, line = section - 1, LAST, LAST
            if section >= 0 and self._empty(section):
                yield Position(section, LAST, LAST)

    def _empty(self, section: int) -> bool:
        passage = self._passage(section)
        return passage is None or not len(passage)
