"""Packets by place and by number, a page at a time: what a list shows needs no NumPy (`packed` says why)."""

import sqlite3
from bisect import bisect_left, bisect_right
from itertools import accumulate

import zstandard

from ..core.errors import SourceError
from . import packed
from .capture_files import CaptureFile

COLUMNS = ("number", "time_us", "flow", "side", "length", "caplen", "payload", "kind", "link", "file", "file_pos")
Page = dict[str, list[int]]
"""`COLUMNS` of some packets."""
Block = tuple[int, int, int, int, int]
"""first, count, last, t_first_us, t_last_us of a block."""


class PacketPages:
    """Reads pages of packets on the connection of a reader. `forget` is called when the store has changed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._files: dict[int, CaptureFile] = {}
        self._index: list[Block] | None = None
        self._places: list[int] = [0]
        self._last: tuple[tuple[int, int], packed.Packed] | None = None

    def forget(self) -> None:
        self._index = None

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def blocks(self) -> list[Block]:
        """All blocks, in order."""
        if self._index is None:
            found = self._connection.execute(
                "SELECT first, count, last, t_first_us, t_last_us FROM packets ORDER BY first"
            )
            self._index = [tuple(row) for row in found]
            self._places = [0, *accumulate(block[1] for block in self._index)]
        return self._index

    def count(self) -> int:
        self.blocks()
        return self._places[-1]

    def page(self, start: int, stop: int) -> Page:
        """The packets at places [start, stop)."""
        blocks = self.blocks()
        start, stop = max(start, 0), min(stop, self._places[-1])
        page: Page = {name: [] for name in COLUMNS}
        at = bisect_right(self._places, start) - 1
        while start < stop and at < len(blocks):
            base, end = self._places[at], self._places[at + 1]
            block = self._packed(blocks[at])
            for name, values in page.items():
                values += block.values(name, start - base, min(stop, end) - base)
            at += 1
            start = end
        return page

    def place(self, number: int) -> int:
        """The place of the first packet with this number or a later one."""
        blocks = self.blocks()
        at = bisect_left(blocks, number, key=lambda block: block[2])
        if at == len(blocks):
            return self._places[-1]
        return self._places[at] + bisect_left(self._packed(blocks[at]).values("number"), number)

    def raw(self, number: int) -> tuple[bytes, int]:
        """A packet's bytes from its capture file, and their link type. Raises SourceError as `CaptureFile` does."""
        place = self.place(number)
        packet = self.page(place, place + 1)
        if packet["number"] != [number]:
            raise SourceError(f"there is no packet {number} in this store")
        file = self.file(packet["file"][0])
        return file.read(packet["file_pos"][0], packet["caplen"][0]), packet["link"][0]

    def file(self, n: int) -> CaptureFile:
        """A capture file by its number in the store. Raises SourceError if the store does not know it."""
        if n not in self._files:
            row = self._connection.execute(
                "SELECT name, raw_path, head_size, head_hash FROM sources WHERE n = ?", (n,)
            ).fetchone()
            if row is None:
                raise SourceError("the store does not say which capture file holds this packet")
            self._files[n] = CaptureFile(*row)
        return self._files[n]

    def _packed(self, block: Block) -> packed.Packed:
        """A block; the last one is kept, pages next to each other are mostly in it."""
        key = block[:2]
        if self._last is None or self._last[0] != key:
            (columns,) = self._connection.execute("SELECT columns FROM packets WHERE first = ?", key[:1]).fetchone()
            self._last = key, packed.decode(zstandard.ZstdDecompressor().decompress(columns))
        return self._last[1]
