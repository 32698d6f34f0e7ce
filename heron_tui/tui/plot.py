"""Small plots in text: sparklines of eighth blocks, and filled curves of braille dots."""

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Braille bits of a cell's left and right column, from the lowest dot up."""

Values = Sequence[float | None]


def resample(values: Values, width: int) -> list[float | None]:
    """`values` as `width` values: the largest of those that fall together; one is repeated where there are fewer."""
    if not values or width <= 0:
        return [None] * max(width, 0)
    made: list[float | None] = []
    for cell in range(width):
        first = cell * len(values) // width
        last = max((cell + 1) * len(values) // width, first + 1)
        known = [value for value in values[first:last] if value is not None]
        made.append(max(known) if known else None)
    return made


def sparkline(values: Values, width: int) -> str:
    """One line; a space where nothing is known, the lowest block for zero."""
    shown = resample(values, width)
    top = max((value for value in shown if value is not None), default=0) or 1
    return "".join(" " if v is None else BLOCKS[min(int(v / top * 7.999), 7)] for v in shown)


def curve(values: Values, width: int, height: int) -> list[str]:
    """`height` lines of a curve filled to its base, two values a cell; the top line comes first."""
    shown = resample(values, width * 2)
    top = max((value for value in shown if value is not None), default=0) or 1
    levels = [0 if v is None else max(round(v / top * height * 4), 1) for v in shown]
    lines = []
    for row in range(height - 1, -1, -1):
        line = ""
        for cell in range(width):
            bits = 0
            for side in (0, 1):
                dots = min(max(levels[cell * 2 + side] - row * 4, 0), 4)
                bits |= sum(DOTS[side][:dots])
            line += chr(0x2800 + bits) if bits else " "
        lines.append(line)
    return lines
