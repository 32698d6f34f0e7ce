"""Link, IP and TCP layers of one packet (RFC 791, 8200, 9293, 768; LINKTYPE_* of libpcap)."""

import ipaddress
import struct

from .field import Field

IPV4, IPV6, VLAN, QINQ, MPLS = 0x0800, 0x86DD, 0x8100, 0x88A8, 0x8847
TCP, UDP = 6, 17
PROTOCOLS = {1: "ICMP", TCP: "TCP", UDP: "UDP", 58: "ICMPv6"}
EXTENSIONS = {0: "hop-by-hop options", 43: "routing", 60: "destination options", 44: "fragment"}
FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
TCP_OPTIONS = {2: "maximum segment size", 3: "window scale", 4: "SACK permitted", 5: "SACK", 8: "timestamps"}
OPTION_NUMBERS = {2: "!H", 3: "!B", 8: "!II"}
Place = tuple[int, int]
"""What comes next: a protocol number (EtherType, or IP protocol), and where its bytes begin."""


def link(data: bytes, kind: int, layers: list[Field]) -> Place | None:
    """Read the link layer of LINKTYPE `kind`; answers EtherType and place of what it carries."""
    if kind == 1:
        return _ethernet(data, layers)
    if kind == 113:
        return _cooked(data, layers, "Linux cooked capture", 16, 14)
    if kind == 276:
        return _cooked(data, layers, "Linux cooked capture v2", 20, 0)
    if kind in (0, 108):
        layers.append(Field("Loopback", f"family {int.from_bytes(data[:4], 'little' if kind == 0 else 'big')}", 0, 4))
        return _by_version(data, 4)
    if kind in (12, 14, 101, 228, 229):
        return _by_version(data, 0)
    layers.append(Field("Link", f"type {kind}, shown as bytes only", 0, len(data)))
    return None


def _by_version(data: bytes, at: int) -> Place | None:
    version = data[at] >> 4 if len(data) > at else 0
    return {4: (IPV4, at), 6: (IPV6, at)}.get(version)


def _mac(data: bytes) -> str:
    return data.hex(":")


def _ethernet(data: bytes, layers: list[Field]) -> Place | None:
    if len(data) < 14:
        return None
    layer = Field("Ethernet", f"{_mac(data[6:12])} → {_mac(data[:6])}", 0, 14)
    layer.add("destination", _mac(data[:6]), 0, 6)
    layer.add("source", _mac(data[6:12]), 6, 12)
    layer.add("type", f"0x{int.from_bytes(data[12:14]):04x}", 12, 14)
    layers.append(layer)
    return _tags(data, int.from_bytes(data[12:14]), 14, layers)


def _cooked(data: bytes, layers: list[Field], name: str, size: int, type_at: int) -> Place | None:
    if len(data) < size:
        return None
    layer = Field(name, "", 0, size)
    layer.add("type", f"0x{int.from_bytes(data[type_at : type_at + 2]):04x}", type_at, type_at + 2)
    layers.append(layer)
    return _tags(data, int.from_bytes(data[type_at : type_at + 2]), size, layers)


def _tags(data: bytes, kind: int, at: int, layers: list[Field]) -> Place | None:
    """VLAN tags and MPLS labels between the link layer and IP."""
    while kind in (VLAN, QINQ) and len(data) >= at + 4:
        layers.append(Field("VLAN", f"id {int.from_bytes(data[at : at + 2]) & 0xFFF}", at, at + 4))
        kind, at = int.from_bytes(data[at + 2 : at + 4]), at + 4
    if kind == MPLS:
        bottom = 0
        while not bottom and len(data) >= at + 4:
            entry = int.from_bytes(data[at : at + 4])
            bottom = entry >> 8 & 1
            layers.append(Field("MPLS", f"label {entry >> 12}", at, at + 4))
            at += 4
        return _by_version(data, at)
    return kind, at


def internet(data: bytes, place: Place, layers: list[Field]) -> tuple[int, int, int] | None:
    """Read IPv4 or IPv6; answers the protocol above, where it begins and where the datagram ends."""
    kind, at = place
    if kind == IPV4 and len(data) >= at + 20:
        return _ipv4(data, at, layers)
    if kind == IPV6 and len(data) >= at + 40:
        return _ipv6(data, at, layers)
    return None


def _ipv4(data: bytes, at: int, layers: list[Field]) -> tuple[int, int, int]:
    size, total = (data[at] & 15) * 4, int.from_bytes(data[at + 2 : at + 4])
    source, target = (str(ipaddress.IPv4Address(data[at + i : at + i + 4])) for i in (12, 16))
    layer = Field("IPv4", f"{source} → {target}", at, at + size)
    layer.add("header length", f"{size} bytes", at, at + 1)
    layer.add("total length", f"{total}" + (" (left to the card by offloading)" if not total else ""), at + 2, at + 4)
    layer.add("identification", f"0x{int.from_bytes(data[at + 4 : at + 6]):04x}", at + 4, at + 6)
    fragment = int.from_bytes(data[at + 6 : at + 8])
    words = [word for bit, word in ((0x4000, "don't fragment"), (0x2000, "more fragments")) if fragment & bit]
    layer.add("fragment", f"offset {(fragment & 0x1FFF) * 8}" + "".join(f", {w}" for w in words), at + 6, at + 8)
    layer.add("time to live", data[at + 8], at + 8, at + 9)
    layer.add("protocol", f"{data[at + 9]} {PROTOCOLS.get(data[at + 9], '')}".strip(), at + 9, at + 10)
    layer.add("source", source, at + 12, at + 16)
    layer.add("destination", target, at + 16, at + 20)
    layers.append(layer)
    return data[at + 9], at + size, min(at + total, len(data)) if total else len(data)


def _ipv6(data: bytes, at: int, layers: list[Field]) -> tuple[int, int, int]:
    source, target = (str(ipaddress.IPv6Address(data[at + i : at + i + 16])) for i in (8, 24))
    length = int.from_bytes(data[at + 4 : at + 6])
    layer = Field("IPv6", f"{source} → {target}", at, at + 40)
    layer.add("payload length", length, at + 4, at + 6)
    layer.add("next header", f"{data[at + 6]} {PROTOCOLS.get(data[at + 6], '')}".strip(), at + 6, at + 7)
    layer.add("hop limit", data[at + 7], at + 7, at + 8)
    layer.add("source", source, at + 8, at + 24)
    layer.add("destination", target, at + 24, at + 40)
    layers.append(layer)
    protocol, here = data[at + 6], at + 40
    end = min(here + length, len(data)) if length else len(data)
    while protocol in EXTENSIONS and len(data) >= here + 8:
        size = 8 if protocol == 44 else (data[here + 1] + 1) * 8
        layer.add("extension", EXTENSIONS[protocol], here, here + size)
        protocol, here = data[here], here + size
    return protocol, here, end


def transport(data: bytes, protocol: int, at: int, end: int, layers: list[Field]) -> int | None:
    """Read TCP (or UDP); answers where a TCP payload begins."""
    if protocol == UDP and end >= at + 8:
        source, target, length = struct.unpack_from("!HHH", data, at)
        layers.append(Field("UDP", f"{source} → {target}, {max(length - 8, 0)} bytes", at, at + 8))
    if protocol != TCP or end < at + 20:
        return None
    source, target, sequence, acknowledged, bits, window = struct.unpack_from("!HHIIHH", data, at)
    size = int(bits >> 12) * 4
    flags = [name for i, name in enumerate(FLAGS) if bits >> i & 1]
    payload = max(end - at - size, 0)
    layer = Field("TCP", f"{source} → {target}  [{', '.join(flags)}]  {payload:,} bytes", at, min(at + size, end))
    layer.add("source port", source, at, at + 2)
    layer.add("destination port", target, at + 2, at + 4)
    layer.add("sequence number", f"{sequence}", at + 4, at + 8)
    layer.add("acknowledgment number", f"{acknowledged}", at + 8, at + 12)
    layer.add("header length", f"{size} bytes", at + 12, at + 13)
    layer.add("flags", ", ".join(flags) or "none", at + 12, at + 14)
    layer.add("window", window, at + 14, at + 16)
    layer.add("checksum", f"0x{int.from_bytes(data[at + 16 : at + 18]):04x}, not checked", at + 16, at + 18)
    _options(data, at + 20, min(at + size, end), layer)
    layers.append(layer)
    return min(at + size, end)


def _options(data: bytes, at: int, end: int, layer: Field) -> None:
    while at < end and data[at] != 0:
        if data[at] == 1:
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else 0
        if size < 2 or at + size > end:
            return
        kind, body = data[at], data[at + 2 : at + size]
        form = OPTION_NUMBERS.get(kind)
        numbers = struct.unpack(form, body) if form and struct.calcsize(form) == len(body) else ()
        value = " ".join(map(str, numbers)) or body.hex(" ")
        layer.add(TCP_OPTIONS.get(kind, f"option {kind}"), value, at, at + size)
        at += size
