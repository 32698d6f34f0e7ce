"""TCP segments made for plaintext that was never on the wire: raw IP packets (RFC 791, 8200, 9293), checksums right."""

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np

FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
MASK = 0xFFFFFFFF
LONGEST = 65_535 - 60
"""Bytes of payload that fit into one packet of either version."""

Endpoint = tuple[IPv4Address | IPv6Address, int]


def endpoint(address: str, port: int) -> Endpoint:
    """Raises ValueError. An IPv4 address within IPv6 becomes plain; an interface's name behind `%` is dropped."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if not 0 <= port <= 65_535:
        raise ValueError(port)
    return found, port


def packed(address: bytes, port: int) -> Endpoint:
    """Of an address of 4 or 16 bytes. Raises ValueError."""
    return ip_address(address), port


def mapped(end: Endpoint) -> Endpoint:
    """The same as an IPv6 address (RFC 4291, 2.5.5.2), which no packet of the wire has."""
    address, port = end
    return (address if isinstance(address, IPv6Address) else IPv6Address(f"::ffff:{address}")), port


def segment(  # noqa: PLR0917 - as they stand in the header
    source: Endpoint, target: Endpoint, seq: int, ack: int, flags: int, data: bytes = b""
) -> bytes:
    """One IP packet."""
    (source_ip, source_port), (target_ip, target_port) = source, target
    size = 20 + len(data)
    tcp = struct.pack(">HHIIBBHHH", source_port, target_port, seq & MASK, ack & MASK, 5 << 4, flags, 65_535, 0, 0)
    addresses = source_ip.packed + target_ip.packed
    pseudo = addresses + (
        struct.pack(">BBH", 0, 6, size) if len(addresses) == 8 else struct.pack(">IHBB", size, 0, 0, 6)
    )
    tcp = tcp[:16] + struct.pack(">H", _checksum(pseudo + tcp + data)) + tcp[18:]
    if len(addresses) == 8:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + size, 0, 0x4000, 64, 6, 0)
        ip = head[:10] + struct.pack(">H", _checksum(head + addresses)) + addresses
    else:
        ip = struct.pack(">IHBB", 6 << 28, size, 6, 64) + addresses
    return ip + tcp + data


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    words = np.frombuffer(data if len(data) % 2 == 0 else data + b"\0", ">u2")
    total = int(words.sum(dtype=np.uint64))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
