"""How much the http floor holds. Whatever goes beyond is dropped and counted, never waited for."""

from dataclasses import dataclass

KIB, MIB = 1 << 10, 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of the http floor, in bytes unless said otherwise.

    Attributes:
        body: decoded bytes kept of one body. Events of longer streams are still told; their body is cut.
        swell: how many times its own size (a count) a compressed body or message may decode to; what providers and
            agents send stays below 50. plain: decoded bytes that any may come to, however small it is.
        total: bytes kept of all bodies under way together.
        head: one message head, or one trailer section.
        event: one event, line or message that has not ended.
        pipelined: requests (a count) that wait for an answer on one connection.
        waiting: bytes of a client that speaks behind an Upgrade or CONNECT request which is not answered yet, and of a
            connection whose protocol is not clear yet.
        hunt: bytes of a connection joined midway that are searched for a message head.
        resync: bytes held behind a gap in a chunked body until a chunk header is believed.
        early: events (a count) of a response that is held back because its request is not whole yet.
        closed: connections (a count) remembered after their end, so that late bytes of theirs start nothing.
        streams: HTTP/2 streams (a count) open on one connection.
    """

    body: int = 64 * MIB
    swell: int = 200
    plain: int = MIB
    total: int = 512 * MIB
    head: int = 512 * KIB
    event: int = 64 * MIB
    pipelined: int = 1000
    waiting: int = MIB
    hunt: int = 256 * MIB
    resync: int = MIB
    early: int = 10_000
    closed: int = 10_000
    streams: int = 10_000

    def decoded(self, size: int) -> int:
        """Bytes that `size` compressed ones may decode to."""
        return max(self.plain, self.swell * size)


class Budget:
    """Bytes that all bodies under way may hold together."""

    __slots__ = ("_left",)

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> int:
        """How many of `size` bytes may be kept; they count as held."""
        granted = min(size, self._left)
        self._left -= granted
        return granted

    def give_back(self, size: int) -> None:
        self._left += size
