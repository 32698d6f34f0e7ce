"""What an export wrote, what it skipped and why, and what it could not say in its format."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .reasons import REASONS

MOST_NAMED = 20
"""Skipped ones that a report names for each reason."""

NOTES = {
    "hidden-reasoning": "answers whose thinking the wire does not show",
    "result-errors": "tool results marked as failures: the format has no place for the mark",
    "server-tools": "definitions of tools that the API runs itself, left out",
    "attempts": "failed attempts that were repeated, left out",
    "rewritten": "answers that the client sent back changed: the records have what the model said",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A record: its bytes, and what it is of (`turn 3`, `turn 3, sub-agent general-purpose`)."""

    what: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    what: str
    code: str
    why: str


@dataclass(slots=True)
class Report:
    """Counts of an export."""

    written: int = 0
    bytes: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Skipped]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)
    redacted: int = 0

    def skip(self, skipped: Skipped) -> None:
        self.skipped[skipped.code] += 1
        named = self.examples.setdefault(skipped.code, [])
        if len(named) < MOST_NAMED:
            named.append(skipped)

    def note(self, code: str, count: int = 1) -> None:
        if count:
            self.notes[code] += count

    def wrote(self, made: Made) -> None:
        self.written += 1
        self.bytes += len(made.data)

    def lines(self) -> Iterator[str]:
        """For a person, most frequent first."""
        records = "record" if self.written == 1 else "records"
        yield f"{self.written:,} {records} written, {sum(self.skipped.values()):,} skipped"
        for code, count in self.skipped.most_common():
            named = self.examples[code]
            said = named[0].why if count == 1 or len({one.why for one in named}) == 1 else REASONS[code]
            some = ", ".join(one.what for one in named[:3]) + (", ..." if count > 3 else "")
            yield f"  {count:,} {said}: {some}"
        for note, count in self.notes.most_common():
            yield f"  note: {count:,} {NOTES[note]}"
        if self.redacted:
            yield f"  {self.redacted:,} {'secret' if self.redacted == 1 else 'secrets'} redacted"

    def as_json(self) -> dict[str, Any]:
        return {
            "written": self.written,
            "bytes": self.bytes,
            "skipped": dict(self.skipped.most_common()),
            "reasons": {code: REASONS[code] for code in self.skipped},
            "examples": {
                code: [{"what": one.what, "why": one.why} for one in named] for code, named in self.examples.items()
            },
            "notes": {NOTES[note]: count for note, count in self.notes.most_common()},
            "redacted": self.redacted,
        }
