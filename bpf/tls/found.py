"""What a finder answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Found:
    """The functions of one TLS stack in one file, or why it was refused.

    `functions` maps a name that `hooks.py` knows to the function's place in the file. `returns` holds the places of the
    return instructions of functions that must not carry a return probe (Go moves its stacks). `cheap` says that the
    kernel emulates the instruction at every place.
    """

    stack: str
    how: str
    functions: dict[str, int] = field(default_factory=dict)
    returns: dict[str, list[int]] = field(default_factory=dict)
    library: str | None = None
    cheap: bool = False
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
