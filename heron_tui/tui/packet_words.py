"""What a packet is, in the agent's terms, and how strongly the list shows it."""

from ..model.packet_kind import Kind
from ..store.shapes import PacketRow

WORDS: dict[int, tuple[str, str]] = {
    Kind.DATA: ("data", "muted"),
    Kind.ACK: ("ack", "faint"),
    Kind.SYN: ("opens the connection", "muted"),
    Kind.FIN: ("closes its side", "muted"),
    Kind.RST: ("reset", "warn"),
    Kind.RETRANSMISSION: ("retransmission", "warn"),
    Kind.OUT_OF_ORDER: ("out of order", "warn"),
    Kind.KEEPALIVE: ("keep-alive", "faint"),
    Kind.UDP: ("UDP", "muted"),
    Kind.ICMP: ("ICMP", "muted"),
    Kind.OTHER: ("other protocol", "faint"),
    Kind.FRAGMENT: ("IP fragment", "muted"),
    Kind.BROKEN: ("broken", "error"),
    Kind.DOUBLED: ("seen before", "faint"),
}
"""What a packet is to TCP, and the role that shows it."""


def words(kind: int) -> tuple[str, str]:
    """What a packet is to TCP, and the role that shows it."""
    return WORDS.get(kind, ("?", "muted"))


def say(packet: PacketRow) -> tuple[str, str]:
    """Words and role for a packet: what the store says it carried, else what it is to TCP."""
    plain, role = words(packet.kind)
    if packet.payload and packet.side == 1 and (packet.status or 0) >= 400:
        role = "error"
    elif packet.payload and packet.exchange and role == "muted":
        role = "client" if packet.side == 0 else "base"
    return packet.info or plain, role
