"""Finding in lines that were wrapped: in the text that they were before."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from ..document import Line


class Joined:
    """The text of lines, and where in it each one begins."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.starts: list[int] = []
        pieces, at = [], 0
        for line in lines:
            text = "".join(text for text, _ in line.runs)
            self.starts.append(at)
            pieces += [text, line.glue]
            at += len(text) + len(line.glue)
        self.text = "".join(pieces)

    def find(self, pattern: re.Pattern[str]) -> tuple[list[int], dict[int, list[tuple[int, int]]]]:
        """The lines on which a match begins, and which characters of each line are part of one."""
        first: list[int] = []
        marked: dict[int, list[tuple[int, int]]] = {}
        for match in pattern.finditer(self.text):
            start, end = match.span()
            if start == end:
                continue
            line = bisect_right(self.starts, start) - 1
            if not first or first[-1] != line:
                first.append(line)
            while line < len(self.starts) and self.starts[line] < end:
                begin = self.starts[line]
                marked.setdefault(line, []).append((max(start - begin, 0), end - begin))
                line += 1
        return first, marked
