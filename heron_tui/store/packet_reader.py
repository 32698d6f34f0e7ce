"""Columns of many packets, from blocks that are decoded when they are looked at; `packet_pages` has a page of them."""

import sqlite3
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ..model.packet import Ints
from .packet_blocks import Columns, read_block
from .packet_pages import COLUMNS, Block, PacketPages, Page
from .shapes import CapturedPacket

MOST_BLOCKS = 12
CARRYING = ("number", "time_us", "side", "payload", "kind")
"""Columns of the packets that carried a connection's bytes."""
REACH_BACK = 40_000
"""Packets that are looked through for those of one flow before one of them."""


class PacketReader:
    """Reads packet columns on the connection of a reader."""

    def __init__(self, connection: sqlite3.Connection, pages: PacketPages) -> None:
        self._connection = connection
        self._pages = pages
        self._decoded: OrderedDict[tuple[int, int], Columns] = OrderedDict()
        self.blocks = pages.blocks

    def picked(self, numbers: Sequence[int]) -> Page:
        """The columns of the packets with these numbers, in their order; those that are not there are left out."""
        blocks = self.blocks()
        rows: dict[int, tuple[Columns, int]] = {}
        for number in sorted(numbers):
            at = bisect_left(blocks, number, key=lambda block: block[2])
            if at < len(blocks):
                columns = self.block(blocks[at])
                row = int(np.searchsorted(columns["number"], number))
                if columns["number"][row] == number:
                    rows[number] = columns, row
        there = [rows[number] for number in numbers if number in rows]
        return {name: [columns[name].item(row) for columns, row in there] for name in COLUMNS}

    def column(self, *names: str) -> Iterator[tuple[Ints, ...]]:
        """Whole columns, block by block; blocks that are read for this are not kept."""
        for block in self.blocks():
            columns = self._decoded.get(block[:2]) or read_block(self._connection, block[0])
            yield tuple(columns[name][: block[1]] for name in names)

    def numbered(self, first: int, last: int) -> Iterator[Columns]:
        """Blocks that hold packet numbers in [first, last]."""
        for block in self.blocks():
            if block[0] <= last and block[2] >= first:
                yield self.block(block)

    def timed(self, start_us: int, end_us: int) -> Iterator[Columns]:
        """Blocks that hold packets of these times."""
        for block in self.blocks():
            if block[3] <= end_us and block[4] >= start_us:
                yield self.block(block)

    def payload(self, flow: int, turned: int, start_us: int, end_us: int) -> Columns:
        """The packets with payload of a flow, which has packets from `start_us` to `end_us`: `CARRYING` columns."""
        parts = {name: [np.empty(0, np.int64)] for name in CARRYING}
        for columns in self.timed(start_us, end_us):
            mask = (columns["flow"] == flow) & (columns["payload"] > 0)
            for name, some in parts.items():
                some.append(columns[name][mask])
        found = {name: np.concatenate(parts.pop(name)) for name in CARRYING}
        return found | {"side": found["side"] ^ 1 if turned else found["side"]}

    def captured(self, columns: Columns, mask: NDArray[np.bool_]) -> list[CapturedPacket]:
        """The bytes of some packets of a block. Raises SourceError as `CaptureFile` does."""
        names = ("number", "file", "file_pos", "caplen", "link", "time_us", "length")
        rows = zip(*(columns[name][mask].tolist() for name in names), strict=True)
        return [
            CapturedPacket(number, self._pages.file(file).read(position, caplen), link, time_us, length)
            for number, file, position, caplen, link, time_us, length in rows
        ]

    def up_to(self, number: int, most: int) -> list[CapturedPacket]:
        """A packet and those before it in its flow, oldest first. Raises SourceError as `CaptureFile` does."""
        found: list[CapturedPacket] = []
        flow = None
        for columns in list(self.numbered(max(number - REACH_BACK, 0), number))[::-1]:
            if flow is None:
                own = columns["flow"][columns["number"] == number]
                flow = int(own[0]) if len(own) else -1
            mask = columns["number"] == number
            if flow >= 0:
                mask = (columns["flow"] == flow) & (columns["number"] <= number)
            mask[np.flatnonzero(mask)[: -(most - len(found))]] = False
            found = self.captured(columns, mask) + found
            if len(found) >= most:
                break
        return found

    def block(self, block: Block) -> Columns:
        """The columns of a block."""
        key = block[:2]
        columns = self._decoded.get(key)
        if columns is None:
            read = read_block(self._connection, block[0])  # may have grown since the index was read
            columns = self._decoded[key] = {name: values[: block[1]] for name, values in read.items()}
        self._decoded.move_to_end(key)
        if len(self._decoded) > MOST_BLOCKS:
            self._decoded.popitem(last=False)
        return columns
