"""Captures built byte by byte, and what reading one gives."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from heron_tui.capture import open_sources
from heron_tui.model.packet import PacketBatch, Source

ETHERNET = 1
MICRO, NANO, MODIFIED = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
BASE = 1_700_000_000

Packet = tuple[bytes, int]
"""Bytes and time in microseconds."""


def pcap_header(order: str = "<", magic: int = MICRO, link: int = ETHERNET, snaplen: int = 262144) -> bytes:
    return struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)


def pcap_record(data: bytes, time_us: int, order: str = "<", magic: int = MICRO, *, length: int | None = None) -> bytes:
    seconds, fraction = divmod(time_us, 1_000_000)
    fraction *= 1000 if magic == NANO else 1
    head = struct.pack(order + "IIII", seconds, fraction, len(data), len(data) if length is None else length)
    return head + (bytes(8) if magic == MODIFIED else b"") + data


def pcap(packets: Iterable[Packet], order: str = "<", magic: int = MICRO, **header: int) -> bytes:
    records = (pcap_record(data, time_us, order, magic) for data, time_us in packets)
    return pcap_header(order, magic, **header) + b"".join(records)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order: str = "<", *, major: int = 1, options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, major, 0, -1) + options, order)


def interface(order: str = "<", *, link: int = ETHERNET, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def enhanced(
    data: bytes, ticks: int, order: str = "<", interface: int = 0, *, options: bytes = b"", caplen: int | None = None
) -> bytes:
    caplen = len(data) if caplen is None else caplen
    head = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, caplen, len(data))
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def obsolete(
    data: bytes, ticks: int, order: str = "<", *, interface: int = 0, drops: int = 0xFFFF, options: bytes = b""
) -> bytes:
    head = struct.pack(order + "HHIIII", interface, drops, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + data + bytes(-len(data) % 4) + options, order)


def simple(data: bytes, order: str = "<", *, length: int | None = None) -> bytes:
    return block(3, struct.pack(order + "I", len(data) if length is None else length) + data, order)


def pcapng(packets: Iterable[Packet], order: str = "<") -> bytes:
    return section(order) + interface(order) + b"".join(enhanced(data, time_us, order) for data, time_us in packets)


@dataclass
class Reading:
    """Packets as (number, time_us, bytes, length, link, file), and what was said."""

    packets: list[tuple[int, int, bytes, int, int, int]] = field(default_factory=list)
    comments: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)  # (file, file_pos)

    @property
    def contents(self) -> list[tuple[int, bytes]]:
        return [(time_us, data) for _, time_us, data, *_ in self.packets]

    def take(self, batch: PacketBatch) -> None:
        self.sizes.append(len(batch))
        rows = zip(
            *(
                getattr(batch, name).tolist()
                for name in ("number", "time_us", "pos", "caplen", "length", "link", "file", "file_pos")
            ),
            strict=True,
        )
        for number, time_us, pos, caplen, length, link, file, file_pos in rows:
            self.packets.append((number, time_us, bytes(batch.data[pos : pos + caplen]), length, link, file))
            self.places.append((file, file_pos))
            assert length >= caplen >= 0
        self.comments.update(batch.notes)


def read(*paths: Path | str, limit: int = 32768, spool: Path | None = None) -> Reading:
    """Read to the end. The columns must agree with each other, and `file_pos` must lead to the bytes again."""
    sources = open_sources([str(path) for path in paths], spool=spool)
    reading = Reading()
    for batch in sources.batches(limit):
        if batch is not None:
            reading.take(batch)
    reading.notes, reading.sources = sources.notes, sources.sources
    sources.close()
    assert [packet[0] for packet in reading.packets] == list(range(1, len(reading.packets) + 1))
    raw = [Path(source.raw_path).read_bytes() if source.raw_path else None for source in sources.sources]
    for (_, _, data, *_), (file, file_pos) in zip(reading.packets, reading.places, strict=True):
        assert raw[file] is None or raw[file][file_pos : file_pos + len(data)] == data
    return reading


def read_bytes(
    tmp_path: Path, data: bytes, name: str = "capture", *, limit: int = 32768, spool: Path | None = None
) -> Reading:
    path = tmp_path / name
    path.write_bytes(data)
    return read(path, limit=limit, spool=spool)


def packets(count: int, *, start: int = BASE * 1_000_000 + 5, step: int = 1000, size: int = 60) -> list[Packet]:
    """`count` packets that differ, `step` microseconds apart."""
    return [(index.to_bytes(4, "big") * (size // 4), start + index * step) for index in range(count)]
