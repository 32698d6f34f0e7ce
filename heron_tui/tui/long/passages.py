"""What a section holds once it is read: paragraphs, made from bytes when they are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...model.packet import Ints

MOST = 4096
"""Bytes of the longest paragraph; a longer line goes on in the next one."""
_CONTROL = {code: "." for code in (*range(32), *range(127, 160)) if code != 9}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of text before it is wrapped.

    Attributes:
        runs: colours parts of it: (start, end, role), in order.
        cut: it is not wrapped: what does not fit is left out.
    """

    text: str
    role: str = "base"
    runs: Sequence[tuple[int, int, str]] = ()
    cut: bool = False


class Passage(Protocol):
    """A section that was read. `weight` is what it takes in memory, in bytes."""

    @property
    def weight(self) -> int: ...

    def __len__(self) -> int: ...

    def paragraph(self, index: int) -> Paragraph: ...

    def origin(self, index: int) -> Any:
        """What enter on a paragraph leads to, None for nothing."""


class Section(Protocol):
    """A part of a document: `side` is 0 for what the client said, 1 for the server, -1 for neither."""

    @property
    def side(self) -> int: ...

    @property
    def size(self) -> int:
        """Bytes of text, about."""

    def load(self, reader: Any) -> Passage: ...


@dataclass(frozen=True, slots=True)
class Lines:
    """Paragraphs that are all there; `origins` is parallel to them, or empty."""

    paragraphs: Sequence[Paragraph]
    origins: Sequence[Any] = ()

    @property
    def weight(self) -> int:
        return 200 * len(self.paragraphs)

    def __len__(self) -> int:
        return len(self.paragraphs)

    def paragraph(self, index: int) -> Paragraph:
        return self.paragraphs[index]

    def origin(self, index: int) -> Any:
        return self.origins[index] if index < len(self.origins) else None


class Prose:
    """Lines of a text held as UTF-8.

    Args:
        data: the text.
        find: from bytes [start, end) of it to what enter on them leads to.
        role: of the palette; `role_of` by place, where it differs.
    """

    def __init__(
        self,
        data: bytes,
        find: Callable[[int, int], Any] | None = None,
        *,
        role: str = "base",
        role_of: Callable[[int], str] | None = None,
    ) -> None:
        self.data = data
        self._find = find
        self._role = role
        self._role_of = role_of
        self._starts = starts(data)
        self.weight = len(data) + self._starts.nbytes

    def __len__(self) -> int:
        return len(self._starts) - 1

    def span(self, index: int) -> tuple[int, int]:
        """Bytes [start, end) of a paragraph, its line end left out."""
        start, end = int(self._starts[index]), int(self._starts[index + 1])
        while end > start and self.data[end - 1] in b"\r\n":
            end -= 1
        return start, end

    def paragraph(self, index: int) -> Paragraph:
        start, end = self.span(index)
        text = self.data[start:end].decode("utf-8", "replace").expandtabs(4).translate(_CONTROL)
        return Paragraph(text, self._role_of(start) if self._role_of else self._role)

    def origin(self, index: int) -> Any:
        return self._find(*self.span(index)) if self._find else None

    def index(self, offset: int) -> int:
        """The paragraph that holds the byte at `offset`."""
        return max(int(np.searchsorted(self._starts, offset, side="right")) - 1, 0)


def starts(data: bytes) -> Ints:
    """Where each paragraph begins, and the end of the last one: at lines, and inside lines that are too long."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10) + 1
    found = np.concatenate([[0], ends, [len(data)] if not len(ends) or ends[-1] < len(data) else []]).astype(np.int64)
    long = np.flatnonzero(np.diff(found) > MOST)
    if not len(long):
        return found
    cuts = [_cuts(data, int(found[place]), int(found[place + 1])) for place in long.tolist()]
    return np.sort(np.concatenate([found, *cuts]))


def _cuts(data: bytes, start: int, end: int) -> Ints:
    """Places inside a long line where a character begins."""
    cuts = np.arange(start + MOST, end, MOST, dtype=np.int64)
    view = np.frombuffer(data, np.uint8)
    for _ in range(3):
        cuts -= (view[cuts] & 0xC0) == 0x80
    return cuts
