"""Every link and IP shape gives the same bytes."""

import struct

import pytest

from heron_tui.model.flow import Damage
from heron_tui.model.packet_kind import Kind
from heron_tui.net import Limits, Tracker
from tests.net.build import (
    ACK,
    ETHERNET,
    IPV4_ONLY,
    IPV6_ONLY,
    LOOP,
    NULL,
    RAW,
    SLL,
    SLL2,
    START_US,
    Conversation,
    Packet,
    Wrap,
    batch,
    ethernet,
    ipv4,
    ipv6,
    mpls,
    null,
    pppoe,
    raw,
    sll,
    sll2,
    snap,
    tcp,
    track,
    vlan,
)

BOTH_VERSIONS: dict[str, tuple[int, Wrap]] = {
    "ethernet": (ETHERNET, ethernet),
    "vlan": (ETHERNET, lambda network: vlan(network, 0x8100)),
    "qinq": (ETHERNET, lambda network: vlan(network, 0x88A8, 0x8100)),
    "old qinq, three tags": (ETHERNET, lambda network: vlan(network, 0x9100, 0x9200, 0x8100)),
    "mpls": (ETHERNET, mpls),
    "mpls stack": (ETHERNET, lambda network: mpls(network, 3)),
    "pppoe": (ETHERNET, pppoe),
    "llc snap": (ETHERNET, snap),
    "null": (NULL, null),
    "null, other byte order": (NULL, lambda network: null(network, ">")),
    "null, freebsd": (NULL, lambda network: null(network, "<", 28)),
    "null, macos": (NULL, lambda network: null(network, "<", 30)),
    "null, openbsd": (NULL, lambda network: null(network, ">", 24)),
    "loop": (LOOP, lambda network: null(network, ">", 24)),
    "raw": (RAW, raw),
    "raw 12": (12, raw),
    "raw 14": (14, raw),
    "sll": (SLL, sll),
    "sll2": (SLL2, sll2),
}
V4 = (("10.0.0.1", 40000), ("10.0.0.2", 8080))
V6 = (("fe80::1", 40000), ("2001:db8::2", 8080))
CASES = [(name, *how, ends) for name, how in BOTH_VERSIONS.items() for ends in (V4, V6)]
CASES += [("ipv4", IPV4_ONLY, raw, V4), ("ipv6", IPV6_ONLY, raw, V6)]
REQUEST, ANSWER = b"POST /v1/messages HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + bytes(range(256)) * 20


@pytest.mark.parametrize(("name", "link", "wrap", "ends"), CASES)
def test_link(name: str, link: int, wrap: Wrap, ends: tuple[tuple[str, int], tuple[str, int]]) -> None:
    talk = Conversation(*ends, wrap=wrap, link=link).open().send(0, REQUEST).send(1, ANSWER, 500).close()
    seen = track(talk.packets)
    assert seen.stream(0) == REQUEST
    assert seen.stream(1) == ANSWER
    [flow] = seen.flows
    assert (flow.client, flow.server) == tuple(f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip, port in ends)
    assert not seen.gaps and not seen.damage
    assert flow.packets == len(talk.packets)


def one(packet: bytes, link: int = RAW) -> tuple[int, int]:
    """Kind and payload size of a single packet."""
    seen = track([Packet(START_US, packet, link)])
    return seen.kind[0], seen.payload[0]


def test_ethernet_padding_is_no_payload() -> None:
    packet = ethernet(ipv4("1.1.1.1", "2.2.2.2", tcp(1000, 80, 1, 1, ACK))) + bytes(6)
    assert one(packet, ETHERNET) == (Kind.ACK, 0)
    packet = ethernet(ipv4("1.1.1.1", "2.2.2.2", tcp(1000, 80, 1, 1, ACK, b"hello"))) + bytes(9)
    assert one(packet, ETHERNET) == (Kind.DATA, 5)


def test_ip_and_tcp_options() -> None:
    segment = tcp(1000, 80, 1, 1, ACK, b"hello", options=bytes([1, 1, 8, 10]) + bytes(8))
    assert one(ipv4("1.1.1.1", "2.2.2.2", segment, options=bytes([1, 1, 1, 0]))) == (Kind.DATA, 5)


def test_total_length_zero_of_offloaded_segments() -> None:
    assert (
        one(ethernet(ipv4("1.1.1.1", "2.2.2.2", tcp(1, 2, 1, 1, ACK, bytes(70_000)), length=0)), ETHERNET)[1] == 70_000
    )
    assert one(ethernet(ipv6("::1", "::2", tcp(1, 2, 1, 1, ACK, bytes(70_000)), length=0)), ETHERNET)[1] == 70_000


@pytest.mark.parametrize(
    "extensions",
    [
        [(0, b"\0" + bytes(6))],
        [(43, b"\2" + bytes(22))],
        [(60, b"\1" + bytes(14))],
        [(51, b"\4" + bytes(22))],
        [(0, b"\0" + bytes(6)), (60, b"\0" + bytes(6)), (43, b"\0" + bytes(6)), (135, b"\0" + bytes(6))],
        [(44, b"\0" + bytes(6))],  # an atomic fragment
    ],
)
def test_ipv6_extension_headers(extensions: list[tuple[int, bytes]]) -> None:
    packet = ipv6("::1", "::2", tcp(1, 2, 1, 1, ACK, b"hello"), extensions=extensions)
    assert one(packet) == (Kind.DATA, 5)


def test_jumbogram() -> None:
    segment = tcp(1, 2, 1, 1, ACK, bytes(70_000))
    jumbo = (0, b"\0\xc2\4" + struct.pack(">I", len(segment) + 8))
    assert one(ipv6("::1", "::2", segment, extensions=[jumbo], length=0) + b"trailer") == (Kind.DATA, 70_000)


@pytest.mark.parametrize(
    ("packet", "kind"),
    [
        (ethernet(ipv4("1.1.1.1", "2.2.2.2", bytes(30), protocol=17)), Kind.UDP),
        (ethernet(ipv4("1.1.1.1", "2.2.2.2", bytes(8), protocol=17)), Kind.UDP),
        (ethernet(ipv6("::1", "::2", bytes(30), protocol=17)), Kind.UDP),
        (ethernet(ipv4("1.1.1.1", "2.2.2.2", bytes(30), protocol=1)), Kind.ICMP),
        (ethernet(ipv6("::1", "::2", bytes(30), protocol=58)), Kind.ICMP),
        (ethernet(ipv4("1.1.1.1", "2.2.2.2", bytes(30), protocol=50)), Kind.OTHER),
        (ethernet(ipv6("::1", "::2", bytes(30), protocol=59)), Kind.OTHER),
        (ethernet(bytes(28), 0x0806), Kind.OTHER),
        (ethernet(bytes(46), 46), Kind.OTHER),
        (ethernet(ipv4("1.1.1.1", "2.2.2.2", tcp(1, 2, 1, 1, ACK)[:10])), Kind.BROKEN),
        (ethernet(b"\x41" + bytes(50), 0x0800), Kind.BROKEN),
        (ethernet(b"\x45" + bytes(5), 0x0800), Kind.BROKEN),
        (bytes(10), Kind.BROKEN),
        (b"", Kind.BROKEN),
        (vlan(b"\x45", 0x8100)[:16], Kind.BROKEN),
    ],
)
def test_everything_else_has_a_kind(packet: bytes, kind: int) -> None:
    seen = track([Packet(START_US, packet)])
    assert (seen.kind, seen.flow, seen.side) == ([kind], [-1], [-1])
    assert bool(seen.damage) == (kind == Kind.BROKEN)


def test_damage_is_said_once_for_each_kind_and_counted() -> None:
    packets = [Packet(START_US, b"xx", link) for link in (ETHERNET, ETHERNET, 4711, ETHERNET)]
    tracker = Tracker()
    _, result = tracker.feed(batch(packets, first=10))
    assert result.damage == [Damage("cut link header", 10, START_US, 3), Damage("link type 4711", 12, START_US, 1)]
    assert tracker.counters.damaged == 4


def pieces(datagram: bytes, size: int, ident: int = 7) -> list[bytes]:
    return [
        ipv4("1.1.1.1", "2.2.2.2", datagram[at : at + size], ident=ident, fragment=at, more=at + size < len(datagram))
        for at in range(0, len(datagram), size)
    ]


DATAGRAM = tcp(1000, 80, 1, 1, ACK, bytes(range(250)) * 10)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 1, 3, 0, 2]])
def test_ipv4_fragments(order: list[int]) -> None:
    parts = pieces(DATAGRAM, 640)
    assert len(parts) == 4
    seen = track([Packet(START_US, parts[n], RAW) for n in order])
    assert seen.kind == [Kind.FRAGMENT] * (len(order) - 1) + [Kind.DATA]
    assert seen.stream(0) == DATAGRAM[20:]
    assert seen.payload[-1] == len(DATAGRAM) - 20
    assert not seen.damage


def test_ipv6_fragments() -> None:
    parts = [
        ipv6(
            "::1",
            "::2",
            DATAGRAM[at : at + 1280],
            extensions=[(44, struct.pack(">BHI", 0, at | (at + 1280 < len(DATAGRAM)), 99))],
        )
        for at in range(0, len(DATAGRAM), 1280)
    ]
    seen = track([Packet(START_US, part, RAW) for part in parts])
    assert seen.kind == [Kind.FRAGMENT, Kind.DATA]
    assert seen.stream(0) == DATAGRAM[20:]


def test_fragments_that_overlap_with_equal_bytes() -> None:
    parts = [
        ipv4("1.1.1.1", "2.2.2.2", DATAGRAM[low:high], ident=7, fragment=low, more=high < len(DATAGRAM))
        for low, high in [(0, 800), (400, 1600), (1200, len(DATAGRAM))]
    ]
    assert track([Packet(START_US, part, RAW) for part in parts]).stream(0) == DATAGRAM[20:]


def test_fragments_time_out_and_are_said() -> None:
    late = 31_000_000
    parts = pieces(DATAGRAM, 1280)
    packets = [Packet(START_US, parts[0], RAW), Packet(START_US + late, parts[1], RAW)]
    seen = track(packets)
    assert seen.kind == [Kind.FRAGMENT] * 2
    assert seen.tracker.counters.fragments_lost == 2
    assert "fragments that never became whole" in seen.damage


def test_fragments_are_bounded() -> None:
    tracker = Tracker(Limits(datagrams=10, fragment_bytes=10_000))
    packets = [Packet(START_US, pieces(DATAGRAM, 1280, ident)[0], RAW) for ident in range(100)]
    tracker.feed(batch(packets))
    assert tracker.counters.fragments_lost >= 90
    tracker.close()
    assert tracker.counters.fragments_lost == 100


def test_two_fragmented_datagrams_at_once() -> None:
    first, second = pieces(DATAGRAM, 1280, 1), pieces(tcp(1000, 80, 2501, 1, ACK, b"x" * 2000), 1280, 2)
    packets = [Packet(START_US, part, RAW) for pair in zip(first, second, strict=True) for part in pair]
    assert track(packets).stream(0) == DATAGRAM[20:] + b"x" * 2000
