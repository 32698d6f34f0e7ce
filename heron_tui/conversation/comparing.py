"""Two prompts compared: what stayed, what is new, rewritten or gone, and where the first stops being a beginning."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Literal

from ..model.prefix import first_difference
from .elements import WORDS, Element

Status = Literal["same", "new", "gone", "rewritten"]
SILENT = b""
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
MOST_TOKENS = 3000
"""Tokens of two texts that are compared word by word, between what they begin and end with."""


@dataclass(frozen=True, slots=True)
class Change:
    """One element in the earlier prompt, in the later one, or in both."""

    status: Status
    before: Element | None
    after: Element | None

    @property
    def element(self) -> Element:
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class Break:
    """Where a prompt stops beginning with an earlier one.

    Attributes:
        before, after: the elements that differ; None where one prompt has none there.
        at: characters of their texts that are equal, where both are there.
    """

    before: Element | None
    after: Element | None
    at: int = 0

    @property
    def place(self) -> str:
        found = self.after or self.before
        assert found is not None
        return found.label


def prefix_break(before: Sequence[Element], after: Sequence[Element]) -> Break | None:
    """Where `after` stops beginning with `before`, None where it goes on from all of it.

    Tools and system blocks must be the same to the last; messages may be more.
    """
    for kind in ("tool", "system", "message"):
        one, other = ([element for element in side if element.kind == kind] for side in (before, after))
        keys, others = [element.key for element in one], [element.key for element in other]
        found = first_difference(keys, others, SILENT)
        if found is None and kind != "message" and len(others) > len(keys):
            found = len(keys), len(keys)
        if found is not None:
            old = one[found[0]] if found[0] < len(one) else None
            new = other[found[1]] if found[1] < len(other) else None
            return Break(old, new, same_start(old.text, new.text) if old and new else 0)
    return None


def changes(before: Sequence[Element], after: Sequence[Element]) -> list[Change]:
    """All elements of both prompts, in order, each once or, where it was rewritten, as a pair."""
    made: list[Change] = []
    for kind in WORDS:
        one, other = ([element for element in side if element.kind == kind] for side in (before, after))
        matcher = SequenceMatcher(None, [e.key for e in one], [e.key for e in other], autojunk=False)
        for what, a, b, c, d in matcher.get_opcodes():
            if what == "equal":
                made += [Change("same", x, y) for x, y in zip(one[a:b], other[c:d], strict=True)]
            else:
                made += _replaced(one[a:b], other[c:d])
    return made


def _replaced(before: Sequence[Element], after: Sequence[Element]) -> Iterator[Change]:
    """Elements of one kind that are not the same: of tools those of one name are pairs, of others those of one role, in
    order."""
    if (before and before[0].kind == "tool") or (after and after[0].kind == "tool"):
        named = {element.name: element for element in before}
        names = {element.name for element in after}
        yield from (Change("gone", element, None) for element in before if element.name not in names)
        for element in after:
            old = named.get(element.name)
            yield Change("rewritten" if old else "new", old, element)
        return
    for old, new in zip_longest(before, after):
        if old and new and _role(old) == _role(new):
            yield Change("rewritten", old, new)
            continue
        if old:
            yield Change("gone", old, None)
        if new:
            yield Change("new", None, new)


def _role(element: Element) -> str:
    return element.message.role if element.message else element.kind


def same_start(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _word_start(text: str, at: int) -> int:
    while at > 0 and text[at - 1].isalnum():
        at -= 1
    return at


Run = tuple[str, bool]
"""A piece of text, and whether it is in this side alone."""


def words(before: str, after: str) -> tuple[list[Run], list[Run]]:
    """Two texts, each as pieces that are in both and pieces that are in it alone."""
    start = _word_start(before, same_start(before, after))
    end = same_start(before[start:][::-1], after[start:][::-1])
    one, other = before[start : len(before) - end], after[start : len(after) - end]
    a, b = TOKEN.findall(one), TOKEN.findall(other)
    if len(a) + len(b) > MOST_TOKENS:
        a, b = one.splitlines(keepends=True), other.splitlines(keepends=True)
    if len(a) + len(b) > MOST_TOKENS:
        a, b = [one], [other]
    left: list[Run] = [(before[:start], False)]
    right: list[Run] = [(after[:start], False)]
    for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        left.append(("".join(a[i:j]), what != "equal"))
        right.append(("".join(b[k:m]), what != "equal"))
    left.append((before[len(before) - end :], False))
    right.append((after[len(after) - end :], False))
    return [run for run in left if run[0]], [run for run in right if run[0]]
