"""The lines of two texts beside or below each other, with the words that differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from rich.cells import cell_len

from ...conversation.comparing import Run, words
from ..long.passages import Paragraph
from ..long.wrapping import breaks
from ..units import whole

CONTEXT = 2
"""Lines that are the same and stand before and behind those that are not."""
MOST_LINES = 5000
OLD, NEW = "error", "accent"
Colours = list[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of one text; `runs` colours the words that the other does not have."""

    text: str
    runs: Sequence[tuple[int, int, str]] = ()
    role: str = "base"


Pair = tuple[str, Line | None, Line | None]
"""`=`, `-`, `+`, `~`, or `⋯` for lines left out; the line before, the line after."""


def pairs(before: str, after: str) -> Iterator[Pair]:
    """The lines of both texts in order, long stretches that are the same left out."""
    one, other = before.expandtabs(4).splitlines(), after.expandtabs(4).splitlines()
    if len(one) + len(other) > MOST_LINES:
        start = _same(one, other)
        end = _same(one[start:][::-1], other[start:][::-1])
        codes = [
            ("equal", 0, start, 0, start),
            ("replace", start, len(one) - end, start, len(other) - end),
            ("equal", len(one) - end, len(one), len(other) - end, len(other)),
        ]
    else:
        codes = list(SequenceMatcher(None, one, other, autojunk=False).get_opcodes())
    for n, (what, a, b, c, d) in enumerate(codes):
        if what == "equal":
            yield from _context(one[a:b], first=n == 0, last=n == len(codes) - 1)
            continue
        left, right = words("\n".join(one[a:b]), "\n".join(other[c:d]))
        olds = _lines(left, OLD) if b > a else []
        news = _lines(right, NEW) if d > c else []
        yield from (("~", old, new) for old, new in zip_longest(olds, news))


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _context(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[Pair]:
    head, tail = 0 if first else CONTEXT, 0 if last else CONTEXT
    if len(lines) <= head + tail + 1:
        head, tail = len(lines), 0
    for text in lines[:head]:
        yield "=", Line(text, role="muted"), Line(text, role="muted")
    left = len(lines) - head - tail
    if left:
        note = Line(f"⋯ {whole(left)} {'line' if left == 1 else 'lines'} the same", role="faint")
        yield "⋯", note, note
    for text in lines[len(lines) - tail :] if tail else ():
        yield "=", Line(text, role="muted"), Line(text, role="muted")


def _lines(runs: Sequence[Run], role: str) -> list[Line]:
    """Runs of words as lines."""
    made: list[Line] = []
    text, colours = "", Colours()
    for piece, alone in runs:
        for n, part in enumerate(piece.split("\n")):
            if n:
                made.append(Line(text, tuple(colours)))
                text, colours = "", []
            if alone and part:
                colours.append((len(text), len(text) + len(part), role))
            text += part
    return [*made, Line(text, tuple(colours))]


def below(found: Sequence[Pair]) -> Iterator[Paragraph]:
    """One below the other: `-` before lines that went, `+` before those that came."""
    held: list[Pair] = []
    for pair in [*found, None]:
        if pair is not None and pair[0] == "~":
            held.append(pair)
            continue
        yield from (_marked("- ", old) for _, old, _ in held if old)
        yield from (_marked("+ ", new) for _, _, new in held if new)
        held = []
        if pair is not None and pair[1]:
            yield _marked("  ", pair[1])


def _marked(mark: str, line: Line) -> Paragraph:
    runs = [(start + 2, end + 2, role) for start, end, role in line.runs]
    if mark != "  ":
        runs.insert(0, (0, 2, OLD if mark == "- " else NEW))
    return Paragraph(mark + line.text, line.role, runs)


def beside(found: Sequence[Pair], width: int) -> Iterator[Paragraph]:
    """Beside each other, each side half of `width` cells."""
    half = max((width - 5) // 2, 10)
    for mark, old, new in found:
        left = _wrapped(old, half) if old else []
        right = _wrapped(new, half) if new else []
        for one, other in zip_longest(left, right):
            text, runs = _cell("- " if mark == "~" and one else "  ", one, half, OLD, 0)
            more, colours = _cell("+ " if mark == "~" and other else "  ", other, half, NEW, len(text) + 1)
            middle = (len(text), len(text) + 1, "faint")
            yield Paragraph(f"{text}│{more}".rstrip(), "base", [*runs, middle, *colours], cut=True)


def _wrapped(line: Line, width: int) -> list[Line]:
    made = []
    for start, end in breaks(line.text, width):
        runs = [(max(a, start) - start, min(b, end) - start, role) for a, b, role in line.runs if a < end and b > start]
        made.append(Line(line.text[start:end], runs, line.role))
    return made


def _cell(mark: str, line: Line | None, width: int, colour: str, at: int) -> tuple[str, Colours]:
    """A line padded to its side, and its runs moved to where it stands."""
    text = line.text if line else ""
    padded = mark + text + " " * max(width - cell_len(text), 0)
    runs: Colours = [(at, at + 2, colour)] if mark != "  " else []
    if line:
        runs.append((at + 2, at + 2 + len(text), line.role))
        runs += [(at + 2 + start, at + 2 + end, role) for start, end, role in line.runs]
    return padded, runs
