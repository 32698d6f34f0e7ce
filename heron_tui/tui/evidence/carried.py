"""Packets of one direction, in the order of their sequence numbers: which of them carried which byte."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from ...store.shapes import CapturedPacket
from ..layers import dissect

Range = tuple[int, int]
HALF, WHOLE = 1 << 31, 1 << 32


class Spot(Struct, frozen=True):
    """Ranges of the bytes of one packet, as captured."""

    packet: int
    ranges: Sequence[Range]


class Piece(Struct, frozen=True):
    """Bytes [start, end) of the stream: they stand at `at` in a packet."""

    start: int
    end: int
    packet: int
    at: int


class Carried:
    """The bytes that packets carried between two of them, put in order.

    Args:
        packets: candidates, in order of capture; a byte that came twice counts where it came first.
        first, last: numbers of the packets with the first and the last byte that matter.

    Attributes:
        data: the bytes from the first byte of packet `first`; a hole is filled with zeros.
        pieces: where they are, in order.
    """

    def __init__(self, packets: Iterable[CapturedPacket], first: int, last: int) -> None:
        found = list(segments(packets))
        base = next((sequence for number, sequence, _, _ in found if number == first), None)
        pieces: list[Piece] = []
        held: dict[int, bytes] = {}
        limit, top = 0, -HALF
        for number, sequence, at, payload in found if base is not None else ():
            start = (sequence - (base or 0) + HALF) % WHOLE - HALF
            held[number] = payload
            if number == last:
                limit = start + len(payload)
            new = Piece(start, start + len(payload), number, at)
            pieces += [new] if start >= top else _fresh(pieces, new)
            top = max(top, new.end)
        self.pieces = sorted(
            (piece for piece in pieces if piece.end > 0 and piece.start < limit), key=lambda piece: piece.start
        )
        self._starts = [piece.start for piece in self.pieces]
        self.data = bytearray(limit)
        payload_at = {number: at for number, _, at, _ in found}
        for piece in self.pieces:
            begin = piece.at - payload_at[piece.packet]
            shown = held[piece.packet][begin : begin + piece.end - piece.start]
            skip = max(-piece.start, 0)
            self.data[piece.start + skip : piece.end] = shown[skip:]
        del self.data[limit:]

    def spots(self, ranges: Iterable[Range], within: Range | None = None) -> list[Spot]:
        """Where ranges of the stream are, packet by packet; only packets numbered in `within`, both included."""
        found: dict[int, list[Range]] = {}
        for start, end in ranges:
            for piece in self._overlapping(start, end):
                if within is None or within[0] <= piece.packet <= within[1]:
                    first = piece.at + max(start, piece.start) - piece.start
                    last = piece.at + min(end, piece.end) - piece.start
                    mine = found.setdefault(piece.packet, [])
                    if mine and mine[-1][1] == first:
                        first = mine.pop()[0]
                    mine.append((first, last))
        return [Spot(packet, mine) for packet, mine in found.items()]

    def in_packet(self, packet: int) -> list[Piece]:
        return [piece for piece in self.pieces if piece.packet == packet]

    def _overlapping(self, start: int, end: int) -> Iterator[Piece]:
        place = max(bisect_right(self._starts, start) - 1, 0)
        while place < len(self.pieces) and self.pieces[place].start < end:
            if self.pieces[place].end > start:
                yield self.pieces[place]
            place += 1


def _fresh(pieces: Sequence[Piece], new: Piece) -> list[Piece]:
    """What of `new` no piece holds yet."""
    parts = [new]
    for piece in pieces:
        if piece.start < new.end and piece.end > new.start:
            parts = [rest for part in parts for rest in _without(part, piece)]
    return parts


def _without(part: Piece, piece: Piece) -> Iterator[Piece]:
    if part.start < min(piece.start, part.end):
        yield Piece(part.start, min(piece.start, part.end), part.packet, part.at)
    if max(piece.end, part.start) < part.end:
        start = max(piece.end, part.start)
        yield Piece(start, part.end, part.packet, part.at + start - part.start)


def segments(packets: Iterable[CapturedPacket]) -> Iterator[tuple[int, int, int, bytes]]:
    """Number, sequence number, place and bytes of the payload of each packet that has one."""
    internet: dict[int, int] = {}
    for packet in packets:
        place = _quick(packet.data, internet[packet.link]) if packet.link in internet else None
        if place is None:
            place = _slow(packet, internet)
        if place is not None:
            sequence, start, end = place
            if end > start:
                yield packet.number, sequence, start, packet.data[start:end]


def _slow(packet: CapturedPacket, internet: dict[int, int]) -> tuple[int, int, int] | None:
    found = dissect(packet.data, packet.link)
    at = {layer.name: layer.start for layer in found.layers}
    if "TCP" not in at or found.payload is None:
        return None
    internet[packet.link] = at.get("IPv4", at.get("IPv6", 0))
    return int.from_bytes(packet.data[at["TCP"] + 4 : at["TCP"] + 8]), *found.payload


def _quick(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The same for TCP in plain IPv4 or IPv6 that begins at `at`; None for anything else."""
    if len(data) < at + 40:
        return None
    version = data[at] >> 4
    if version == 4 and data[at + 9] == 6:
        tcp, end = at + (data[at] & 15) * 4, at + int.from_bytes(data[at + 2 : at + 4])
    elif version == 6 and data[at + 6] == 6:
        tcp, end = at + 40, at + 40 + int.from_bytes(data[at + 4 : at + 6])
    else:
        return None
    if end <= tcp or len(data) < tcp + 20:  # no length: offloading
        return None
    return int.from_bytes(data[tcp + 4 : tcp + 8]), tcp + (data[tcp + 12] >> 4) * 4, min(end, len(data))
