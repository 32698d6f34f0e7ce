"""How times are shown: since the first packet, time of day, or since the row before."""

from dataclasses import dataclass
from typing import Literal

from .units import clock, since

Mode = Literal["since", "clock", "delta"]
MODES: tuple[Mode, ...] = ("since", "clock", "delta")


@dataclass(slots=True)
class Times:
    """Shared by all lists: `origin_us` is the time of the first packet."""

    origin_us: int = 0
    mode: Mode = "since"

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
