"""Which packets carried an exchange, one side of it, or a flow."""

import sqlite3
from collections.abc import Iterator
from typing import Literal

from ..core.errors import SourceError
from .packet_blocks import Columns
from .packet_reader import PacketReader
from .shapes import CapturedPacket

OUT_OF_ORDER_REACH = 512
"""Packets (of all flows) by which a segment may be away from its place."""
MOST_CARRIED = 64 << 20


class Carriers:
    """Answers from the columns of packets and the ranges that exchanges and flows name."""

    def __init__(self, connection: sqlite3.Connection, packets: PacketReader) -> None:
        self._connection = connection
        self._packets = packets

    def of_exchange(self, exchange: str) -> list[int]:
        """Numbers of packets, as `Reader.exchange_packets` says."""
        row = self._connection.execute(
            "SELECT f.n, f.turned, e.request_first, e.request_last, e.response_first, e.response_last"
            " FROM exchanges AS e JOIN flows AS f ON f.id = e.flow WHERE e.id = ?",
            (exchange,),
        ).fetchone()
        if row is None:
            return []
        flow, turned, first, last, response_first, response_last = row
        begin, end = (0, -1) if response_first is None else (response_first, response_last)
        found: list[int] = []
        for columns in self._packets.numbered(first, max(last, end)):
            number, side = columns["number"], columns["side"] ^ 1 if turned else columns["side"]
            asked = (side == 0) & (number >= first) & (number <= last)
            answered = (side == 1) & (number >= begin) & (number <= end)
            mask = (columns["flow"] == flow) & (columns["payload"] > 0) & (asked | answered)
            found += number[mask].tolist()
        return found

    def of_side(self, exchange: str, side: Literal["request", "response"]) -> list[CapturedPacket]:
        """Packets with their bytes, as `Reader.carriers` says."""
        row = self._connection.execute(
            f"SELECT f.n, f.turned, e.{side}_first AS first, e.{side}_head_last AS head, e.{side}_last AS last"
            " FROM exchanges AS e JOIN flows AS f ON f.id = e.flow WHERE e.id = ?",
            (exchange,),
        ).fetchone()
        if row is None or row["first"] is None:
            return []
        ends = [number for number in (row["first"], row["head"], row["last"]) if number is not None]
        first, last = min(ends) - OUT_OF_ORDER_REACH, max(ends) + OUT_OF_ORDER_REACH
        wanted = (side == "response") != bool(row["turned"])
        found: list[CapturedPacket] = []
        size = 0
        for columns in self._packets.numbered(first, last):
            number = columns["number"]
            mask = (columns["flow"] == row["n"]) & (columns["side"] == wanted) & (columns["payload"] > 0)
            mask &= (number >= first) & (number <= last)
            size += int(columns["caplen"][mask].sum())
            if size > MOST_CARRIED:
                raise SourceError(f"more than {MOST_CARRIED >> 20} MB carried this {side}: too much to look through")
            found += self._packets.captured(columns, mask)
        return found

    def of_flow_with_payload(self, flow: str) -> Iterator[CapturedPacket]:
        """Packets with their bytes, as `Reader.flow_carriers` says."""
        row = self._connection.execute("SELECT n, t_start_us, t_end_us FROM flows WHERE id = ?", (flow,)).fetchone()
        for columns in self._packets.timed(*row[1:]) if row else ():
            yield from self._packets.captured(columns, (columns["flow"] == row[0]) & (columns["payload"] > 0))

    def of_flow(self, flow: str) -> list[int]:
        """Numbers of all packets of a flow."""
        row = self._connection.execute("SELECT n, t_start_us, t_end_us FROM flows WHERE id = ?", (flow,)).fetchone()
        if row is None:
            return []
        n, start, end = row
        found: list[int] = []
        for columns in self._packets.timed(start, end):
            found += columns["number"][columns["flow"] == n].tolist()
        return found

    def payload(self, flow: str) -> Columns:
        """Columns of the packets of a flow with payload, as `Reader.payload_packets` says."""
        row = self._connection.execute(
            "SELECT n, turned, t_start_us, t_end_us FROM flows WHERE id = ?", (flow,)
        ).fetchone()
        return self._packets.payload(*(row or (-1, 0, 0, -1)))
