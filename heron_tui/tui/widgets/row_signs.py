"""What stands on a row besides its columns: the colour and glyph of its rule, the signs of what is noted on it."""

from collections.abc import Sequence

from rich.segment import Segment

from ...store.notes import NOTHING, Note
from ..colours import Rule
from ..theme import Palette
from .pane import plain

MARKED, IGNORED, COMMENTED, FITTING = "◆", "×", "¶", "▽"
Parts = list[Segment]


def coloured(
    parts: Sequence[Segment],
    rule: Rule,
    palette: Palette,
    note: Note,
    comment: str,
    *,
    selected: bool,
    until: int | None,
) -> Parts:
    """A row in the colour of a rule, with the rule's glyph in its first cell, or in its last one where a mark stands.

    Where notes take both there is no colour either: it never stands alone.

    Args:
        until: how many parts have the colour; None for all.
    """
    at = -1 if note.marked or note.ignored else 0
    if at and comment:
        return list(parts)
    style = rule.paint(palette)
    style = plain(style) if selected else style
    made = [
        Segment(part.text, (part.style or palette.base) + style) if until is None or n < until else part
        for n, part in enumerate(parts)
    ]
    made[at] = Segment(rule.glyph, (made[at].style or palette.base) + style)
    return made


def noted(parts: Parts, palette: Palette, note: Note, comment: str) -> Parts:
    """A row with signs in its first and last cell; an ignored one is faint."""
    if note is NOTHING and not comment:
        return parts
    if note.ignored:
        parts = [Segment(part.text, (part.style or palette.base) + plain(palette.faint)) for part in parts]
    if sign := MARKED if note.marked else IGNORED if note.ignored else "":
        parts[0] = Segment(sign, (parts[0].style or palette.base) + plain(palette.warn))
    if comment:
        parts[-1] = Segment(COMMENTED, (parts[-1].style or palette.base) + plain(palette.warn))
    return parts


def fitting(parts: Parts, palette: Palette) -> Parts:
    """A row that itself fits the filter, with its sign in the first or last cell if one of them is free."""
    at = next((at for at in (0, -1) if not parts[at].text.strip(" ▌")), None)
    if at is not None:
        parts[at] = Segment(FITTING, (parts[at].style or palette.base) + plain(palette.accent))
    return parts
