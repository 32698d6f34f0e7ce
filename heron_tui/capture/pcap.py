"""Classic pcap files (draft-ietf-opsawg-pcap): one file header, then one record a packet."""

import struct

import numpy as np

from ..model.packet import Buffer
from .records import LARGEST, SNAPLEN, SPAN, Records, empty, words

FILE_HEADER = 24

MAGICS = {
    0xA1B2C3D4: (1, 16),
    0xA1B23C4D: (1000, 16),
    0xA1B2CD34: (1, 24),
}
"""Units of a record's fraction in a microsecond, and size of a record header, by magic number. The third is the
"modified" format of old Linux libpcaps, whose record headers also hold interface and protocol."""


def byte_order(head: bytes) -> str | None:
    """`<` or `>` if `head` begins as a pcap file does."""
    for order in "<>":
        if len(head) >= 4 and struct.unpack_from(order + "I", head)[0] in MAGICS:
            return order
    return None


class Pcap:
    """Walks the records behind a file header.

    Args:
        head: the 24 bytes of the file header, which `byte_order` knows.
    """

    format = "pcap"

    def __init__(self, head: bytes) -> None:
        order = byte_order(head)
        assert order is not None
        magic, _, _, _, _, snaplen, link = struct.unpack_from(order + "IHHiIII", head)
        self._big = order == ">"
        self._fraction, self._header = MAGICS[magic]
        self._caplen = struct.Struct(order + "8xI").unpack_from
        self._largest = max(SNAPLEN, min(snaplen, LARGEST))
        self._link = link & 0xFFFF  # the upper bits tell of a frame check sequence
        self.packets = 0
        self.dropped = 0
        self.links: set[int] = {self._link}

    def walk(self, data: Buffer, start: int, limit: int) -> Records:
        offsets, at = self._offsets(data, start, limit)
        size = len(data)
        if not offsets:
            return Records(empty(), empty(), empty(), empty(), empty(), start, self._header)
        record = np.array(offsets, dtype=np.int64)
        fields = words(data, record, 4)
        if self._big:
            fields = fields.byteswap()
        columns = fields.astype(np.int64)
        caplen = columns[:, 2]
        found, need, damage = len(offsets), 0, None
        absurd = np.flatnonzero(caplen > self._largest)
        if len(absurd):
            found = int(absurd[0])
            at = offsets[found]
            damage = f"its record claims {int(caplen[found]):,} bytes"
        elif at > size:
            found -= 1
            at = offsets[found]
            need = self._header + int(caplen[found])
        elif size - at < self._header:
            need = self._header
        self.packets += found
        caplen = caplen[:found]
        return Records(
            pos=record[:found] + self._header,
            caplen=caplen,
            length=np.maximum(columns[:found, 3], caplen),
            time_us=columns[:found, 0] * 1_000_000 + columns[:found, 1] // self._fraction,
            link=np.full(found, self._link, dtype=np.int64),
            next=at,
            need=need,
            damage=damage,
        )

    def _offsets(self, data: Buffer, start: int, limit: int) -> tuple[list[int], int]:
        """Where records begin, and where the next one would. Lengths are believed here and judged later."""
        caplen = self._caplen
        header = self._header
        last = min(len(data), start + SPAN) - header
        offsets: list[int] = []
        append = offsets.append
        at = start
        for _ in range(limit):
            if at > last:
                break
            append(at)
            at += header + caplen(data, at)[0]
        return offsets, at

    def notes(self) -> list[str]:
        return []
