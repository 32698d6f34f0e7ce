"""Bars of time: what each moment of a turn was spent on, told apart by glyph and by colour.

Glyphs: `█` the model generates, `▓` the model is waited for (until its first token), `━` a tool runs, `·` idle.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from rich.segment import Segment

from .theme import Palette

Kind = Literal["model", "wait", "tool", "idle"]
GLYPHS: dict[str, str] = {"model": "█", "wait": "▓", "tool": "━", "idle": "·"}
ORDER: tuple[Kind, ...] = ("model", "wait", "tool")


class Span(Struct, frozen=True):
    """Time `[start, end]` in microseconds spent on one kind of work."""

    start: int
    end: int
    kind: Kind


def cells(spans: Sequence[Span], start: int, end: int, width: int, *, idle: bool = False) -> list[str]:
    """The kind shown in each of `width` cells ("" for none): what fills most of the cell, model before tool.

    The shortest span still shows in one cell. With `idle`, cells between the first and the last span are `idle`.
    """
    if width <= 0 or not spans:
        return [""] * max(width, 0)
    length = max(end - start, 1)
    shares = [dict.fromkeys(ORDER, 0.0) for _ in range(width)]
    for span in spans:
        left = (max(span.start, start) - start) * width / length
        right = max((min(span.end, end) - start) * width / length, left)
        first, last = min(int(left), width - 1), min(int(right), width - 1)
        for cell in range(max(first, 0), last + 1):
            share = min(right, cell + 1) - max(left, cell)
            shares[cell][span.kind if span.kind in ORDER else "tool"] += max(share, 0.02 if first == last else 0)
    shown = [_winner(share) for share in shares]
    if idle:
        used = [place for place, kind in enumerate(shown) if kind]
        for place in range(used[0], used[-1]) if used else ():
            shown[place] = shown[place] or "idle"
    return shown


def _winner(share: dict[Kind, float]) -> str:
    model = share["model"] + share["wait"]
    if model and model >= share["tool"] * 0.5:
        return "model" if share["model"] >= share["wait"] else "wait"
    return "tool" if share["tool"] else ""


def bar(shown: Sequence[str], palette: Palette) -> list[Segment]:
    """Cells as segments, runs joined."""
    parts: list[Segment] = []
    place = 0
    while place < len(shown):
        kind, stop = shown[place], place
        while stop < len(shown) and shown[stop] == kind:
            stop += 1
        style = palette.role(kind) if kind else palette.base
        parts.append(Segment(GLYPHS.get(kind, " ") * (stop - place), style))
        place = stop
    return parts
