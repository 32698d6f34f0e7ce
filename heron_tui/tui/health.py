"""What the observer itself does and what it lost, each with a sentence on what that means."""

import subprocess
import sys
from collections import deque
from pathlib import Path

from msgspec import Struct, field

from ..engine.losses import LOSSES, Loss
from ..engine.protocol import Counters
from ..store import notes
from .document import Line, wrap
from .units import NONE, size, whole

OVER_S = 3.0
"""Seconds over which a rate is taken."""


class Rates(Struct):
    """How fast the engine is: packets and bytes at moments, as it told them."""

    seen: deque[tuple[float, int, int]] = field(default_factory=lambda: deque(maxlen=200))

    def add(self, now_s: float, counters: Counters) -> None:
        self.seen.append((now_s, counters.packets, counters.bytes))

    def per_second(self) -> tuple[float, float] | None:
        """Packets and bytes a second over the last seconds before the last word of the engine; None without words."""
        if len(self.seen) < 2:
            return None
        last = self.seen[-1]
        first = next(seen for seen in self.seen if last[0] - seen[0] <= OVER_S or seen is last)
        taken = last[0] - first[0]
        return ((last[1] - first[1]) / taken, (last[2] - first[2]) / taken) if taken > 0 else None


def memory(pid: int | None) -> int | None:
    """Bytes of memory that a process holds, None where that cannot be known."""
    if pid is None:
        return None
    try:
        if sys.platform == "linux":
            text = Path(f"/proc/{pid}/status").read_text()
            found = [line.split()[1] for line in text.splitlines() if line.startswith("VmRSS:")]
        else:
            asked = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
            found = asked.stdout.split()
    except OSError:
        return None
    return int(found[0]) * 1024 if found else None


def room(store: Path) -> int:
    """Bytes of a store on disk, with its log and its notes."""
    beside = (store, Path(f"{store}-wal"), notes.path_of(store))
    return sum(path.stat().st_size for path in beside if path.is_file())


class Health(Struct, frozen=True):
    """What is known of the observer.

    Attributes:
        state: of the capture, in a word. losses: counted by the engine; None before it said anything.
        rate: packets and bytes a second, where an engine runs. memory, own_memory: bytes of the engine, of the screen.
        said: what the engine noted for people.
    """

    state: str
    losses: Counters | None
    store: Path
    rate: tuple[float, float] | None = None
    memory: int | None = None
    own_memory: int | None = None
    said: tuple[str, ...] = ()


def lines(health: Health, width: int) -> list[Line]:
    """What is told of it, as lines of at most `width` cells: a name, a figure, and what it means.

    What was lost comes first, what can be and was not last.
    """
    counters = health.losses or Counters()
    found: list[Line] = [Line((("What was lost", "strong"),), rule="")]
    counted = [loss for loss in LOSSES if getattr(counters, loss.name)]
    for loss in counted:
        found += _loss(loss, counters, "warn", width)
    if all(loss.harmless for loss in counted):
        found.append(Line((("  ✓ Nothing was lost: every figure counts all that was captured.", "ok"),)))
    found += [Line(()), Line((("What it does", "strong"),), rule="")]
    found += _line("capture", health.state, "what the engine is doing; ctrl+e stops and starts it", "base", width)
    if health.rate:
        packets, per_second = health.rate
        found += _line("speed", f"{size(round(per_second))}/s", "bytes of packets a second just now", "base", width)
        found += _line("", f"{whole(round(packets))}/s", "packets a second", "base", width)
    if health.memory is not None:
        found += _line("engine", size(health.memory), "memory of the process that decodes", "base", width)
    if health.own_memory is not None:
        found += _line("screen", size(health.own_memory), "memory of this process", "base", width)
    found += _line("store", size(room(health.store)), str(health.store), "base", width)
    for name in ("packets", "flows", "exchanges", "events", "calls", "turns", "findings"):
        found += _line(name, whole(getattr(counters, name)), "", "base", width)
    found += [Line(()), Line((("What it said", "strong"),), rule="")]
    found += [Line(((f"  {note}", "base"),)) for note in health.said] or [Line(((f"  {NONE}", "muted"),))]
    found += [Line(()), Line((("What would be counted, and was not lost", "strong"),), rule="")]
    for loss in LOSSES:
        if loss not in counted:
            found += _loss(loss, counters, "ok", width)
    return found


def _loss(loss: Loss, counters: Counters, role: str, width: int) -> list[Line]:
    number = getattr(counters, loss.name)
    return _line(loss.word, size(number) if loss.in_bytes else whole(number), loss.meaning, role, width)


def _line(word: str, figure: str, meaning: str, role: str, width: int) -> list[Line]:
    first, *more = list(wrap(meaning, max(width - 32, 16))) or [""]
    lines = [Line(((f"  {word:<15} ", "muted"), (f"{figure:>12}  ", role), (first, "muted")))]
    return lines + [Line(((" " * 32 + text, "muted"),)) for text in more]
