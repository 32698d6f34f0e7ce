"""When the capture lost bytes, and on the way to whom."""

from bisect import bisect_left
from collections.abc import Iterable

STEP_US = 1_000_000
"""Losses to one address that lie nearer together than this are kept as one."""

MOST = 10_000
"""Addresses kept, and losses of each; of more, the oldest are forgotten."""


class Holes:
    def __init__(self) -> None:
        self._times: dict[str, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._times)

    def add(self, addresses: Iterable[str], t_us: int) -> bool:
        """Take note of a loss between addresses; whether it says anything new."""
        new = [self._add(address, t_us) for address in addresses]
        return any(new)

    def between(self, addresses: Iterable[str], start_us: int, end_us: int | None) -> bool:
        """Whether bytes to or from one of the addresses were lost in a stretch of time, give or take a step.

        Args:
            end_us: None for no end.
        """
        for address in addresses:
            times = self._times.get(address, [])
            at = bisect_left(times, start_us - STEP_US)
            if at < len(times) and (end_us is None or times[at] < end_us + STEP_US):
                return True
        return False

    def _add(self, address: str, t_us: int) -> bool:
        times = self._times.setdefault(address, [])
        at = bisect_left(times, t_us - STEP_US + 1)
        if at < len(times) and times[at] <= t_us:
            return False
        times.insert(at, t_us)
        del times[: len(times) - MOST]
        if len(self._times) > MOST:
            del self._times[next(iter(self._times))]
        return True
