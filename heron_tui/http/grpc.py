"""gRPC messages in a body: a flag byte, four bytes of length, the message ("gRPC over HTTP2", grpc.io)."""

import numpy as np

from .events import Found

PREFIX = 5


class Grpc:
    """Splits length-prefixed messages, however their bytes are cut. See `Splitter`.

    Behind a gap nothing more is told, since nothing marks where the next message begins. Compressed messages (flag 1)
    are told as they are; their name says `compressed`.
    """

    kind = "grpc"

    def __init__(self, limit: int) -> None:
        self.start = 0
        self.overflows = 0
        self._limit = limit
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = PREFIX
        self._over = False

    @property
    def unfinished(self) -> int:
        return self._held

    def feed(self, data: bytes) -> Found:
        """The messages that the next bytes of the body complete."""
        if self._over:
            self.start += len(data)
            return Found()
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return Found()
        text = b"".join(self._parts)
        at, self._wanted = 0, PREFIX
        names: list[str] = []
        told: list[bytes] = []
        places = [self.start]
        while len(text) - at >= PREFIX:
            size = PREFIX + int.from_bytes(text[at + 1 : at + PREFIX])
            if size > self._limit or text[at] & 0x7E:
                self.overflows += 1
                self.gap()
                return _found(names, told, places)
            if len(text) - at < size:
                self._wanted = size
                break
            names.append("compressed" if text[at] & 1 else "")
            told.append(text[at + PREFIX : at + size])
            self.start += size
            places.append(self.start)
            at += size
        self._parts, self._held = [text[at:]], len(text) - at
        return _found(names, told, places)

    def gap(self) -> None:
        """Bytes are missing here."""
        self.start += self._held
        self._parts, self._held, self._over = [], 0, True

    def close(self, _whole: bool) -> Found:
        """The body is over."""
        return Found()


def _found(names: list[str], data: list[bytes], places: list[int]) -> Found:
    """Messages, each of which begins where the one before ends."""
    borders = np.array(places, np.int64)
    return Found(names, data, borders[:-1], borders[1:])
