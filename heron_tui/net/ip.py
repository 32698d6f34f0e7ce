"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers."""

import socket
import struct
from typing import NamedTuple

from ..model.packet import Buffer
from .link import IPV6, Unreadable, need

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION = 0, 43, 44, 51, 60
MOBILITY, HIP, SHIM6 = 135, 139, 140
EXTENSIONS = frozenset({HOP_BY_HOP, ROUTING, DESTINATION, MOBILITY, HIP, SHIM6, AUTHENTICATION, FRAGMENT})
MOST_EXTENSIONS = 16
JUMBO_OPTION = 0xC2  # RFC 2675
V4_PREFIX = 0xFFFF << 32  # IPv4 addresses stand as ::ffff:a.b.c.d

_v4 = struct.Struct(">BxHHHxBxxII").unpack_from
_v6 = struct.Struct(">IHBxqqqq").unpack_from
_fragment_header = struct.Struct(">BxHI").unpack_from
_u32 = struct.Struct(">I").unpack_from


class Address(NamedTuple):
    """128 bits in two signed halves, so that a column of 64-bit integers can hold each."""

    high: int
    low: int

    def __str__(self) -> str:
        packed = struct.pack(">qq", *self)
        if self.high == 0 and self.low >> 32 == 0xFFFF:
            return socket.inet_ntop(socket.AF_INET, packed[12:])
        return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]"


class Fragment(NamedTuple):
    """Where a fragment's bytes belong in its datagram."""

    id: int
    offset: int
    more: bool


class Datagram(NamedTuple):
    """What stands behind the IP headers: on the wire its bytes are ``[start, end)``; the capture may lack some.

    `id` is the IPv4 identification (0 for IPv6).
    """

    protocol: int
    source: Address
    target: Address
    start: int
    end: int
    id: int = 0
    fragment: Fragment | None = None


def datagram(data: Buffer, start: int, end: int, wire_end: int, kind: int) -> Datagram:
    """Read the IP headers at `start`; `end` is where the captured bytes end, `wire_end` where the frame ended.

    Raises:
        Unreadable: a header is cut, or says what cannot be.
    """
    return _ipv6(data, start, end, wire_end) if kind == IPV6 else _ipv4(data, start, end, wire_end)


def _ipv4(data: Buffer, start: int, end: int, wire_end: int) -> Datagram:
    need(start + 20, end, "IPv4 header")
    first, total, identification, place, protocol, source, target = _v4(data, start)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20 or (total and total < header):
        raise Unreadable("bad IPv4 header")
    need(start + header, end, "IPv4 header")
    # Segmentation offload leaves 0 where a length would not fit: then the frame says it.
    finish = start + total if total else wire_end
    piece = Fragment(identification, (place & 0x1FFF) * 8, bool(place & 0x2000)) if place & 0x3FFF else None
    from_address, to_address = Address(0, V4_PREFIX | source), Address(0, V4_PREFIX | target)
    return Datagram(protocol, from_address, to_address, start + header, finish, identification, piece)


def _ipv6(data: Buffer, start: int, end: int, wire_end: int) -> Datagram:
    need(start + 40, end, "IPv6 header")
    first, length, following, *halves = _v6(data, start)
    if first >> 28 != 6:
        raise Unreadable("bad IPv6 header")
    finish = start + 40 + length if length else wire_end
    at, piece, count = start + 40, None, 0
    while following in EXTENSIONS and piece is None:  # headers behind a fragment header are part of what was cut
        count += 1
        if count > MOST_EXTENSIONS:
            raise Unreadable("too many IPv6 extension headers")
        need(at + 8, end, "IPv6 extension header")
        size = 8
        if following == FRAGMENT:
            after, place, identification = _fragment_header(data, at)
            if place & 0xFFF9:  # an atomic fragment (RFC 6946) is whole
                piece = Fragment(identification, place & 0xFFF8, bool(place & 1))
        else:
            after = data[at]
            size = (data[at + 1] + 2) * 4 if following == AUTHENTICATION else (data[at + 1] + 1) * 8
            need(at + size, end, "IPv6 extension header")
            if following == HOP_BY_HOP and not length:
                jumbo = _jumbo(data, at + 2, at + size)
                finish = min(start + 40 + jumbo, wire_end) if jumbo else finish
        following, at = after, at + size
    source, target = Address(*halves[:2]), Address(*halves[2:])
    return Datagram(following, source, target, at, finish, 0, piece)


def _jumbo(data: Buffer, at: int, end: int) -> int:
    """The length in the jumbo payload option, 0 if there is none."""
    while at + 1 < end:
        if data[at] == 0:  # Pad1 has no length
            at += 1
        elif data[at] == JUMBO_OPTION and data[at + 1] == 4 and at + 6 <= end:
            return int(_u32(data, at + 2)[0])
        else:
            at += 2 + data[at + 1]
    return 0
