"""Flows: TCP connections (or TLS plaintext streams) and the ordered bytes of their two directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from .packet import Ints

CLIENT: Final = 0
SERVER: Final = 1
Side = Literal[0, 1]


@dataclass(slots=True)
class Process:
    """The process behind a connection, where it is known.

    Attributes:
        start_us: when it began: with the pid, this names it for good.
        cmdline: its arguments, secrets masked.
        container: id in its cgroup's path.
    """

    pid: int
    comm: str | None = None
    exe: str | None = None
    start_us: int | None = None
    ppid: int | None = None
    user: str | None = None
    cmdline: tuple[str, ...] = ()
    container: str | None = None


@dataclass(slots=True)
class Flow:
    """One connection. The net floor owns it and counts in it; others read.

    Attributes:
        n: ordinal in the run, from 0.
        id: `f` and 15 hex digits from addresses, ports, and time and sequence number of its first packet: the same
            capture gives the same id however it is read.
        client, server: ``ip:port`` (IPv6 as ``[ip]:port``). The client is who sent SYN; in a flow that was joined
            midway, who sends what looks like a request or gets what looks like an answer, else who talks to a server
            that others connected to, else who has the higher port.
        turned: content showed later that the two sides are the other way round: readers swap `client` and `server`,
            the byte counts, and the packets' sides.
        packets, bytes_client, bytes_server: packets, and payload bytes delivered (each once), by direction.
        gaps, lost_bytes: holes that were given up, and the bytes in them.
        midstream: the capture holds no SYN of it.
    """

    n: int
    id: str
    client: str
    server: str
    t_start_us: int
    t_end_us: int
    first_packet: int
    midstream: bool = False
    turned: bool = False
    packets: int = 0
    bytes_client: int = 0
    bytes_server: int = 0
    gaps: int = 0
    lost_bytes: int = 0
    retransmissions: int = 0
    out_of_order: int = 0
    closed: str | None = None
    protocol: str | None = None
    tls: str | None = None
    process: Process | None = None


@dataclass(slots=True)
class Marks:
    """Which packet, at which time, carried which byte: parallel columns, ordered by `starts`.

    Segment `i` covers the bytes from ``starts[i]`` up to ``starts[i + 1]`` (the last one: to the end).
    """

    starts: Ints
    packets: Ints
    times: Ints

    def index(self, offset: int) -> int:
        """The segment that holds the byte at `offset` (the first one for anything before it)."""
        return max(int(self.starts.searchsorted(offset, "right")) - 1, 0)

    def at(self, offset: int) -> tuple[int, int]:
        """Packet and time of the byte at `offset`."""
        segment = self.index(offset)
        return self.packets.item(segment), self.times.item(segment)


@dataclass(slots=True)
class Chunk:
    """The next ordered bytes of one direction.

    Attributes:
        offset: place of ``data[0]`` in the direction's stream, from 0 at its first known byte.
        marks: absolute offsets in the stream -> packet, time.
    """

    flow: Flow
    side: Side
    offset: int
    data: bytes
    marks: Marks


@dataclass(slots=True)
class Gap:
    """Bytes that will not come: `size` of them are missing at `offset`; what follows continues behind."""

    flow: Flow
    side: Side
    offset: int
    size: int
    packet: int
    time_us: int


@dataclass(slots=True)
class Close:
    """A direction (or, for rst, idle, reuse and eof, both) has ended. `side` is who closed; None for neither.

    how: `fin`, `rst`, `idle` (evicted), `reuse` (a new SYN on the same ports), `eof` (end of the capture).
    """

    flow: Flow
    side: Side | None
    how: Literal["fin", "rst", "idle", "reuse", "eof"]
    packet: int
    time_us: int


@dataclass(slots=True)
class Opened:
    """The first packet of a flow was seen."""

    flow: Flow


FlowEvent = Opened | Chunk | Gap | Close


@dataclass(slots=True)
class Damage:
    """Something below TCP that could not be read: said once per kind and place, counted always."""

    what: str
    packet: int
    time_us: int
    count: int = 1


@dataclass(slots=True)
class NetResult:
    """What the net floor made of one batch of packets; events of one flow stand in the order of time."""

    events: list[FlowEvent] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
