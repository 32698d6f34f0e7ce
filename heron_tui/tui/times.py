"""How times are shown: since the first packet, time of day, or since the row before."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from .units import clock, since

Mode = Literal["since", "clock", "delta"]
MODES: tuple[Mode, ...] = ("since", "clock", "delta")


class Times(Struct):
    """Shared by all lists.

    Attributes:
        origin_us: time of the first packet.
        references: numbers and times of packets from which later packets count, in rising order.
    """

    origin_us: int = 0
    mode: Mode = "since"
    references: Sequence[tuple[int, int]] = ()

    def next_mode(self) -> Mode:
        self.mode = MODES[(MODES.index(self.mode) + 1) % len(MODES)]
        return self.mode

    def show(self, us: int | None, before_us: int | None = None) -> str:
        if us is None:
            return ""
        if self.mode == "clock":
            return clock(us, digits=3)
        if self.mode == "delta" and before_us is not None:
            return "+" + since(us - before_us)
        return since(us - self.origin_us)

    def show_packet(self, number: int, us: int, before_us: int) -> str:
        """As `show`; since the first packet means since the last time reference before, if there is one."""
        at = bisect_right(self.references, number, key=lambda reference: reference[0]) - 1
        if at < 0 or self.mode != "since":
            return self.show(us, before_us)
        reference, origin_us = self.references[at]
        return "*REF*" if reference == number else since(us - origin_us)
