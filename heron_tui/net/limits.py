"""How much is held, and for how long. All times are capture time, in microseconds."""

from dataclasses import dataclass

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the net floor. Whatever they cut off is counted or said.

    Attributes:
        flows: open connections kept; beyond it the one that has been silent longest is closed as `idle`.
        closed_flows: ended connections remembered, so that late packets find theirs.
        servers: addresses remembered that took connections.
        idle_us: a connection silent for that long is closed as `idle`. A model may think for many minutes.
        linger_us: after that, payload on the ports of an ended connection begins a new flow.
        ack_grace_us: how long bytes may be missing that the receiver has acknowledged. It has them, so they were lost
            by the capture or stand a little later in it.
        hole_us: how long later bytes wait for missing ones that nobody acknowledged. Senders repeat after 0.2 s or
            more, and then double the pause (RFC 6298).
        held_bytes, held_segments: waiting behind a hole, in one direction.
        held_total: bytes waiting in all directions together.
        doubled_us: the very same packet within that time is a second copy of it, not a retransmission.
        fragment_us: how long the fragments of a datagram wait for each other.
        fragment_bytes, datagrams: of fragments held, together; and how many datagrams they may belong to.
    """

    flows: int = 16_384
    closed_flows: int = 4_096
    servers: int = 4_096
    idle_us: int = 2 * 3600 * SECOND
    linger_us: int = 5 * SECOND
    ack_grace_us: int = SECOND // 10
    hole_us: int = 5 * SECOND
    held_bytes: int = 4 << 20
    held_segments: int = 4_096
    held_total: int = 64 << 20
    doubled_us: int = 5_000
    fragment_us: int = 30 * SECOND
    fragment_bytes: int = 4 << 20
    datagrams: int = 256
