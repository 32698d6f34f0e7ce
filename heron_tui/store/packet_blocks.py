"""Packets as columns, in blocks of 16,384 packet numbers: a packet never becomes a row."""

import sqlite3
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import zstandard

from ..core.errors import SourceError
from ..model.packet import Ints, PacketBatch, PacketColumns
from .packing import pack, unpack

BLOCK = 1 << 14
COLUMNS = ("number", "time_us", "flow", "side", "length", "caplen", "payload", "kind", "link", "file", "file_pos")
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
        self._waiting: list[Columns] = []
        self._last: Columns | None = None

    def put(self, batch: PacketBatch, columns: PacketColumns) -> None:
        """Keep a batch until `flush`. Its buffer is not kept."""
        if not len(batch):
            return
        if self._room is not None and int(batch.number[-1]) > self._room:
            raise SourceError("this store holds other packets behind this capture's: read it into a new store")
        self._waiting.append(
            {
                "number": batch.number,
                "time_us": batch.time_us,
                "flow": columns.flow,
                "side": columns.side,
                "length": batch.length,
                "caplen": batch.caplen,
                "payload": columns.payload,
                "kind": columns.kind,
                "link": batch.link,
                "file": batch.file,
                "file_pos": batch.file_pos,
            }
        )

    def flush(self, flows: Mapping[int, int], files: Mapping[int, int]) -> None:
        """Write what was put.

        Args:
            flows: a flow's ordinal in the run -> its number in the store.
            files: a file's index in the run -> its number in the store.
        """
        if not self._waiting:
            return
        gathered = {name: np.concatenate([part[name] for part in self._waiting]) for name in COLUMNS}
        self._waiting.clear()
        gathered["flow"] = _translated(gathered["flow"], flows)
        gathered["file"] = _translated(gathered["file"], files)
        if self._last is not None:
            gathered = {name: np.concatenate([self._last[name], gathered[name]]) for name in COLUMNS}
        blocks = (gathered["number"] - 1) // BLOCK
        starts = [0, *(np.flatnonzero(np.diff(blocks)) + 1).tolist(), len(blocks)]
        for start, stop in pairwise(starts):
            self._last = {name: values[start:stop] for name, values in gathered.items()}
            self._write(int(blocks[start]) * BLOCK + 1 + self._base, self._last)

    def _write(self, first: int, block: Columns) -> None:
        shifted = {**block, "number": block["number"] + self._base}
        time = block["time_us"]
        row = (
            first,
            len(time),
            int(shifted["number"][-1]),
            int(time.min()),
            int(time.max()),
            self._compress(pack(shifted)),
        )
        self._connection.execute(
            "INSERT INTO packets (first, count, last, t_first_us, t_last_us, columns) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (first) DO UPDATE SET count = excluded.count, last = excluded.last,"
            " t_first_us = excluded.t_first_us, t_last_us = excluded.t_last_us, columns = excluded.columns"
            " WHERE excluded.count >= packets.count",
            row,
        )


def _translated(values: Ints, numbers: Mapping[int, int]) -> Ints:
    """Each value's number; -1 for those that have none."""
    distinct, places = np.unique(values, return_inverse=True)
    return np.array([numbers.get(value, -1) for value in distinct.tolist()], np.int64)[places]


def read_block(connection: sqlite3.Connection, first: int) -> Columns:
    """The columns of the block whose range begins at packet number `first`."""
    (packed,) = connection.execute("SELECT columns FROM packets WHERE first = ?", (first,)).fetchone()
    return unpack(zstandard.ZstdDecompressor().decompress(packed))
