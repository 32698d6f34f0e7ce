"""Packets by place and by number, from blocks of columns that are decoded when they are looked at."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ..core.errors import SourceError
from ..model.packet import Ints
from .capture_files import CaptureFile
from .packet_blocks import COLUMNS, Columns, read_block
from .shapes import CapturedPacket

MOST_BLOCKS = 12
CARRYING = ("number", "time_us", "side", "payload", "kind")
"""Columns of the packets that carried a connection's bytes."""
REACH_BACK = 40_000
"""Packets that are looked through for those of one flow before one of them."""
Block = tuple[int, int, int, int, int]
"""first, count, last, t_first_us, t_last_us of a block."""


class PacketReader:
    """Reads packet columns on the connection of a reader. `forget` is called when the store has changed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._decoded: OrderedDict[tuple[int, int], Columns] = OrderedDict()
        self._files: dict[int, CaptureFile] = {}
        self._index: list[Block] | None = None
        self._places: list[int] = [0]

    def forget(self) -> None:
        self._index = None

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def count(self) -> int:
        self.blocks()
        return self._places[-1]

    def window(self, start: int, stop: int) -> Columns:
        """The columns of the packets at places [start, stop)."""
        blocks = self.blocks()
        start, stop = max(start, 0), min(stop, self._places[-1])
        parts = []
        at = bisect_right(self._places, start) - 1
        while start < stop and at < len(blocks):
            base = self._places[at]
            columns = self.block(blocks[at])
            parts.append({name: values[start - base : stop - base] for name, values in columns.items()})
            at += 1
            start = self._places[at]
        if not parts:
            return {name: np.empty(0, np.int64) for name in COLUMNS}
        return parts[0] if len(parts) == 1 else {name: np.concatenate([p[name] for p in parts]) for name in COLUMNS}

    def place(self, number: int) -> int:
        """The place of the first packet with this number or a later one."""
        blocks = self.blocks()
        at = bisect_left(blocks, number, key=lambda block: block[2])
        if at == len(blocks):
            return self._places[-1]
        return self._places[at] + int(np.searchsorted(self.block(blocks[at])["number"], number))

    def picked(self, numbers: Sequence[int]) -> Columns:
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
        return {name: np.array([columns[name][row] for columns, row in there], np.int64) for name in COLUMNS}

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

    def raw(self, number: int) -> tuple[bytes, int]:
        """A packet's bytes from its capture file, and their link type. Raises SourceError as `CaptureFile` does."""
        place = self.place(number)
        packet = self.window(place, place + 1)
        if not len(packet["number"]) or int(packet["number"][0]) != number:
            raise SourceError(f"there is no packet {number} in this store")
        file = self._file(int(packet["file"][0]))
        return file.read(int(packet["file_pos"][0]), int(packet["caplen"][0])), int(packet["link"][0])

    def captured(self, columns: Columns, mask: NDArray[np.bool_]) -> list[CapturedPacket]:
        """The bytes of some packets of a block. Raises SourceError as `CaptureFile` does."""
        names = ("number", "file", "file_pos", "caplen", "link", "time_us", "length")
        rows = zip(*(columns[name][mask].tolist() for name in names), strict=True)
        return [
            CapturedPacket(number, self._file(file).read(position, caplen), link, time_us, length)
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

    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        if self._index is None:
            found = self._connection.execute(
                "SELECT first, count, last, t_first_us, t_last_us FROM packets ORDER BY first"
            )
            self._index = [tuple(row) for row in found]
            self._places = [0, *accumulate(block[1] for block in self._index)]
        return self._index

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

    def _file(self, n: int) -> CaptureFile:
        if n not in self._files:
            row = self._connection.execute(
                "SELECT name, raw_path, head_size, head_hash FROM sources WHERE n = ?", (n,)
            ).fetchone()
            if row is None:
                raise SourceError("the store does not say which capture file holds this packet")
            self._files[n] = CaptureFile(*row)
        return self._files[n]
