"""Replay at the capture's own pace. It knows no clock: the caller says how to wait."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ..model.packet import PacketBatch
from .merge import cut

STEP = 0.1
"""Seconds waited at once. Packets that fall due meanwhile come together."""

LEAP_US = 86_400_000_000
"""A longer silence (a day of capture time) is not waited for: it is a damaged time, or another capture."""


def paced(
    batches: Iterable[PacketBatch | None], speed: float, sleep: Callable[[float], object]
) -> Iterator[PacketBatch | None]:
    """The same packets, held back until they are due; None after each STEP in which none was.

    Args:
        batches: from `Sources.batches`.
        speed: capture seconds per second, positive: 1 is the capture's own pace.
        sleep: waits so many seconds.
    """
    step_us = max(int(STEP * speed * 1_000_000), 1)
    now_us: int | None = None
    for batch in batches:
        if batch is None:
            yield None
            continue
        times = np.maximum.accumulate(batch.time_us)
        start = 0
        while start < len(batch):
            if now_us is None or times[start] - now_us > LEAP_US:
                now_us = int(times[start])
            due = max(int(np.searchsorted(times, now_us, side="right")), start)
            yield cut(batch, start, due) if due > start else None
            start = due
            if start < len(batch):
                sleep(STEP)
                now_us += step_us
