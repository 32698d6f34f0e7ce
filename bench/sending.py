"""Puts the frames of a pcap file onto an interface at a steady rate: `python bench/sending.py IFACE FILE RATE SECONDS`.

sendmmsg(2) on a packet socket that goes past the queueing discipline, 64 frames a call. When the file is over it is
sent again, with other client addresses, so that its connections are new ones. Linux, as root. Prints the packets and
bytes sent and the seconds that it took.
"""

import ctypes
import json
import socket
import struct
import sys
import time
from pathlib import Path

import numpy as np

SOL_PACKET, QDISC_BYPASS, SNDBUFFORCE = 263, 20, 32
AT_ONCE = 64
MOST_FRAME = 65_549  # an offloaded segment with its Ethernet head; larger ones are left out
CLIENT_NET = b"\x0a\x00"  # 10.0/16 in generated captures; its second byte is the round
SOURCE, TARGET = 26, 30  # of IPv4 behind Ethernet


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct mmsghdr"""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_size_t),  # an int, and padding
        ("sent", ctypes.c_size_t),
    )


def frames(data: bytearray) -> tuple[list[int], list[int]]:
    """Where the frames of a little-endian pcap begin, and how long they are."""
    places, lengths, at, unpack = [], [], 24, struct.Struct("<8xI").unpack_from
    while at + 16 <= len(data):
        (length,) = unpack(data, at)
        if length <= MOST_FRAME:
            places.append(at + 16)
            lengths.append(length)
        at += 16 + length
    return places, lengths


def send(interface: str, file: Path, rate: float, seconds: float) -> tuple[int, int, float]:
    """Packets and bytes that went out, and the seconds it took."""
    data = bytearray(file.read_bytes())
    places, lengths = frames(data)
    base = ctypes.addressof(ctypes.c_char.from_buffer(data))
    count = len(places)
    vectors, messages = (Vector * count)(), (Message * count)()
    fields = np.frombuffer(vectors, dtype=np.uint64).reshape(count, 2)
    fields[:, 0], fields[:, 1] = np.array(places, dtype=np.uint64) + np.uint64(base), lengths
    first = ctypes.addressof(vectors)
    for index in range(count):
        messages[index].vectors, messages[index].vector_count = first + index * ctypes.sizeof(Vector), 1
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    out.bind((interface, 0))
    out.setsockopt(SOL_PACKET, QDISC_BYPASS, 1)
    out.setsockopt(socket.SOL_SOCKET, SNDBUFFORCE, 32 << 20)  # else it waits for the receiver again and again
    sendmmsg, fd = ctypes.CDLL(None, use_errno=True).sendmmsg, out.fileno()
    start, step = ctypes.addressof(messages), ctypes.sizeof(Message)
    bytes_before = np.concatenate(([0], np.cumsum(lengths)))
    sent, done, at, laps = 0, 0, 0, 0
    begun = time.perf_counter()
    while (now := time.perf_counter() - begun) < seconds:
        if sent >= now * rate:
            time.sleep(0.0002)
            continue
        accepted = sendmmsg(fd, ctypes.c_void_p(start + at * step), min(AT_ONCE, count - at), 0)
        if accepted < 0:
            continue  # no buffer for the moment
        done += int(bytes_before[at + accepted] - bytes_before[at])
        sent, at = sent + accepted, at + accepted
        if at == count:
            at, laps = 0, laps + 1
            _readdress(data, places, laps)
    return sent, done, time.perf_counter() - begun


def _readdress(data: bytearray, places: list[int], lap: int) -> None:
    """Other clients: the second byte of each client's address is the number of the round."""
    view = np.frombuffer(data, dtype=np.uint8)
    at = np.array(places)
    for field in (SOURCE, TARGET):
        mine = at[(view[at + field] == CLIENT_NET[0]) & (view[at + field + 1] != 9)]  # 10.9/16 are the servers
        view[mine + field + 1] = lap % 256 if lap % 256 != 9 else 255


def main() -> None:
    interface, file, rate, seconds = sys.argv[1:5]
    sent, size, took = send(interface, Path(file), float(rate), float(seconds))
    print(json.dumps({"packets": sent, "bytes": size, "seconds": took}))


if __name__ == "__main__":
    main()
