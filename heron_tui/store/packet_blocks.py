"""Packets as columns, in blocks of 16,384 packet numbers: a packet never becomes a row."""

import sqlite3
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import zstandard

from ..core.errors import SourceError
from ..model.packet import Ints, PacketBatch, PacketColumns
from .packet_pages import COLUMNS
from .packing import Table, pack, unpack

BLOCK = 1 << 14
NUMBER, FLOW, FILE = (COLUMNS.index(name) for name in ("number", "flow", "file"))
Columns = dict[str, Ints]


class PacketWriter:
    """Gathers packets and writes them in blocks on the connection of a writer.

    The last block is written as far as it goes, and again when it has grown.

    Args:
        base: is added to packet numbers.
        room: how many packets there is room for, None without limit.
    """

    def __init__(self, connection: sqlite3.Connection, base: int, room: int | None) -> None:
        self._connection = connection
        self._base = base
        self._room = room
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._waiting: list[Table] = []
        self._last: Table | None = None

    def put(self, batch: PacketBatch, columns: PacketColumns) -> None:
        """Keep a batch until `flush`. Its buffer is not kept."""
        if not len(batch):
            return
        if self._room is not None and int(batch.number[-1]) > self._room:
            raise SourceError("this store holds other packets behind this capture's: read it into a new store")
        parts = {**_arrays(batch), **_arrays(columns)}
        self._waiting.append(np.stack([parts[name] for name in COLUMNS]).astype(np.int64, copy=False))

    def flush(self, flows: Mapping[int, int], files: Mapping[int, int]) -> None:
        """Write what was put.

        Args:
            flows: a flow's ordinal in the run -> its number in the store.
            files: a file's index in the run -> its number in the store.
        """
        if not self._waiting:
            return
        for table in self._waiting:
            table[NUMBER] += self._base
            for row, known in ((FLOW, flows), (FILE, files)):
                table[row] = _translated(table[row], known)
        table = np.concatenate(self._waiting if self._last is None else [self._last, *self._waiting], axis=1)
        self._waiting.clear()
        blocks = (table[NUMBER] - self._base - 1) // BLOCK
        for start, stop in pairwise([0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(blocks)]):
            self._last = table[:, start:stop]
            self._write(int(blocks[start]) * BLOCK + 1 + self._base, self._last)
        self._last = self._last.copy() if self._last is not None else None

    def _write(self, first: int, block: Table) -> None:
        number, time = block[NUMBER], block[COLUMNS.index("time_us")]
        row = (
            first,
            len(number),
            int(number[-1]),
            int(time.min()),
            int(time.max()),
            self._compress(pack(COLUMNS, block)),
        )
        self._connection.execute(
            "INSERT INTO packets (first, count, last, t_first_us, t_last_us, columns) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (first) DO UPDATE SET count = excluded.count, last = excluded.last,"
            " t_first_us = excluded.t_first_us, t_last_us = excluded.t_last_us, columns = excluded.columns"
            " WHERE excluded.count >= packets.count",
            row,
        )


def _arrays(record: PacketBatch | PacketColumns) -> Columns:
    return {name: getattr(record, name) for name in record.__slots__ if name in COLUMNS}


def _translated(values: Ints, numbers: Mapping[int, int]) -> Ints:
    """Each value's number; -1 for those that have none. Values are ordinals, or -1."""
    counts = np.bincount(values + 1)
    known = np.full(len(counts), -1, np.int64)
    for place in np.flatnonzero(counts).tolist():
        known[place] = numbers.get(place - 1, -1)
    return known[values + 1]


def read_block(connection: sqlite3.Connection, first: int) -> Columns:
    """The columns of the block whose range begins at packet number `first`."""
    (packed,) = connection.execute("SELECT columns FROM packets WHERE first = ?", (first,)).fetchone()
    return unpack(zstandard.ZstdDecompressor().decompress(packed))
