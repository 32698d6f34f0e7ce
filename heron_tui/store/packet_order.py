"""Packets in another order than that of their numbers."""

import sqlite3

import numpy as np

from ..model.packet import Ints
from ..model.packet_kind import Kind
from .json_text import loads
from .packet_pages import COLUMNS
from .packet_reader import PacketReader

OF_FLOW = ("client", "server", "process")
OF_ANSWER = ("status", "ttft", "tokens")
SORTABLE = frozenset({*COLUMNS, *OF_FLOW, *OF_ANSWER})
ANSWERS = """SELECT f.n, e.response_first, e.response_last, e.status, c.ttft_us, c.t_first_token_us,
    c.input_tokens + c.output_tokens
    FROM exchanges AS e JOIN flows AS f ON f.id = e.flow LEFT JOIN calls AS c ON c.id = e.call
    WHERE e.response_first IS NOT NULL ORDER BY e.request_first, e.id"""
SHIFT = 40
"""Bits of a packet number in a key of connection and number."""


def order(
    connection: sqlite3.Connection, packets: PacketReader, by: str, *, down: bool = False, numbers: Ints | None = None
) -> Ints:
    """See `Reader.packet_order`. Reads the two columns that it needs of every block: no packet becomes an object."""
    if by in OF_ANSWER:
        all_numbers, values = _answers(connection, packets, by)
    else:
        all_numbers, values = _columns(packets, "number", "flow" if by in OF_FLOW else by)
    if by in OF_FLOW:
        values = _ranks(connection, by, values)
    if numbers is not None:
        wanted = np.isin(all_numbers, numbers)
        all_numbers, values = all_numbers[wanted], values[wanted]
    keys = np.where(values < 0, np.iinfo(np.int64).max, -values if down else values)  # no value: last, either way
    return all_numbers[np.argsort(keys, kind="stable")]


def _columns(packets: PacketReader, *names: str) -> list[Ints]:
    parts = list(packets.column(*names))
    return [np.concatenate([np.empty(0, np.int64), *(part[n] for part in parts)]) for n in range(len(names))]


def _answers(connection: sqlite3.Connection, packets: PacketReader, by: str) -> tuple[Ints, Ints]:
    """All numbers, and for each packet what its row says of an answer (`packet_rows`); -1 for nothing.

    The status stands on every packet with payload of an answer, TTFT on the one that carried the first token, tokens on
    the last one.
    """
    numbers, flows, sides, payload, kinds, times = _columns(
        packets, "number", "flow", "side", "payload", "kind", "time_us"
    )
    turned = np.array([n for (n,) in connection.execute("SELECT n FROM flows WHERE turned")], np.int64)
    carried = (payload > 0) & np.isin(kinds, (Kind.DATA, Kind.OUT_OF_ORDER))
    places = np.flatnonzero(carried & ((sides ^ np.isin(flows, turned)) == 1))
    keys = (flows[places] << SHIFT) + numbers[places]
    order = np.argsort(keys, kind="stable")
    places, keys = places[order], keys[order]
    values = np.full(len(numbers), -1, np.int64)
    for flow, first, last, status, ttft, token_us, tokens in connection.execute(ANSWERS):
        begin, end = np.searchsorted(keys, ((flow << SHIFT) + first, (flow << SHIFT) + last + 1))
        mine = places[begin:end]
        if by == "status":
            values[mine] = -1 if status is None else status
        elif by == "tokens":
            values[mine[numbers[mine] == last]] = -1 if tokens is None else tokens
        else:
            at = numbers[mine] == first if token_us is None else times[mine] == token_us
            values[mine[at]] = -1 if ttft is None else ttft
    return numbers, values


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
