"""Link layers: from a captured frame to its network layer."""

import struct

from ..model.packet import Buffer

IPV4, IPV6 = 0x0800, 0x86DD
VLAN_TAGS = frozenset({0x8100, 0x88A8, 0x9100, 0x9200, 0x9300})  # IEEE 802.1Q, 802.1ad, and what came before it
MPLS = frozenset({0x8847, 0x8848})
PPPOE_SESSION = 0x8864
PPP_PROTOCOLS = {0x0021: IPV4, 0x0057: IPV6}

NULL, ETHERNET, LOOP, SLL, IPV4_ONLY, IPV6_ONLY, SLL2 = 0, 1, 108, 113, 228, 229, 276
RAW = frozenset({12, 14, 101})  # LINKTYPE_RAW, and DLT_RAW as some systems wrote it into files
FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}  # AF_INET; AF_INET6 of Linux, the BSDs, macOS

_u16 = struct.Struct(">H").unpack_from
_u32 = struct.Struct(">I").unpack_from
_u32_little = struct.Struct("<I").unpack_from


class Unreadable(Exception):
    """The packet's headers are cut or contradict themselves; the message says which."""


def need(place: int, end: int, what: str) -> None:
    if place > end:
        raise Unreadable(f"cut {what}")


def network(data: Buffer, start: int, end: int, link: int) -> tuple[int, int]:
    """EtherType and place of the network layer of the frame in ``data[start:end]``.

    `link` is a LINKTYPE_* number (tcpdump.org/linktypes.html). An EtherType of 0 stands for anything that is not known.

    Raises:
        Unreadable: the frame ends inside its link header, or the link type is unknown.
    """
    if link == ETHERNET:
        need(start + 14, end, "link header")
        return _inside(data, start + 14, end, _u16(data, start + 12)[0])
    if link == SLL:
        need(start + 16, end, "link header")
        return _inside(data, start + 16, end, _u16(data, start + 14)[0])
    if link == SLL2:
        need(start + 20, end, "link header")
        return _inside(data, start + 20, end, _u16(data, start)[0])
    if link in RAW or link in (IPV4_ONLY, IPV6_ONLY):
        return _by_version(data, start, end), start
    if link in (NULL, LOOP):
        need(start + 4, end, "link header")
        family = FAMILIES.get(_u32(data, start)[0]) or FAMILIES.get(_u32_little(data, start)[0], 0)
        return family, start + 4
    raise Unreadable(f"link type {link}")


def _by_version(data: Buffer, start: int, end: int) -> int:
    need(start + 1, end, "network header")
    return {4: IPV4, 6: IPV6}.get(data[start] >> 4, 0)


def _inside(data: Buffer, at: int, end: int, kind: int) -> tuple[int, int]:
    """Past the tags, labels and envelopes that stand between an EtherType and the network layer."""
    while kind in VLAN_TAGS:
        need(at + 4, end, "VLAN tag")
        kind, at = _u16(data, at + 2)[0], at + 4
    if kind in MPLS:
        bottom = False
        while not bottom:
            need(at + 4, end, "MPLS label")
            bottom, at = bool(data[at + 2] & 1), at + 4
        return _by_version(data, at, end), at
    if kind == PPPOE_SESSION:
        need(at + 8, end, "PPPoE header")
        return PPP_PROTOCOLS.get(_u16(data, at + 6)[0], 0), at + 8
    if kind <= 1500 and data[at : min(at + 6, end)] == b"\xaa\xaa\x03\0\0\0":  # IEEE 802.3 length, then LLC and SNAP
        need(at + 8, end, "SNAP header")
        return _u16(data, at + 6)[0], at + 8
    return kind, at
