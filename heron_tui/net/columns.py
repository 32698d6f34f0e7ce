"""A batch of packets as columns of TCP segments: the common shapes with numpy, all others one by one.

What the fast way says of a packet is exactly what `dissect_one` says; a packet that it is not sure of goes there.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..model.packet import Ints, PacketBatch
from ..model.packet_kind import Kind
from . import ip, link
from .dissect import MOST_LENGTH, Broken, Raw, Reassembled, Segment, dissect_one
from .fragments import Fragments

Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

UNSURE = -1  # in the kind column while it is filled
TCP = -2
_KIND_BY_PROTOCOL = np.full(256, Kind.OTHER, np.int64)
_KIND_BY_PROTOCOL[[ip.UDP, ip.ICMP, ip.ICMPV6, ip.TCP]] = Kind.UDP, Kind.ICMP, Kind.ICMP, TCP
_KIND_BY_PROTOCOL_V6 = _KIND_BY_PROTOCOL.copy()
_KIND_BY_PROTOCOL_V6[list(ip.EXTENSIONS)] = UNSURE

# Link header's size, and where its EtherType stands, of the link types that are read with numpy.
_HEADERS = dict.fromkeys((*link.RAW, link.IPV4_ONLY, link.IPV6_ONLY), (0, 0)) | {
    link.NULL: (4, 0),
    link.LOOP: (4, 0),
    link.ETHERNET: (14, 12),
    link.SLL: (16, 14),
    link.SLL2: (20, 0),
}
_TCP_FIELDS = [
    ("source_port", ">u2"),
    ("target_port", ">u2"),
    ("seq", ">u4"),
    ("ack", ">u4"),
    ("offset", "u1"),
    ("flags", "u1"),
    ("window", ">u2"),
    ("checksum", ">u2"),
    ("urgent", ">u2"),
]
_V4 = np.dtype(
    [
        ("version", "u1"),
        ("tos", "u1"),
        ("length", ">u2"),
        ("id", ">u2"),
        ("fragment", ">u2"),
        ("ttl", "u1"),
        ("protocol", "u1"),
        ("header_checksum", ">u2"),
        ("source_low", ">u4"),
        ("target_low", ">u4"),
        *_TCP_FIELDS,
    ]
)
_V6 = np.dtype(
    [
        ("version", "u1"),
        ("label", "V3"),
        ("length", ">u2"),
        ("protocol", "u1"),
        ("hops", "u1"),
        ("source_high", ">i8"),
        ("source_low", ">i8"),
        ("target_high", ">i8"),
        ("target_low", ">i8"),
        *_TCP_FIELDS,
    ]
)


@dataclass(slots=True)
class Segments:
    """TCP segments of a batch as parallel columns; see `dissect.Segment` for those that have its names.

    Attributes:
        index: place of the packet in its batch, rising.
        start: where the payload begins in the batch's data; -1 where it stands in `apart`, by index.
    """

    apart: dict[int, bytes]
    index: Ints
    source_high: Ints
    source_low: Ints
    target_high: Ints
    target_low: Ints
    source_port: Ints
    target_port: Ints
    seq: Ints
    ack: Ints
    flags: Ints
    window: Ints
    checksum: Ints
    id: Ints
    start: Ints
    have: Ints
    size: Ints

    def __len__(self) -> int:
        return len(self.index)


_COLUMNS = [column.name for column in fields(Segments) if column.name != "apart"]


@dataclass(slots=True)
class Dissection:
    """What stands in the packets of a batch: `kind` by packet (`TCP` for those with a segment), and the segments."""

    kind: Ints
    segments: Segments
    broken: list[tuple[int, str]]


def dissect(batch: PacketBatch, fragments: Fragments) -> Dissection:
    """Read all packets of `batch`."""
    kind = np.full(len(batch), UNSURE, np.int64)
    tables = _fast(batch, kind)
    broken: list[tuple[int, str]] = []
    slow = np.flatnonzero(kind == UNSURE)
    apart: dict[int, bytes] = {}
    if len(slow):
        tables.append(_one_by_one(batch, slow, fragments, kind=kind, broken=broken, apart=apart))
    return Dissection(kind, _merged(tables, apart), broken)


def _fast(batch: PacketBatch, kind: Ints) -> list[list[Ints]]:
    """Fill `kind` where it is clear what a packet is; the columns of the TCP segments among them, a table a shape."""
    data = np.frombuffer(batch.data, np.uint8)
    tables: list[list[Ints]] = []
    alike = bool((batch.link == batch.link[0]).all())
    for link_type in {batch.link.item(0)} if alike else set(batch.link.tolist()):
        packets = Packets(np.arange(len(batch)), batch.pos, batch.caplen, batch.length)
        if not alike:
            packets = packets.only(batch.link == link_type)
        version, start = _network(data, packets, link_type)
        for layout, number in ((_V4, 4), (_V6, 6)):
            fit = version == number
            fit &= start + layout.itemsize <= packets.pos + packets.caplen
            if fit.all():
                tables.append(_shape(data, packets, start, layout=layout, kind=kind))
                break
            if fit.any():
                tables.append(_shape(data, packets.only(fit), start[fit], layout=layout, kind=kind))
    return tables


class Packets(NamedTuple):
    """Some packets of a batch: their rows in it, and columns of those."""

    rows: Ints
    pos: Ints
    caplen: Ints
    length: Ints

    def only(self, these: Bools) -> "Packets":
        return Packets(*(column[these] for column in self))


def _network(data: Bytes, packets: Packets, link_type: int) -> tuple[Ints, Ints]:
    """IP version (0: not sure) and place of the network layer of packets that share a link type."""
    start = packets.pos
    size, at = _HEADERS.get(link_type, (0, 0))
    fits = packets.caplen > size + 4  # a VLAN tag, too, should there be one
    if link_type not in _HEADERS or not fits.any():
        return np.zeros(len(start), np.int64), start
    where = start if fits.all() else np.where(fits, start, start[fits][0])
    if not size:
        return (_read(data, where, "u1") >> 4) * fits, start
    if link_type in (link.NULL, link.LOOP):
        family = np.minimum(_read(data, where, ">u4"), _read(data, where, "<u4"))  # the other order has it far higher
        return _version(family, link.FAMILIES) * fits, start + size
    ether = _read(data, where + at, ">u2")
    if (ether > link.IPV4).any():
        tagged = np.isin(ether, list(link.VLAN_TAGS))
        ether = np.where(tagged, _read(data, where + size + 2, ">u2"), ether)
        start = start + 4 * tagged
    return ((ether == link.IPV4) * 4 + (ether == link.IPV6) * 6) * fits, start + size


def _version(values: Ints, meaning: dict[int, int]) -> Ints:
    """4 or 6 for values that mean IPv4 or IPv6, 0 for others."""
    four = [value for value, ether in meaning.items() if ether == link.IPV4]
    six = [value for value, ether in meaning.items() if ether == link.IPV6]
    return np.isin(values, four) * 4 + np.isin(values, six) * 6


def _read(data: Bytes, at: Ints, kind: str) -> Ints:
    """The numbers that stand at `at`, which need not be aligned."""
    size = np.dtype(kind).itemsize
    return np.ndarray((len(data) - size + 1,), kind, data, strides=(1,))[at].astype(np.int64)


def _shape(data: Bytes, packets: Packets, start: Ints, *, layout: np.dtype[np.void], kind: Ints) -> list[Ints]:
    """Read packets whose IP headers stand at `start` and look like `layout`, without options."""
    windows = np.ndarray((len(data) - layout.itemsize + 1,), f"V{layout.itemsize}", data, strides=(1,))
    head = windows[start].view(layout)
    rows, end = packets.rows, packets.pos + packets.caplen
    length = head["length"].astype(np.int64)
    if layout is _V4:
        header, finish = 20, start + length
        clear = (head["version"] == 0x45) & ((head["fragment"] & 0x3FFF) == 0) & ((length == 0) | (length >= 20))
        verdict = _KIND_BY_PROTOCOL[head["protocol"]]
    else:
        header, finish = 40, start + 40 + length
        clear = head["version"] >> 4 == 6
        verdict = _KIND_BY_PROTOCOL_V6[head["protocol"]]
    if not length.all():  # of offloaded segments it is zero, and they end where the packet does
        wire_end = packets.pos + np.maximum(packets.caplen, np.minimum(packets.length, MOST_LENGTH))
        finish = np.where(length > 0, finish, wire_end)
    payload = start + header + (head["offset"] >> 4).astype(np.int64) * 4
    known_end = np.minimum(end, finish)
    whole = (payload >= start + header + 20) & (payload <= known_end)
    verdict = np.where(clear & ((verdict != TCP) | whole), verdict, UNSURE)
    kind[rows] = verdict

    chosen = verdict == TCP
    if not chosen.all():
        head, rows, payload = head[chosen], rows[chosen], payload[chosen]
        known_end, finish = known_end[chosen], finish[chosen]
    values: dict[str, Ints] = {"index": rows, "start": payload, "have": known_end - payload, "size": finish - payload}
    if layout is _V4:
        values["source_high"] = values["target_high"] = np.zeros(len(rows), np.int64)
        values["source_low"] = head["source_low"].astype(np.int64) | ip.V4_PREFIX
        values["target_low"] = head["target_low"].astype(np.int64) | ip.V4_PREFIX
    else:
        values["id"] = np.zeros(len(rows), np.int64)
    return [values[name] if name in values else head[name].astype(np.int64) for name in _COLUMNS]


def _one_by_one(
    batch: PacketBatch,
    rows: Ints,
    fragments: Fragments,
    *,
    kind: Ints,
    broken: list[tuple[int, str]],
    apart: dict[int, bytes],
) -> list[Ints]:
    """Read the packets `rows` with `dissect_one`."""
    table: list[tuple[int, ...]] = []
    columns = [batch.pos, batch.caplen, batch.length, batch.link, batch.number, batch.time_us]
    for row, pos, caplen, length, link_type, number, time_us in zip(
        rows.tolist(), *(column[rows].tolist() for column in columns), strict=True
    ):
        raw = Raw(batch.data, pos, caplen, length, link_type, number, time_us)
        found = dissect_one(raw, fragments)
        if isinstance(found, Reassembled):
            segment = found.segment
            apart[row] = found.data[segment.start : segment.start + segment.have]
            found = segment._replace(start=-1)
        if isinstance(found, Segment):
            kind[row] = TCP
            table.append((row, *found))
        elif isinstance(found, Broken):
            kind[row] = Kind.BROKEN
            broken.append((row, found.why))
        else:
            kind[row] = found
    return list(np.array(table, np.int64).reshape(-1, len(_COLUMNS)).T)


def _merged(tables: list[list[Ints]], apart: dict[int, bytes]) -> Segments:
    """One table in the order of the packets."""
    if len(tables) == 1:
        return Segments(apart, *tables[0])
    if not tables:
        return Segments(apart, *(np.zeros(0, np.int64) for _ in _COLUMNS))
    columns = [np.concatenate(parts) for parts in zip(*tables, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Segments(apart, *(column[order] for column in columns))
