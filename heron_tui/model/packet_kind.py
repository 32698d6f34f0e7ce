"""What a packet is below HTTP."""


class Kind:
    """What a packet is below HTTP, for the packet list. Values are stored: never renumber."""

    DATA = 0  # TCP with payload that was delivered
    ACK = 1  # TCP without payload, no SYN, FIN, RST
    SYN = 2
    FIN = 3
    RST = 4
    RETRANSMISSION = 5  # all its payload had been delivered (or is held) already
    OUT_OF_ORDER = 6  # held until what is before it came, or until the gap was given up
    KEEPALIVE = 7
    UDP = 8
    ICMP = 9
    OTHER = 10  # ARP, other protocols
    FRAGMENT = 11  # IP fragment, not the one that completed its datagram
    BROKEN = 12  # truncated or damaged below TCP
    DOUBLED = 13  # the very same packet seen a moment ago (captures of `any`)
    LATE = 14  # new payload behind the end (FIN or RST) of its connection: nobody read it, so it was not delivered
