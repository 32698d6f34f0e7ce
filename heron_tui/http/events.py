"""Events found in a body, and what finds them."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ..model.packet import Ints

NOWHERE: Ints = np.zeros(0, np.int64)


@dataclass(slots=True)
class Found:
    """Events in order, as parallel columns; bytes [start, end) of each in the decoded body."""

    names: list[str] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)
    starts: Ints = field(default_factory=lambda: NOWHERE)
    ends: Ints = field(default_factory=lambda: NOWHERE)

    def __len__(self) -> int:
        return len(self.data)


class Splitter(Protocol):
    """Splits a body into events, however its bytes are cut; behind a gap it tells only what is surely whole."""

    @property
    def kind(self) -> str:
        """`EventBatch.kind` of what it finds."""

    @property
    def start(self) -> int:
        """Offset in the body of the first byte of the event under way."""

    @property
    def overflows(self) -> int:
        """Events that grew beyond the limit and were left out."""

    @property
    def unfinished(self) -> int:
        """Bytes of the event under way."""

    def feed(self, data: bytes) -> Found:
        """The events that the next bytes of the body complete."""

    def gap(self) -> None:
        """Bytes are missing here."""

    def close(self, whole: bool) -> Found:
        """The body is over, whole or not; what that completes."""
