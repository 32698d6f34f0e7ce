"""gRPC messages in a body: a flag byte, four bytes of length, the message ("gRPC over HTTP2", grpc.io)."""

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
        found = Found()
        if self._over:
            self.start += len(data)
            return found
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return found
        text = b"".join(self._parts)
        at, self._wanted = 0, PREFIX
        while len(text) - at >= PREFIX:
            size = PREFIX + int.from_bytes(text[at + 1 : at + PREFIX])
            if size > self._limit or text[at] & 0x7E:
                self.overflows += 1
                self.gap()
                return found
            if len(text) - at < size:
                self._wanted = size
                break
            found.names.append("compressed" if text[at] & 1 else "")
            found.data.append(text[at + PREFIX : at + size])
            found.starts.append(self.start)
            found.ends.append(self.start + size)
            self.start += size
            at += size
        self._parts, self._held = [text[at:]], len(text) - at
        return found

    def gap(self) -> None:
        """Bytes are missing here."""
        self.start += self._held
        self._parts, self._held, self._over = [], 0, True

    def close(self, _whole: bool) -> Found:
        """The body is over."""
        return Found()
