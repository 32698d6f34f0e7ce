"""Hand-made packets: link frames, IP packets, TCP conversations, and the batches and captures made of them."""

import ipaddress
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from heron_tui.model.flow import Chunk, Close, Flow, FlowEvent, Gap, Opened
from heron_tui.model.packet import Ints, PacketBatch
from heron_tui.net import Limits, Tracker

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
ETHERNET, NULL, RAW, LOOP, SLL, IPV4_ONLY, IPV6_ONLY, SLL2 = 1, 0, 101, 108, 113, 228, 229, 276
START_US = 1_700_000_000_000_000

Wrap = Callable[[bytes], bytes]


def ethernet(network: bytes, kind: int | None = None) -> bytes:
    return bytes(12) + struct.pack(">H", kind if kind is not None else ether_type(network)) + network


def vlan(network: bytes, *tags: int) -> bytes:
    """Ethernet with one VLAN tag for each of `tags` (their TPIDs), the outermost first."""
    frame = bytes(12)
    for number, tag in enumerate(tags):
        frame += struct.pack(">HH", tag, 100 + number)
    return frame + struct.pack(">H", ether_type(network)) + network


def mpls(network: bytes, labels: int = 1) -> bytes:
    stack = b"".join(struct.pack(">I", (1000 + n) << 12 | (n == labels - 1) << 8 | 64) for n in range(labels))
    return ethernet(stack + network, 0x8847)


def pppoe(network: bytes) -> bytes:
    protocol = 0x0021 if network[0] >> 4 == 4 else 0x0057
    return ethernet(struct.pack(">BBHHH", 0x11, 0, 1, len(network) + 2, protocol) + network, 0x8864)


def snap(network: bytes) -> bytes:
    inside = b"\xaa\xaa\x03\0\0\0" + struct.pack(">H", ether_type(network)) + network
    return ethernet(inside, min(len(inside), 1500))


def null(network: bytes, order: str = "<", v6_family: int = 10) -> bytes:
    return struct.pack(order + "I", 2 if network[0] >> 4 == 4 else v6_family) + network


def sll(network: bytes) -> bytes:
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), ether_type(network)) + network


def sll2(network: bytes) -> bytes:
    return struct.pack(">HHIHBB8s", ether_type(network), 0, 1, 1, 0, 6, bytes(8)) + network


def raw(network: bytes) -> bytes:
    return network


def ether_type(network: bytes) -> int:
    return 0x0800 if network[0] >> 4 == 4 else 0x86DD


def tcp(  # noqa: PLR0917
    source: int,
    target: int,
    seq: int,
    ack: int,
    flags: int,
    payload: bytes = b"",
    options: bytes = b"",
    window: int = 512,
) -> bytes:
    assert len(options) % 4 == 0
    offset = (20 + len(options)) // 4 << 4
    head = struct.pack(">HHIIBBHHH", source, target, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset, flags, window, 0, 0)
    return head + options + payload


def ipv4(
    source: str, target: str, inside: bytes, *, protocol: int = 6, ident: int = 0, options: bytes = b"",
    fragment: int = 0, more: bool = False, length: int | None = None,
) -> bytes:  # fmt: skip
    """`fragment` is the offset in bytes; `length` stands in the header instead of the true one."""
    assert len(options) % 4 == 0
    total = 20 + len(options) + len(inside) if length is None else length
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, total, ident, fragment // 8 | more << 13, 64, protocol, 0,
        ipaddress.IPv4Address(source).packed, ipaddress.IPv4Address(target).packed,
    )  # fmt: skip
    return head + options + inside


def ipv6(
    source: str, target: str, inside: bytes, *, protocol: int = 6, extensions: Sequence[tuple[int, bytes]] = (),
    length: int | None = None,
) -> bytes:  # fmt: skip
    """`extensions`: header number and its bytes behind the next-header byte, the outermost first."""
    following = protocol
    for number, content in reversed(extensions):
        inside, following = bytes([following]) + content + inside, number
    head = struct.pack(
        ">IHBB16s16s", 6 << 28, len(inside) if length is None else length, following, 64,
        ipaddress.IPv6Address(source).packed, ipaddress.IPv6Address(target).packed,
    )  # fmt: skip
    return head + inside


@dataclass(frozen=True)
class Packet:
    """One captured packet. `length`: on the wire, where it is more than was captured."""

    time_us: int
    frame: bytes
    link: int = ETHERNET
    length: int | None = None

    def cut(self, caplen: int) -> "Packet":
        """The packet as a capture with a snap length would hold it."""
        return replace(self, frame=self.frame[:caplen], length=self.length or len(self.frame))

    def at(self, time_us: int) -> "Packet":
        return replace(self, time_us=time_us)


@dataclass
class Conversation:
    """A TCP conversation between two ``(ip, port)``; its packets appear in `packets`, `step_us` apart.

    Sides are 0 (client) and 1 (server). Every `ack_every`-th data packet is acknowledged by the other side.
    """

    client: tuple[str, int] = ("10.0.0.1", 40000)
    server: tuple[str, int] = ("10.0.0.2", 8080)
    wrap: Wrap = ethernet
    link: int = ETHERNET
    isn: tuple[int, int] = (1000, 5000)
    time_us: int = START_US
    step_us: int = 100
    ack_every: int = 1
    packets: list[Packet] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seq = [(self.isn[0] + 1) & 0xFFFFFFFF, (self.isn[1] + 1) & 0xFFFFFFFF]
        self._ident = 0

    def packet(
        self, side: int, flags: int = ACK, payload: bytes = b"", *, seq: int | None = None, ack: int | None = None,
        options: bytes = b"",
    ) -> Packet:  # fmt: skip
        """Make one packet, with the present sequence numbers unless told otherwise. It moves only the clock."""
        ends = [self.client, self.server]
        (source, source_port), (target, target_port) = ends[side], ends[1 - side]
        seq = self.seq[side] if seq is None else seq
        ack = (self.seq[1 - side] if flags & ACK else 0) if ack is None else ack
        segment = tcp(source_port, target_port, seq, ack, flags, payload, options)
        self._ident = (self._ident + 1) & 0xFFFF
        network = (
            ipv6(source, target, segment)
            if ":" in source
            else ipv4(source, target, segment, ident=self._ident, length=None if len(segment) < 65_516 else 0)
        )
        self.time_us += self.step_us
        return Packet(self.time_us, self.wrap(network), self.link)

    def add(self, side: int, flags: int = ACK, payload: bytes = b"", **changes: int) -> Packet:
        """Make one packet and let it happen."""
        packet = self.packet(side, flags, payload, **changes)
        self.packets.append(packet)
        return packet

    def open(self) -> "Conversation":
        self.add(0, SYN, seq=self.isn[0])
        self.add(1, SYN | ACK, seq=self.isn[1], ack=self.isn[0] + 1)
        self.add(0)
        return self

    def send(self, side: int, data: bytes, mss: int = 1448) -> "Conversation":
        for number, start in enumerate(range(0, len(data), mss), 1):
            part = data[start : start + mss]
            self.add(side, ACK | (PSH if start + mss >= len(data) else 0), part)
            self.seq[side] = (self.seq[side] + len(part)) & 0xFFFFFFFF
            if self.ack_every and number % self.ack_every == 0:
                self.add(1 - side)
        return self

    def lose(self, side: int, size: int) -> "Conversation":
        """Bytes that were sent, but that the capture does not hold."""
        self.seq[side] = (self.seq[side] + size) & 0xFFFFFFFF
        return self

    def wait(self, us: int) -> "Conversation":
        self.time_us += us
        return self

    def fin(self, side: int) -> "Conversation":
        self.add(side, FIN | ACK)
        self.seq[side] = (self.seq[side] + 1) & 0xFFFFFFFF
        if self.ack_every:
            self.add(1 - side)
        return self

    def close(self, side: int = 0) -> "Conversation":
        return self.fin(side).fin(1 - side)

    def rst(self, side: int) -> "Conversation":
        self.add(side, RST | ACK)
        return self


def batch(packets: Sequence[Packet], first: int = 1) -> PacketBatch:
    """The packets as one batch, numbered from `first`."""

    def column(values: Iterable[int]) -> Ints:
        return np.array(list(values), np.int64)

    caplen = column(len(packet.frame) for packet in packets)
    pos = np.concatenate(([0], np.cumsum(caplen)[:-1])).astype(np.int64) if len(packets) else caplen
    return PacketBatch(
        data=b"".join(packet.frame for packet in packets),
        number=np.arange(first, first + len(packets)),
        time_us=column(packet.time_us for packet in packets),
        pos=pos,
        caplen=caplen,
        length=column(packet.length or len(packet.frame) for packet in packets),
        link=column(packet.link for packet in packets),
        file=np.zeros(len(packets), np.int64),
        file_pos=pos,
    )


def batches(packets: Sequence[Packet], cuts: Iterable[int] = ()) -> list[PacketBatch]:
    """The packets as several batches, cut before the given places."""
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < len(packets)}), len(packets)]
    return [batch(packets[low:high], low + 1) for low, high in pairwise(edges)]


def pcap(packets: Sequence[Packet]) -> bytes:
    """The packets, which must share a link type, as a pcap file."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, packets[0].link if packets else ETHERNET)]
    for packet in packets:
        size = len(packet.frame)
        out.append(struct.pack("<IIII", *divmod(packet.time_us, 1_000_000), size, packet.length or size) + packet.frame)
    return b"".join(out)


@dataclass
class Seen:
    """What a tracker made of packets.

    Attributes:
        events: all of them, in the order in which they came.
        kind, side, flow, payload: the packets' columns.
    """

    tracker: Tracker
    events: list[FlowEvent]
    damage: list[str]
    kind: list[int]
    side: list[int]
    flow: list[int]
    payload: list[int]

    @property
    def flows(self) -> list[Flow]:
        return [event.flow for event in self.events if isinstance(event, Opened)]

    @property
    def gaps(self) -> list[tuple[int, int, int]]:
        """(side, offset, size)"""
        return [(event.side, event.offset, event.size) for event in self.events if isinstance(event, Gap)]

    @property
    def closes(self) -> list[tuple[int | None, str]]:
        return [(event.side, event.how) for event in self.events if isinstance(event, Close)]

    def stream(self, side: int, flow: int = 0) -> bytes:
        """The bytes of one direction; gaps are filled with NULs. Fails where offsets do not fit together."""
        data = b""
        for event in self.events:
            if isinstance(event, Chunk | Gap) and event.flow.n == flow and event.side == side:
                assert event.offset == len(data)
                data += event.data if isinstance(event, Chunk) else bytes(event.size)
        return data


def track(
    packets: Sequence[Packet], cuts: Iterable[int] = (), limits: Limits | None = None, close: bool = True
) -> Seen:
    """Feed the packets to a tracker."""
    tracker = Tracker(limits or Limits())
    seen = Seen(tracker, [], [], [], [], [], [])
    for part in batches(packets, cuts):
        columns, result = tracker.feed(part)
        seen.events += result.events
        seen.damage += [damage.what for damage in result.damage]
        seen.kind += columns.kind.tolist()
        seen.side += columns.side.tolist()
        seen.flow += columns.flow.tolist()
        seen.payload += columns.payload.tolist()
    if close:
        result = tracker.close()
        seen.events += result.events
        seen.damage += [damage.what for damage in result.damage]
    return seen
