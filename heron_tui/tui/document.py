"""Text to read: headed parts, wrapped to a width, with a colour by role."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field
from rich.cells import cell_len, chop_cells

from .evidence.claims import Claim
from .units import clean, whole

MOST = 400_000
"""Characters of one part that are shown; the rest is counted in words."""


class Part(Struct, frozen=True):
    """A part of a document.

    Attributes:
        heading: a line above it, "" for none; `note` stands at its right end.
        role: the palette's role of the text.
        facts: pairs shown as an aligned table above the text.
        claim: what leads to the bytes of the text; claims: the same for facts, by their names.
    """

    heading: str = ""
    text: str = ""
    role: str = "base"
    note: str = ""
    facts: Sequence[tuple[str, str, str]] = ()
    claim: Claim | None = None
    claims: Mapping[str, Claim] = field(default_factory=dict)


class Line(Struct, frozen=True):
    """A wrapped line: runs of text with their roles. `rule` draws a line to the right edge.

    Attributes:
        claims: what leads to the bytes of a run, by the place of the run.
        glue: what stood between its text and that of the next line, before they were wrapped.
    """

    runs: tuple[tuple[str, str], ...]
    rule: str | None = None
    claims: tuple[tuple[int, Claim], ...] = ()
    glue: str = "\n"


BLANK = Line(())


def lay_out(parts: Sequence[Part], width: int) -> list[Line]:
    """All lines of a document at `width` cells."""
    lines: list[Line] = []
    for part in parts:
        if part.heading:
            if lines:
                lines.append(BLANK)
            lines.append(Line(((part.heading, "strong"),), rule=part.note, claims=_claimed(part)))
        lines += _facts(part, width)
        claims = _claimed(part)
        for text, glue in _wrapped(part.text[:MOST], width):
            lines.append(Line(((text, part.role),), claims=claims, glue=glue))
        if len(part.text) > MOST:
            lines.append(Line(((f"… {whole(len(part.text) - MOST)} characters more", "muted"),)))
    return lines


def _claimed(part: Part) -> tuple[tuple[int, Claim], ...]:
    return ((0, part.claim),) if part.claim else ()


def _facts(part: Part, width: int) -> Iterator[Line]:
    """Facts as `name value` pairs, in as many columns as fit."""
    facts = part.facts
    if not facts:
        return
    names = max(len(name) for name, _, _ in facts)
    values = max(min(cell_len(value), width - names - 3) for _, value, _ in facts)
    columns = max((width + 2) // (names + values + 3), 1)
    rows = -(-len(facts) // columns)
    for row in range(rows):
        runs: list[tuple[str, str]] = []
        claims = []
        for name, value, role in facts[row::rows]:
            if name in part.claims:
                claims.append((len(runs) + 1, part.claims[name]))
            shown = clean(value)[: max(width - names - 2, 1)]
            runs += [(name.ljust(names) + " ", "muted"), (shown + " " * max(values - cell_len(shown) + 2, 0), role)]
        yield Line(tuple(runs), claims=tuple(claims))


def wrap(text: str, width: int) -> Iterator[str]:
    """Lines of `text`, broken at spaces where they are longer than `width` cells."""
    return (piece for piece, _ in _wrapped(text, width))


def _wrapped(text: str, width: int) -> Iterator[tuple[str, str]]:
    """The same, each with what stood between it and the next one."""
    if not text:
        return
    for line in text.expandtabs(4).split("\n"):
        line = clean(line.rstrip("\r"))
        if line.isascii() and len(line) <= width:
            yield line, "\n"
        else:
            yield from _broken(line, width)


def _first_cells(piece: str, width: int) -> str:
    """What of `piece` fits `width` cells, never nothing: a piece of combining characters alone has no width."""
    return next(filter(None, chop_cells(piece, width)), piece)


def _broken(line: str, width: int) -> Iterator[tuple[str, str]]:
    while line:
        piece = line[: width * 2]
        head = piece[:width] if piece.isascii() else _first_cells(piece, max(width, 2))
        if len(head) < len(line):
            space = head.rfind(" ", width // 2)
            if space > 0:
                head = head[:space]
        line = line[len(head) :]
        glue = " " if line.startswith(" ") else ""
        yield head, glue if line else "\n"
        line = line[len(glue) :]
