"""Records in the ring, as ssl.bpf.c writes them."""

from __future__ import annotations

import ipaddress
import struct
from typing import NamedTuple

DATA, CONN, ADDRESS, CUT, GONE, SOCKET_CLOSED, EXEC, EXIT, LIBRARIES = range(1, 10)
HEAD = struct.Struct("<QQQQIIBBBBI")  # conn, time, offset, ptr, pid, n, kind, direction, stack, first, cpu
_CONN = struct.Struct("<16sII")
_ADDRESS = struct.Struct("<QHHHBB16s16s")
AF_INET = 2
HOW = {0: None, 1: "before", 2: "after", 3: "recv", 4: "send"}


class Piece(NamedTuple):
    """Of one direction. `payload` None: `size` bytes that were there and are not here.

    `first`: the call begins here; of missing bytes: the call was too long.
    """

    offset: int
    time: int
    direction: int
    payload: bytes | None
    size: int
    first: bool


class Began(NamedTuple):
    comm: str
    uid: int
    fresh: bool


class Address(NamedTuple):
    serial: int
    local: tuple[str, int]
    remote: tuple[str, int]
    sure: int  # a key of HOW
    born: bool


def began(data: memoryview, at: int) -> Began:
    comm, uid, fresh = _CONN.unpack_from(data, at + HEAD.size)
    return Began(comm.split(b"\0")[0].decode("utf-8", "replace"), uid, bool(fresh))


def address(data: memoryview, at: int) -> Address:
    serial, family, lport, rport, how, born, local, remote = _ADDRESS.unpack_from(data, at + HEAD.size)
    return Address(serial, (_ip(family, local), lport), (_ip(family, remote), rport), how, bool(born))


def _ip(family: int, raw: bytes) -> str:
    if family == AF_INET:
        return str(ipaddress.IPv4Address(raw[:4]))
    address = ipaddress.IPv6Address(raw)
    return str(address.ipv4_mapped or address)
