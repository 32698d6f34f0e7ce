"""Where a paragraph is broken into lines of a width in cells."""

from rich.cells import cell_len, chop_cells


def breaks(text: str, width: int) -> list[tuple[int, int]]:
    """Characters [start, end) of each line; broken at spaces where that leaves at least half a line."""
    if text.isascii() and len(text) <= width:
        return [(0, len(text))]
    found = []
    at, size = 0, len(text)
    while at < size:
        piece = text[at : at + width * 2]
        end = at + (min(width, len(piece)) if piece.isascii() else _fitting(piece, width))
        if end < size and text[end] != " ":
            space = text.rfind(" ", at + width // 2, end)
            end = space + 1 if space > 0 else end
        found.append((at, end))
        at = end + (end < size and text[end] == " ")
    return found or [(0, 0)]


def _fitting(piece: str, width: int) -> int:
    """Characters of `piece` that fit: at least one, though it be combining or too wide."""
    if cell_len(piece) <= width:
        return len(piece)
    return max(len(next(filter(None, chop_cells(piece, max(width, 2))), piece)), 1)
