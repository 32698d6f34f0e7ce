"""The diff of two calls' prompts, as sections of a text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...conversation.comparing import Break, Change, changes, prefix_break
from ...conversation.elements import WORDS, Element, elements
from ...conversation.reading import Conversations
from ...store.reader import Reader
from ...store.shapes import Record
from .. import telling
from ..long.passages import Lines, Paragraph, Passage, Section
from ..units import clock, first_line, percent, size, whole
from . import calls
from .lines import NEW, OLD, below, beside, pairs

MARKS = {"same": "=", "new": "+", "gone": "-", "rewritten": "~"}
ROLES = {"same": "muted", "new": NEW, "gone": OLD, "rewritten": "warn"}
FOLDED = 24
"""Lines of one element that are shown before it is unfolded."""
BROKEN = "──── the prefix ends here: no cache of the call before reaches further ────"
AROUND = 60
"""Characters before and behind the place of a break that are quoted."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two calls and what differs between their prompts.

    Attributes:
        problem: why they cannot be compared, "" where they can.
    """

    before: Record
    after: Record
    changes: Sequence[Change] = ()
    broken: Break | None = None
    problem: str = ""


def compare(reader: Reader, call: str, other: str | None = None) -> Comparison | str:
    """A call against an earlier one (the one before in its conversation, if none is named), or why that cannot be."""
    after = reader.get("call", call)
    before = reader.get("call", other) if other else calls.before(reader, after) if after else None
    if after is None:
        return "the call is not in this store"
    if before is None:
        return "there is no call before this one in its conversation"
    if before["t_request_us"] > after["t_request_us"]:
        before, after = after, before
    conversations = Conversations(reader)
    one, two = conversations.of(before), conversations.of(after)
    if problem := one.problem or two.problem:
        return problem
    if one.missing or two.missing:
        return f"what came before response {one.missing or two.missing} is not in this store"
    first, second = elements(one), elements(two)
    return Comparison(before, after, changes(first, second), prefix_break(first, second))


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the diff: elements of one kind that are the same, or one that is not.

    Attributes:
        width: cells for two columns, 0 for one.
        open: it is shown whole.
    """

    changes: tuple[Change, ...]
    width: int
    open: bool
    broken: bool = False

    side = -1

    @property
    def status(self) -> str:
        return self.changes[0].status

    @property
    def size(self) -> int:
        return 80 if self.status == "same" and not self.open else sum(c.element.size for c in self.changes)

    def load(self, _reader: Reader) -> Passage:
        heading = Paragraph(self._heading(), ROLES[self.status])
        lines = list(self._lines())
        if not self.open and len(lines) > FOLDED:
            rest = len(lines) - FOLDED
            lines = [*lines[:FOLDED], Paragraph(f"  … {whole(rest)} more lines: + shows them", "faint")]
        made = [heading, *lines]
        if self.broken:
            made.insert(0, Paragraph(BROKEN, "error"))
        return Lines(made, [self.changes[0].element] * len(made))

    def _heading(self) -> str:
        first, last = self.changes[0].element, self.changes[-1].element
        mark = MARKS[self.status]
        if self.status == "same":
            name = WORDS[first.kind]
            count = len(self.changes)
            bytes_ = size(sum(change.element.size for change in self.changes))
            which = first.label if count == 1 else f"{count} {name}s, {first.number} to {last.number}"
            return f"{mark} {which}: the same, {bytes_}"
        change = self.changes[0]
        if change.before and change.after:
            return f"{mark} {first.label}: rewritten, {size(change.before.size)} → {size(change.after.size)}"
        return f"{mark} {first.label}: {self.status}, {size(first.size)}"

    def _lines(self) -> Iterator[Paragraph]:
        if self.status == "same":
            for change in self.changes if self.open else ():
                yield Paragraph(f"  {change.element.label}", "strong")
                yield from (Paragraph(f"  {line}", "muted") for line in change.element.text.splitlines())
            return
        change = self.changes[0]
        before, after = (element.text if element else "" for element in (change.before, change.after))
        found = list(pairs(before, after))
        yield from beside(found, self.width) if self.width and self.status == "rewritten" else below(found)


@dataclass(frozen=True, slots=True)
class Heading:
    """What the diff says as a whole."""

    comparison: Comparison

    side = -1
    size = 400

    def load(self, _reader: Reader) -> Passage:
        found = self.comparison
        made = [_call("before", found.before), _call("after ", found.after), Paragraph("")]
        made += _verdict(found)
        made += [Paragraph(_counts(found.changes), "muted"), Paragraph("")]
        origin = (found.broken.after or found.broken.before) if found.broken else None
        return Lines(made, [origin] * len(made))


def sections(comparison: Comparison, width: int, opened: frozenset[Any]) -> list[Section]:
    """The sections of a diff.

    Args:
        width: cells for two columns, 0 for one.
        opened: keys of the parts that are shown whole: those of `key`.
    """
    made: list[Section] = [Heading(comparison)]
    broken = comparison.broken
    at = (broken.after or broken.before) if broken else None
    for _, group in groupby(comparison.changes, _group):
        part = tuple(group)
        here = at is not None and any(change.after is at or change.before is at for change in part)
        made.append(Part(part, width, key(part[0]) in opened, here and part[0].status != "same"))
    return made


def key(change: Change) -> tuple[str, int, str]:
    """What a part is known by while the diff is shown."""
    return change.element.kind, change.element.number, change.status


def _group(change: Change) -> Any:
    return ("same", change.element.kind) if change.status == "same" else id(change)


def _call(word: str, call: Record) -> Paragraph:
    number = f"call {call['n']}" if call.get("n") else "call"
    tokens = f"{whole(call.get('input_tokens'))} tokens in"
    if call.get("cache_read_tokens") is not None:
        tokens += f", {whole(call['cache_read_tokens'])} of them cached ({percent(telling.cached(call))})"
    text = f"{word}  {number}  {clock(call['t_request_us'])}  {telling.model(call)}  {tokens}"
    return Paragraph(text, runs=((0, len(word), "muted"),))


def _verdict(found: Comparison) -> Iterator[Paragraph]:
    before, after = (call.get("cache_read_tokens") for call in (found.before, found.after))
    tokens = f"cached tokens {whole(before)} → {whole(after)}"
    broken = found.broken
    if broken is None:
        yield Paragraph(f"✓ the prompt begins with all of the one before: nothing in it changed; {tokens}", "ok")
        if before and after is not None and after < before:
            why = "it had expired, or the provider did not find it"
            yield Paragraph(f"  but fewer tokens were read from the cache: {why}", "warn")
        return
    yield Paragraph(f"✗ prefix broke at {broken.place}: {tokens}", "error")
    old, new = broken.before, broken.after
    if old is None:
        yield Paragraph("  it was added: in the prompt before, nothing stood here", "base")
    elif new is None:
        yield Paragraph(f"  the prompt ends before it; the one before went on with {old.label}: {_quote(old, 0)}")
    else:
        yield Paragraph(f"  the same up to character {whole(broken.at)}, then")
        yield _quoted("  - ", old, broken.at, OLD)
        yield _quoted("  + ", new, broken.at, NEW)


def _quoted(mark: str, element: Element, at: int, role: str) -> Paragraph:
    text = mark + _quote(element, at)
    return Paragraph(text, runs=((0, len(mark), role),))


def _quote(element: Element, at: int) -> str:
    start = max(at - AROUND, 0)
    return ("…" if start else "") + first_line(element.text[start : at + 2 * AROUND], 3 * AROUND)


def _counts(found: Sequence[Change]) -> str:
    words = []
    for kind, word in WORDS.items():
        mine = [change.status for change in found if change.element.kind == kind]
        if mine:
            counts = [f"{mine.count(status)} {status}" for status in MARKS if status in mine]
            words.append(f"{word}s: {', '.join(counts)}")
    return " · ".join(words)
