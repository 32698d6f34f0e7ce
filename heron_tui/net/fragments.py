"""Fragments of IP datagrams, put together again."""

from collections import OrderedDict
from dataclasses import dataclass, field

from .ip import Datagram
from .limits import Limits

MOST_BYTES = 65_535
MOST_PIECES = 256
Key = tuple[int, int, int, int, int, int]


@dataclass(slots=True)
class _Partial:
    """A datagram of which some fragments have come, by their offset."""

    packet: int
    time_us: int
    pieces: dict[int, bytes] = field(default_factory=dict)
    size: int | None = None

    def whole(self) -> bytes | None:
        if self.size is None or sum(map(len, self.pieces.values())) < self.size:
            return None
        data = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(data):
                return None
            data += self.pieces[offset][len(data) - offset :]
        return bytes(data[: self.size]) if len(data) >= self.size else None


class Fragments:
    """Holds fragments until their datagrams are whole. Bounded in time, bytes and number.

    Attributes:
        lost: packet and time of the first fragment of each datagram that was given up; the reader empties it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._partials: OrderedDict[Key, _Partial] = OrderedDict()
        self._bytes = 0
        self.lost: list[tuple[int, int]] = []

    def add(self, datagram: Datagram, data: bytes, packet: int, time_us: int) -> bytes | None:
        """Take one fragment's bytes; the bytes of the whole datagram once it is complete."""
        piece = datagram.fragment
        assert piece is not None
        self.expire(time_us)
        if not data or piece.offset + len(data) > MOST_BYTES:
            return None
        key = (*datagram.source, *datagram.target, datagram.protocol, piece.id)
        partial = self._partials.setdefault(key, _Partial(packet, time_us))
        if not piece.more:
            partial.size = piece.offset + len(data)
        known = len(partial.pieces.get(piece.offset, b""))
        if len(data) > known:
            self._bytes += len(data) - known
            partial.pieces[piece.offset] = data
        whole = partial.whole()
        if whole is not None:
            self._forget(key)
        elif len(partial.pieces) > MOST_PIECES:
            self._give_up(key)
        while self._bytes > self._limits.fragment_bytes or len(self._partials) > self._limits.datagrams:
            self._give_up(next(iter(self._partials)))
        return whole

    def expire(self, time_us: int | None = None) -> None:
        """Give up what has waited too long at `time_us`; without it, everything."""
        while self._partials:
            key, oldest = next(iter(self._partials.items()))
            if time_us is not None and time_us - oldest.time_us <= self._limits.fragment_us:
                break
            self._give_up(key)

    def _give_up(self, key: Key) -> None:
        partial = self._forget(key)
        self.lost.append((partial.packet, partial.time_us))

    def _forget(self, key: Key) -> _Partial:
        partial = self._partials.pop(key)
        self._bytes -= sum(map(len, partial.pieces.values()))
        return partial
