"""Lines of JSON: application/x-ndjson and its like. Each line that is not blank is an event."""

import numpy as np

from .events import Found


class Ndjson:
    """Splits lines, however their bytes are cut. See `Splitter`.

    The last line needs no line end where the body is whole; in a body that was cut it is left out.
    """

    kind = "ndjson"

    def __init__(self, limit: int) -> None:
        self.start = 0
        self.overflows = 0
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self._skipping = False

    @property
    def unfinished(self) -> int:
        return self._held

    def feed(self, data: bytes) -> Found:
        """The lines that the next bytes of the body complete."""
        if self._skipping:
            at = data.find(b"\n") + 1
            self.start += at or len(data)
            if not at:
                return Found()
            self._skipping = False
            data = data[at:]
        if b"\n" not in data:
            self._hold(data)
            return Found()
        text = b"".join((*self._parts, data))
        lines = text.split(b"\n")
        kept: list[bytes] = []
        starts: list[int] = []
        ends: list[int] = []
        end = self.start
        for line in lines[:-1]:
            start, end = end, end + len(line) + 1
            if line := line.strip(b" \t\r"):
                kept.append(line)
                starts.append(start)
                ends.append(end)
        self.start, self._parts, self._held = end, [], 0
        self._hold(lines[-1])
        return Found([""] * len(kept), kept, np.array(starts, np.int64), np.array(ends, np.int64))

    def gap(self) -> None:
        """Bytes are missing here."""
        self.start += self._held
        self._parts, self._held, self._skipping = [], 0, True

    def close(self, whole: bool) -> Found:
        """The body is over: if it is whole, its last line is one, with or without line end."""
        if not whole or not self._held:
            return Found()
        found = self.feed(b"\n")
        if found:
            found.ends[-1] -= 1
        return found

    def _hold(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self._held += len(data)
        if self._held > self._limit:
            self.overflows += 1
            self.gap()
