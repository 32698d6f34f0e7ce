"""One packet, from its link header to its TCP payload. The reference for the columns of `columns.py`."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from ..model.packet import Buffer
from ..model.packet_kind import Kind
from . import ip, link
from .fragments import Fragments
from .ip import Address
from .link import Unreadable, need

FIN, SYN, RST, ACK = 1, 2, 4, 16
KINDS = {ip.UDP: Kind.UDP, ip.ICMP: Kind.ICMP, ip.ICMPV6: Kind.ICMP}
MOST_LENGTH = 1 << 24  # a record that claims a longer packet is damaged

_tcp = struct.Struct(">HHIIBBHH").unpack_from


class Raw(NamedTuple):
    """A packet as it was captured: ``data[start : start + caplen]``, `length` bytes on the wire."""

    data: Buffer
    start: int
    caplen: int
    length: int
    link: int
    packet: int
    time_us: int


class Segment(NamedTuple):
    """A TCP segment. The names are those of the columns in `columns.Segments`.

    Attributes:
        start: where its payload begins in the buffer it was read from.
        have, size: bytes of payload that were captured, and that the wire carried.
        id: IPv4 identification, 0 for IPv6.
    """

    source_high: int
    source_low: int
    target_high: int
    target_low: int
    source_port: int
    target_port: int
    seq: int
    ack: int
    flags: int
    window: int
    checksum: int
    id: int
    start: int
    have: int
    size: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A packet that cannot be read, and why."""

    why: str


class Reassembled(NamedTuple):
    """A TCP segment that came in fragments: `data` is the buffer that `segment.start` counts in."""

    segment: Segment
    data: bytes


def dissect_one(raw: Raw, fragments: Fragments) -> Segment | Reassembled | Broken | int:
    """Read one packet. Never raises.

    Returns:
        The TCP segment that it carries, or the `Kind` of what else it is. A fragment that completes its datagram gives
        what the datagram is.
    """
    data, start = raw.data, raw.start
    end, wire_end = start + raw.caplen, start + max(raw.caplen, min(raw.length, MOST_LENGTH))
    try:
        kind, at = link.network(data, start, end, raw.link)
        if kind not in (link.IPV4, link.IPV6):
            return Kind.OTHER
        datagram = ip.datagram(data, at, end, wire_end, kind)
        if datagram.fragment is None:
            if datagram.protocol != ip.TCP:
                return KINDS.get(datagram.protocol, Kind.OTHER)
            return segment(data, datagram.start, min(end, datagram.end), datagram.end, datagram)
        need(datagram.end, end, "fragment")
        whole = fragments.add(datagram, bytes(data[datagram.start : datagram.end]), raw.packet, raw.time_us)
        if whole is None:
            return Kind.FRAGMENT
        if datagram.protocol != ip.TCP:
            return KINDS.get(datagram.protocol, Kind.OTHER)
        return Reassembled(segment(whole, 0, len(whole), len(whole), datagram), whole)
    except Unreadable as problem:
        return Broken(str(problem))


def segment(data: Buffer, start: int, end: int, wire_end: int, datagram: ip.Datagram) -> Segment:
    """The TCP header (RFC 9293) at `start`; captured bytes go up to `end`, those of the wire to `wire_end`."""
    need(start + 20, end, "TCP header")
    source, target, seq, ack, offset, flags, window, checksum = _tcp(data, start)
    payload = start + (offset >> 4) * 4
    if payload < start + 20 or payload > wire_end:
        raise Unreadable("bad TCP header")
    need(payload, end, "TCP header")
    return Segment(
        *datagram.source,
        *datagram.target,
        source,
        target,
        seq,
        ack,
        flags,
        window,
        checksum,
        datagram.id,
        payload,
        end - payload,
        wire_end - payload,
    )


def endpoint(high: int, low: int, port: int) -> str:
    """``ip:port``, IPv6 as ``[ip]:port``."""
    return f"{Address(high, low)}:{port}"
