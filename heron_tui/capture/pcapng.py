"""pcapng files (draft-ietf-opsawg-pcapng): sections of blocks, of which some hold packets."""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from ..model.packet import Buffer
from .interfaces import Interface, Interfaces
from .options import (
    COMMENT,
    EPB_DROPCOUNT,
    IF_TSOFFSET,
    IF_TSRESOL,
    ISB_IFDROP,
    ISB_OSDROP,
    number,
    options,
    text,
    units,
)
from .records import LARGEST, SPAN, Records, empty, words

MAGIC = b"\n\r\r\n"
SECTION = 0x0A0D0D0A
INTERFACE = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
STATISTICS = 5
ENHANCED_PACKET = 6
ORDER_MAGIC = 0x1A2B3C4D
ORDER_MAGIC_SWAPPED = 0x4D3C2B1A

QUIET = frozenset({4, 9, 10, 0xBAD, 0x40000BAD})
"""Blocks that are skipped without a word: name resolution, systemd journal, decryption secrets, custom."""

SHORTEST = {SECTION: 28, INTERFACE: 20, OBSOLETE_PACKET: 32, SIMPLE_PACKET: 16, STATISTICS: 24, ENHANCED_PACKET: 32}
"""Least length of the blocks that are read, in bytes with both length fields."""

LONGEST = LARGEST + (64 << 10)
"""A longer block is skipped without looking at it; one of those that are read is damage then."""

PACKET_HEAD = 28
"""Bytes before the packet in enhanced and obsolete packet blocks, whose fields lie at the same places."""

MOST_INTERFACES = 65_536
COMMENT_BUDGET = 1 << 20
SHOWN_COMMENTS = 10


def byte_order(head: bytes) -> str | None:
    """`<` or `>` if `head` (12 bytes) begins as a section does."""
    for order in "<>":
        if len(head) >= 12:
            kind, _, magic = struct.unpack_from(order + "III", head)
            if kind == SECTION and magic == ORDER_MAGIC:
                return order
    return None


@dataclass(slots=True)
class Found:
    """Packet blocks of one walk: where they begin, their interfaces, and which of them are simple packet blocks."""

    offsets: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    simple: list[int] = field(default_factory=list)


class Pcapng:
    """Walks the blocks of a file from its first section header on."""

    format = "pcapng"

    def __init__(self) -> None:
        self._interfaces = Interfaces()
        self._section = 0  # index of the section's first interface
        self._last_us = 0
        self._unknown: Counter[int] = Counter()
        self._orphans = 0
        self._overlong = 0
        self._comments: list[str] = []
        self._comments_cut = 0
        self._drops: dict[int, int] = {}
        self._drops_before_packets = 0
        self._set_order("<")
        self.packets = 0
        self.links: set[int] = set()

    @property
    def dropped(self) -> int:
        """The larger of two sums: statistics are totals of an interface, the counts of packets are parts of them."""
        return max(sum(self._drops.values()), self._drops_before_packets)

    def _set_order(self, order: str) -> None:
        self._order = order
        self._head = struct.Struct(order + "III").unpack_from
        self._word = struct.Struct(order + "I").unpack_from

    def walk(self, data: Buffer, start: int, limit: int) -> Records:
        """As `Walker.walk`, but `limit` counts blocks of all kinds: a walk may find no packet and yet get on."""
        size = len(data)
        stop = min(size, start + SPAN)
        at, need, damage = start, 0, None
        found = Found()
        head, word = self._head, self._word
        for _ in range(limit):
            at = self._enhanced_packets(data, at, stop, limit, found)
            if len(found.offsets) >= limit:
                break
            if at + 12 > size:
                need = 12
                break
            if at >= stop:
                break
            kind, length, first = head(data, at)
            if kind == SECTION:
                if first not in (ORDER_MAGIC, ORDER_MAGIC_SWAPPED):
                    damage = f"its section header has the byte-order magic {first:#010x}"
                    break
                if first == ORDER_MAGIC_SWAPPED:
                    self._set_order(">" if self._order == "<" else "<")
                    head, word = self._head, self._word
                    length = head(data, at)[1]
            if length < SHORTEST.get(kind, 12) or length & 3 or (length > LONGEST and kind in SHORTEST):
                damage = f"a block of type {kind:#x} claims {length:,} bytes"
                break
            end = at + length
            if length > LONGEST:
                self._skip(kind)
            elif end > size:
                need = length
                break
            elif word(data, end - 4)[0] != length:
                damage = f"the two lengths of a block differ ({length:,} and {word(data, end - 4)[0]:,})"
                break
            elif kind in (ENHANCED_PACKET, OBSOLETE_PACKET, SIMPLE_PACKET):
                self._packet(at, kind, first, found)
            else:
                damage = self._describe(data, at, end, kind)
                if damage:
                    break
            at = end
        records = self._records(data, at, found)
        records.need, records.damage = need, damage
        return records

    def _enhanced_packets(self, data: Buffer, at: int, stop: int, limit: int, found: Found) -> int:
        """Take in the packets from `at` on, as long as there is nothing but sound enhanced packet blocks.

        Returns where the first other block begins: nothing is decided about that one here.
        """
        head, word = self._head, self._word
        section, described = self._section, len(self._interfaces) - self._section
        add_offset, add_owner = found.offsets.append, found.owners.append
        last = stop - SHORTEST[ENHANCED_PACKET]
        for _ in range(limit - len(found.offsets)):
            if at > last:
                break
            kind, length, interface = head(data, at)
            end = at + length
            if kind != ENHANCED_PACKET or interface >= described or length < 32 or length & 3 or end > stop:
                break
            if word(data, end - 4)[0] != length:
                break
            add_offset(at)
            add_owner(section + interface)
            at = end
        return at

    def _packet(self, at: int, kind: int, first: int, found: Found) -> None:
        """Take in any one packet block. Its first word names its interface, if it has one."""
        if kind == SIMPLE_PACKET:
            first = 0
        elif kind == OBSOLETE_PACKET:  # two 16-bit fields: interface, packets dropped before this one
            interface, drops = struct.unpack(self._order + "HH", struct.pack(self._order + "I", first))
            self._drops_before_packets += drops if drops != 0xFFFF else 0
            first = interface
        owner = self._section + first
        if owner >= len(self._interfaces):
            self._orphans += 1
            return
        if kind == SIMPLE_PACKET:
            found.simple.append(len(found.offsets))
        found.offsets.append(at)
        found.owners.append(owner)

    def _describe(self, data: Buffer, at: int, end: int, kind: int) -> str | None:
        """Take in a block that holds no packet. Returns what is wrong, if reading cannot go on."""
        if kind == SECTION:
            major = struct.unpack_from(self._order + "H", data, at + 12)[0]
            if major != 1:
                return f"a section of pcapng version {major}, which is not known"
            self._section = len(self._interfaces)
            self._remember_comments(data, at + 24, end - 4)
        elif kind == INTERFACE:
            if len(self._interfaces) >= MOST_INTERFACES:
                return f"it describes more than {MOST_INTERFACES:,} interfaces"
            self._describe_interface(data, at, end)
        elif kind == STATISTICS:
            self._count_drops(data, at, end)
        else:
            self._skip(kind)
        return None

    def _describe_interface(self, data: Buffer, at: int, end: int) -> None:
        link, _, snaplen = struct.unpack_from(self._order + "HHI", data, at + 8)
        resolution, offset = 1_000_000, 0
        for code, value in options(data, at + 16, end - 4, self._order):
            if code == IF_TSRESOL:
                resolution = units(value) or resolution
            elif code == IF_TSOFFSET and len(value) == 8:
                offset = struct.unpack(self._order + "q", value)[0]
        self._interfaces.add(Interface(link, snaplen, resolution, offset, self._order == ">"))
        self.links.add(link)
        self._remember_comments(data, at + 16, end - 4)

    def _count_drops(self, data: Buffer, at: int, end: int) -> None:
        """Drops since the capture began: a later block of the same interface replaces an earlier one."""
        owner = self._section + self._word(data, at + 8)[0]
        if owner < len(self._interfaces):
            found = dict(options(data, at + 20, end - 4, self._order))
            counts = (number(found.get(code, b"")[:8], self._order) for code in (ISB_IFDROP, ISB_OSDROP))
            self._drops[owner] = sum(counts)

    def _remember_comments(self, data: Buffer, start: int, end: int) -> None:
        for code, value in options(data, start, end, self._order):
            if code == COMMENT and len(self._comments) < SHOWN_COMMENTS:
                self._comments.append(text(value)[:500])

    def _skip(self, kind: int) -> None:
        if kind not in QUIET and (kind in self._unknown or len(self._unknown) < 100):
            self._unknown[kind] += 1

    def _records(self, data: Buffer, at: int, found: Found) -> Records:
        """The packet blocks found as columns."""
        offsets, owners, simple = found.offsets, found.owners, found.simple
        if not offsets:
            return Records(empty(), empty(), empty(), empty(), empty(), at)
        block, owner = np.array(offsets, dtype=np.int64), np.array(owners, dtype=np.int64)
        if simple:  # shorter than the head of the others: read them from a padded copy
            fields = words(bytes(data[offsets[0] : at]) + bytes(PACKET_HEAD), block - offsets[0], 7)
        else:
            fields = words(data, block, 7)
        big = self._interfaces.big(owner)
        if big.all():
            fields = fields.byteswap()
        elif big.any():
            fields[big] = fields[big].byteswap()
        columns = fields.astype(np.int64)
        size, caplen, length = columns[:, 1], columns[:, 5], columns[:, 6]
        ticks = (fields[:, 3].astype(np.uint64) << np.uint64(32)) | fields[:, 4]
        time_us = self._interfaces.times(owner, ticks)
        pos = block + PACKET_HEAD
        room = size - PACKET_HEAD - 4
        for row in simple:
            pos[row] = block[row] + 12
            room[row] = size[row] - 16
            length[row] = columns[row, 2]
            caplen[row] = min(int(length[row]), self._interfaces[owners[row]].snaplen or LARGEST, int(room[row]))
            time_us[row] = time_us[row - 1] if row else self._last_us  # it has none: that of the packet before
        self._overlong += int(np.count_nonzero(caplen > room))
        caplen = np.minimum(caplen, room)
        begin, until = pos + (caplen + 3 & ~3), block + size - 4
        until[simple] = 0
        rows = np.flatnonzero(until - begin >= 8)
        orders = (">" if big[row] else "<" for row in rows.tolist())
        spots = zip(rows.tolist(), begin[rows].tolist(), until[rows].tolist(), orders, strict=True)
        notes = self._packet_options(data, spots)
        self._last_us = int(time_us[-1])
        self.packets += len(offsets)
        link = self._interfaces.links(owner)
        return Records(pos, caplen, np.maximum(length, caplen), time_us, link, at, notes=notes)

    def _packet_options(self, data: Buffer, spots: Iterable[tuple[int, int, int, str]]) -> dict[int, str]:
        """Comments by index of the packet; counts the drops that packets tell of.

        Args:
            spots: index of the packet, begin and end of its options in `data`, byte order.
        """
        notes: dict[int, str] = {}
        budget = COMMENT_BUDGET
        for row, begin, end, order in spots:
            for code, value in options(data, begin, end, order):
                if code == EPB_DROPCOUNT and len(value) == 8:
                    self._drops_before_packets += number(value, order)
                elif code == COMMENT:
                    comment = text(value)
                    budget -= len(comment)
                    if budget < 0:
                        self._comments_cut += 1
                    else:
                        notes[row] = f"{notes[row]}\n{comment}" if row in notes else comment
        return notes

    def notes(self) -> list[str]:
        lines = [f"comment: {comment}" for comment in self._comments]
        if self.dropped:
            lines.append(f"packets lost while capturing, as the file says: {self.dropped:,}")
        if self._orphans:
            lines.append(f"packets skipped, their interface is not described: {self._orphans:,}")
        if self._overlong:
            lines.append(f"packets cut, they claim more bytes than their block holds: {self._overlong:,}")
        if self._comments_cut:
            lines.append(f"packet comments not kept, more than 1 MiB of them at once: {self._comments_cut:,}")
        lines += [f"blocks of unknown type {kind:#x} skipped: {count:,}" for kind, count in self._unknown.items()]
        return lines
