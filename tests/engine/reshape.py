"""A capture cut into other packets: the same bytes at the same times, in other segments and another order."""

import random
import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

Packet = tuple[int, int, bytes]  # seconds, microseconds, bytes


def read(path: Path) -> tuple[bytes, list[Packet]]:
    """The header and the packets of a little-endian microsecond pcap of Ethernet, as the lab makes them."""
    data = path.read_bytes()
    packets, at = [], 24
    while at < len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds, micros, data[at + 16 : at + 16 + size]))
        at += 16 + size
    return data[:24], packets


def write(path: Path, header: bytes, packets: list[Packet]) -> None:
    with path.open("wb") as out:
        out.write(header)
        for seconds, micros, data in packets:
            out.write(struct.pack("<IIII", seconds, micros, len(data), len(data)) + data)


def payload_at(packet: bytes) -> int | None:
    """Where the TCP payload begins; None for anything but IPv4 and TCP with payload."""
    if packet[12:14] != b"\x08\x00" or packet[23] != 6:
        return None
    tcp = 14 + (packet[14] & 15) * 4
    start = tcp + (packet[tcp + 12] >> 4) * 4
    return start if start < len(packet) else None


def split(packet: Packet, cuts: list[int]) -> Iterator[Packet]:
    """One data packet as several, cut at these places of its payload."""
    seconds, micros, data = packet
    start = payload_at(data)
    assert start is not None
    tcp = 14 + (data[14] & 15) * 4
    sequence = struct.unpack_from(">I", data, tcp + 4)[0]
    edges = [0, *sorted(cuts), len(data) - start]
    for low, high in pairwise(edges):
        head = bytearray(data[:start])
        struct.pack_into(">H", head, 16, start - 14 + high - low)
        struct.pack_into(">I", head, tcp + 4, (sequence + low) & 0xFFFFFFFF)
        if high < len(data) - start:
            head[tcp + 13] &= ~1  # FIN goes with the last piece
        yield seconds, micros, bytes(head) + data[start + low : start + high]


def resplit(source: Path, target: Path, rng: random.Random, pieces: Callable[[int], int]) -> None:
    """Every payload cut into `pieces(size)` random pieces."""
    header, packets = read(source)
    out: list[Packet] = []
    for packet in packets:
        start = payload_at(packet[2])
        if start is None:
            out.append(packet)
            continue
        size = len(packet[2]) - start
        count = min(pieces(size), size)
        out += split(packet, rng.sample(range(1, size), count - 1) if count > 1 else [])
    write(target, header, out)


def disorder(source: Path, target: Path, rng: random.Random) -> None:
    """Pieces as in `resplit`, some doubled, some swapped with their neighbour of the same payload."""
    header, packets = read(source)
    out: list[Packet] = []
    for packet in packets:
        start = payload_at(packet[2])
        if start is None or len(packet[2]) - start < 8:
            out.append(packet)
            continue
        size = len(packet[2]) - start
        parts = list(split(packet, rng.sample(range(1, size), 3)))
        if rng.random() < 0.3:
            parts.insert(rng.randrange(len(parts)), rng.choice(parts))
        if rng.random() < 0.5:
            parts[0], parts[1] = parts[1], parts[0]
        out += parts
    write(target, header, out)


def drop(source: Path, target: Path, rng: random.Random, share: float) -> None:
    """A capture that missed some of its packets."""
    header, packets = read(source)
    write(target, header, [p for p in packets if rng.random() >= share])


def cut_front(source: Path, target: Path, share: float) -> None:
    """A capture that began late."""
    header, packets = read(source)
    write(target, header, packets[int(len(packets) * share) :])


def double(source: Path, target: Path, _rng: random.Random) -> None:
    """A capture that holds everything twice, as those of `any` do."""
    header, packets = read(source)
    write(target, header, [packet for packet in packets for _ in range(2)])


def drop_ends(source: Path, target: Path, port: int, *, to: bool) -> None:
    """A capture without the FINs that one side sent: those to a port, or from it."""
    header, packets = read(source)
    at = 36 if to else 34
    ends = [
        data[14 + (data[14] & 15) * 4 + 13] & 1 and int.from_bytes(data[at : at + 2]) == port for *_, data in packets
    ]
    write(target, header, [packet for packet, end in zip(packets, ends, strict=True) if not end])
