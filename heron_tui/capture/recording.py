"""Writes what live sources bring into one pcapng file: their packets as they come, block by block, unread."""

import os
import struct
import threading
from pathlib import Path

from ..core.errors import SourceError
from ..model.packet import Buffer
from . import blocks, pcap
from .pcapng import ENHANCED_PACKET, INTERFACE, MAGIC, SECTION, STATISTICS

LEAST = 12
"""Bytes of the shortest block."""

SHORTEST_PACKET = 32

LARGEST = 32 << 20


class Recording:
    """A new pcapng file, readable by its owner only.

    Its sources may be fed by threads of their own.

    Attributes:
        packets, size: written so far. problem: why nothing more is written, if so.

    Raises:
        SourceError: the file cannot be made.
    """

    def __init__(self, path: Path, program: str) -> None:
        self.path = path
        self.packets = 0
        self.size = 0
        self.problem: str | None = None
        self._interfaces = 0
        self.lock = threading.Lock()
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SourceError(f"{path} cannot be written: {error.strerror}") from None
        self.write(blocks.section(program))

    def source(self, name: str) -> "Input":
        """Where the bytes of one more source go."""
        return Input(self, name)

    def new_interface(self) -> int:
        self._interfaces += 1
        return self._interfaces - 1

    def write(self, data: bytes) -> None:
        """Never raises: what cannot be written is said by `problem`."""
        if self.problem is not None:
            return
        left = memoryview(data)
        try:
            while left:
                written = os.write(self._fd, left)
                self.size += written
                left = left[written:]
        except OSError as error:
            self.problem = f"{self.path} cannot be written any more: {error.strerror}"

    def close(self) -> None:
        os.close(self._fd)


class Input:
    """One source of a recording. Its interfaces get numbers of their own in the file.

    `feed` takes the source's bytes, pcap or pcapng, cut anywhere.
    """

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording = recording
        self._name = name
        self._left = b""
        self._numbers: list[int] = []
        self._pcap: struct.Struct | None = None
        self._known = False
        self._nanoseconds = False

    def feed(self, data: bytes) -> None:
        with self._recording.lock:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        data = self._left + data if self._left else data
        at = 0
        if not self._known:
            if len(data) < pcap.FILE_HEADER:
                self._left = data
                return
            at = self._begin(data)
        out: list[Buffer] = []
        at = self._records(data, at, out) if self._pcap else self._blocks(data, at, out)
        self._left = data[at:]
        if out:
            self._recording.write(b"".join(out))

    def _begin(self, data: bytes) -> int:
        self._known = True
        if data[:4] == MAGIC:
            return 0
        order = pcap.byte_order(data) or "<"
        self._pcap = struct.Struct(order + "IIII")
        magic, snaplen, link = struct.unpack_from(order + "I12xII", data)
        self._nanoseconds = magic == 0xA1B23C4D
        self._numbers = [self._recording.new_interface()]
        self._recording.write(
            blocks.interface(link & 0xFFFF, self._name, nanoseconds=self._nanoseconds, snaplen=snaplen)
        )
        return pcap.FILE_HEADER

    def _records(self, data: bytes, at: int, out: list[Buffer]) -> int:
        assert self._pcap is not None
        unpack, units, index = self._pcap.unpack_from, 10**9 if self._nanoseconds else 10**6, self._numbers[0]
        while len(data) - at >= 16:
            seconds, fraction, caplen, length = unpack(data, at)
            if len(data) - at - 16 < caplen:
                break
            packet = data[at + 16 : at + 16 + caplen]
            out.append(blocks.packet(index, seconds * units + fraction, packet, length=length))
            self._recording.packets += 1
            at += 16 + caplen
        return at

    def _blocks(self, data: bytes, at: int, out: list[Buffer]) -> int:
        """Capturers of this host write its byte order, which is little-endian wherever they run.

        Blocks go out in runs as they are, but for the numbers of interfaces: there are hundreds of thousands a second.
        """
        word, put, numbers = struct.Struct("<III").unpack_from, struct.Struct("<I").pack_into, self._numbers
        run, size, packets = at, len(data), 0
        as_they_are = numbers == list(range(len(numbers)))
        changed: bytes | bytearray = data
        while size - at >= LEAST:
            if as_they_are:
                at, passed = _packets_as_they_are(data, at, len(numbers))
                packets += passed
                if size - at < LEAST:
                    break
            kind, length, first = word(data, at)
            if length < LEAST or length > LARGEST or length & 3:
                self._recording.problem = f"{self._name}: what it sends is no capture any more"
                at = size
                break
            if size - at < length:
                break
            if kind == INTERFACE:
                numbers.append(self._recording.new_interface())
                as_they_are = as_they_are and numbers[-1] == len(numbers) - 1
            elif kind == SECTION or (kind in (ENHANCED_PACKET, STATISTICS) and first >= len(numbers)):
                out.append(memoryview(changed)[run:at])
                run = at + length
            elif kind in (ENHANCED_PACKET, STATISTICS):
                packets += kind == ENHANCED_PACKET
                if numbers[first] != first:
                    if changed is data:
                        changed = bytearray(data)
                    put(changed, at + 8, numbers[first])
            at += length
        self._recording.packets += packets
        out.append(memoryview(changed)[run:at])
        return at


def _packets_as_they_are(data: bytes, at: int, interfaces: int) -> tuple[int, int]:
    """Where a whole packet block of these interfaces stands no more, from `at` on, and how many there were."""
    word, packets, last = struct.Struct("<III").unpack_from, 0, len(data) - SHORTEST_PACKET
    begun = at
    while at <= last:
        kind, length, interface = word(data, at)
        if kind != ENHANCED_PACKET or interface >= interfaces or length < SHORTEST_PACKET or length & 3:
            break
        begun = at
        at += length
        packets += 1
    return (begun, packets - 1) if at > len(data) else (at, packets)
