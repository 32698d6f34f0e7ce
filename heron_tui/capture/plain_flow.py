"""One TLS connection's plaintext as packets of a TCP connection."""

import re
from collections.abc import Iterator

from . import blocks
from .frames import Cut, Data
from .segments import ACK, FIN, LONGEST, MASK, PSH, SYN, Endpoint, mapped, segment

_ASKS = re.compile(rb"[A-Z][A-Z-]{2,15} [!-~]")
_ANSWERS = re.compile(rb"HTTP/1\.")
CUT_WHY = {1: "its TLS call had more than 512 KiB", 2: "the process's memory could not be read"}
READ, WRITTEN = 0, 1


def asks(data: bytes) -> bool:
    """Whether the first bytes of a direction are those of who asks."""
    return bool(_ASKS.match(data))


class Clock:
    """Gives each packet of a capture a time of its own: of equal times, programs that sort keep no order."""

    def __init__(self) -> None:
        self._last = 0

    def after(self, time: int) -> int:
        """`time`, or the next nanosecond behind the packet before."""
        self._last = max(time, self._last + 1)
        return self._last


class PlainFlow:
    """Args:
        clock: of the capture. apart: write IPv4 addresses as IPv6, since the capture has the encrypted packets, too.

    Attributes:
    conn: the helper's number of it. fresh: its beginning was seen.
    process: pid and start, of the helper's PROCESS frames. tls: the library.
    ends: of the process and of its peer, once known.
    client: the process is who asks.
    held: records that wait until the flow is opened.
    note: comment for the next packet. pid: for all packets.
    dropped: nothing of it is to be written. over: it has ended.
    """

    def __init__(self, conn: int, clock: Clock, *, fresh: bool, apart: bool = False) -> None:
        self._clock = clock
        self._apart = apart
        self.conn = conn
        self.fresh = fresh
        self.process = (0, 0)
        self.tls = "TLS"
        self.ends: tuple[Endpoint, Endpoint] | None = None
        self._shown: tuple[Endpoint, Endpoint] | None = None  # as packets name them; settled by the first one
        self.client = True
        self.held: list[Data | Cut] = []
        self.note = ""
        self.pid: int | None = None
        self.opened = self.dropped = self.over = False
        first = conn * 2_654_435_761 & MASK
        self._first = first, (first ^ 0x5555_5555) & MASK  # sequence numbers before the first byte: read, written
        self._next = [0, 0]

    def decide_role(self) -> None:
        """Who asks: by the first bytes of either direction, else who has the higher port."""
        for record in self.held:
            data = record.data if isinstance(record, Data) and record.offset == 0 else b""
            if _ASKS.match(data):
                self.client = record.written
                return
            if _ANSWERS.match(data):
                self.client = not record.written
                return
        assert self.ends is not None
        self.client = self.ends[0][1] >= self.ends[1][1]

    def drop(self) -> None:
        self.dropped = True
        self.held.clear()

    def open(self) -> Iterator[bytes]:
        """The handshake, if the beginning was seen, and what was held."""
        self.opened = True
        time = self.held[0].time
        if self.fresh:
            asks = WRITTEN if self.client else READ
            yield self._packet(time, asks, SYN, before=True)
            yield self._packet(time, 1 - asks, SYN | ACK, before=True)
            yield self._packet(time, asks, ACK)
        for record in self.held:
            yield from self.emit(record)
        self.held.clear()

    def emit(self, record: Data | Cut) -> Iterator[bytes]:
        way = WRITTEN if record.written else READ
        if isinstance(record, Cut):
            why = CUT_WHY.get(record.reason, f"reason {record.reason}")
            self.note = "\n".join(filter(None, (self.note, f"{record.missing:,} bytes were not recorded: {why}")))
            self._next[way] = max(self._next[way], record.offset + record.missing)
            yield self._packet(record.time, 1 - way, ACK)
            return
        hole = record.offset > self._next[way]
        for start in range(0, len(record.data), LONGEST):
            piece = record.data[start : start + LONGEST]
            yield self._packet(record.time, way, PSH | ACK, piece, at=record.offset + start)
        self._next[way] = max(self._next[way], record.offset + len(record.data))
        if hole:  # the other side has it all: said so that nobody waits for what will not come
            yield self._packet(record.time, 1 - way, ACK)

    def close(self, time: int) -> Iterator[bytes]:
        """Both directions end, the process's own first."""
        self.over = True
        if self.opened and not self.dropped:
            yield self._packet(time, WRITTEN, FIN | ACK)
            self._next[WRITTEN] += 1
            yield self._packet(time, READ, FIN | ACK)
            self._next[READ] += 1
            yield self._packet(time, WRITTEN, ACK)

    def _packet(
        self, time: int, way: int, flags: int, data: bytes = b"", *, at: int | None = None, before: bool = False
    ) -> bytes:
        """One packet of direction `way`, at byte `at`, else behind the last one; `before` all bytes for a SYN."""
        if self._shown is None:
            assert self.ends is not None
            self._shown = (mapped(self.ends[0]), mapped(self.ends[1])) if self._apart else self.ends
        source, target = self._shown if way == WRITTEN else self._shown[::-1]
        seq = self._first[way] + (0 if before else 1 + (self._next[way] if at is None else at))
        ack = self._first[1 - way] + 1 + self._next[1 - way] if flags & ACK else 0
        note, self.note = self.note, ""
        return blocks.packet(
            0, self._clock.after(time), segment(source, target, seq, ack, flags, data), pid=self.pid, comment=note
        )
