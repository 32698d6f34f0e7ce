"""Packets in another order than that of their numbers."""

import sqlite3

import numpy as np

from ..model.packet import Ints
from .json_text import loads
from .packet_blocks import COLUMNS
from .packet_reader import PacketReader

OF_FLOW = ("client", "server", "process")
SORTABLE = frozenset({*COLUMNS, *OF_FLOW})


def order(
    connection: sqlite3.Connection, packets: PacketReader, by: str, *, down: bool = False, numbers: Ints | None = None
) -> Ints:
    """See `Reader.packet_order`. Reads the two columns that it needs of every block: no packet becomes an object."""
    column = "flow" if by in OF_FLOW else by
    parts = list(packets.column("number", column))
    if not parts:
        return np.empty(0, np.int64)
    all_numbers = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    if by in OF_FLOW:
        values = _ranks(connection, by, values)
    if numbers is not None:
        wanted = np.isin(all_numbers, numbers)
        all_numbers, values = all_numbers[wanted], values[wanted]
    keys = np.where(values < 0, np.iinfo(np.int64).max, -values if down else values)  # no value: last, either way
    return all_numbers[np.argsort(keys, kind="stable")]


def _ranks(connection: sqlite3.Connection, by: str, flows: Ints) -> Ints:
    """For each packet's flow, the place of its value among those of all flows; -1 for packets of no flow."""
    words = {}
    for n, value in connection.execute(f"SELECT n, {by} FROM flows"):
        process = loads(value) if by == "process" and value else None
        words[n] = str(process.get("comm") or process.get("pid")) if process else value or ""
    rank = {word: place for place, word in enumerate(sorted(set(words.values())))}
    known = np.full(max(words, default=0) + 2, -1, np.int64)
    for n, word in words.items():
        known[n] = rank[word]
    return known[flows]
