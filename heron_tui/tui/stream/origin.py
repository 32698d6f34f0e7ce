"""Where a line of a stream comes from."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["request", "response"]
SIDE: dict[int, Side] = {0: "request", 1: "response"}


@dataclass(frozen=True, slots=True)
class InPacket:
    """Bytes [start, end) of one packet's payload."""

    number: int
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class InMessage:
    """A part of what one side of an exchange sent.

    Attributes:
        head: in the head (or it is the start of the message); `text` is the line.
        start, end: bytes of the decoded body, or, with `tokens`, counts of its bytes that are no white space: those are
            the same in JSON that was laid out anew.
        packets: first and last packet that can have carried it, where that is known.
    """

    exchange: str
    side: Side
    head: bool = False
    text: str = ""
    start: int = 0
    end: int = 0
    tokens: bool = False
    packets: tuple[int, int] | None = None


Origin = InPacket | InMessage
