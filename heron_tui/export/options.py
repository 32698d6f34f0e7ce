"""What to export and how. Words of the options are those of the command line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..store.where import Where

Unit = Literal["turn", "session", "call"]
UNITS: tuple[Unit, ...] = ("turn", "session", "call")

CHOICES: dict[str, tuple[str, ...]] = {
    "tools": ("keep", "drop"),
    "reasoning": ("keep", "drop"),
    "system": ("keep", "hash", "drop"),
    "late_system": ("keep", "lead", "user"),
    "arguments": ("string", "object"),
    "subagents": ("separate", "inline", "drop"),
    "histories": ("longest", "each"),
    "side_calls": ("drop", "keep"),
    "metadata": ("drop", "keep"),
    "redact": ("yes", "no"),
}
"""Options that are one of several words; the first is the default."""

HELP = {
    "tools": "definitions of the tools offered",
    "reasoning": "the model's thinking, as reasoning_content",
    "system": "the system prompt, or a hash in its place",
    "late_system": "later system messages: where they stand, moved into the system prompt, or as the user's",
    "arguments": "arguments of tool calls as JSON text (OpenAI's form) or as objects",
    "subagents": "sub-agents as records of their own, inside the record of their turn, or not at all",
    "histories": "of records that grow out of each other only the longest, or each",
    "side_calls": "titles, compactions and the like",
    "metadata": "a member `metadata` with ids, agent, model and times",
    "redact": "replace secrets in texts by a short keyed hash",
}
"""What each is about, for `--help` and the dialog."""


@dataclass(frozen=True, slots=True)
class Options:
    """Attributes named in `CHOICES` hold one of its words.

    Attributes:
        histories: None for what suits the unit: `each` for calls, else `longest`.
        ids: only these calls, turns and sessions, or what belongs to them; empty for all.
        where: only units that fit, by the unit's kind.
    """

    unit: Unit = "turn"
    tools: str = "keep"
    reasoning: str = "keep"
    system: str = "keep"
    late_system: str = "keep"
    arguments: str = "string"
    subagents: str = "separate"
    histories: str | None = None
    side_calls: str = "drop"
    metadata: str = "drop"
    redact: str = "yes"
    ids: tuple[str, ...] = ()
    where: Where | None = None

    def fitting(self, ids: Sequence[str] | None) -> "Options":
        """These options for units with these ids only (all if None), which a display filter has found."""
        if ids is None:
            return self
        where = Where(f"{self.unit}.id IN (SELECT value FROM json_each(?))", (json.dumps(ids),))
        return replace(self, where=where)

    @property
    def longest(self) -> bool:
        return (self.histories or ("each" if self.unit == "call" else "longest")) == "longest"
