"""Real captures: the bytes that tshark follows, no gaps, and the same with everything in the way of it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from heron_tui.capture import open_sources
from heron_tui.model.packet_kind import Kind
from heron_tui.net import columns
from tests.net.build import (
    ETHERNET,
    NULL,
    RAW,
    SLL,
    SLL2,
    Conversation,
    Packet,
    Seen,
    null,
    raw,
    sll,
    sll2,
    track,
    vlan,
)

CAPTURES = sorted((Path(__file__).resolve().parent.parent / "captures").glob("*.pcap"))
FOLLOWED = 2  # streams of each capture that are compared: tshark reads the whole file for each


def packets(path: Path) -> list[Packet]:
    sources = open_sources([str(path)], spool=None)
    found = []
    for part in sources.batches():
        assert part is not None
        rows = zip(part.time_us, part.pos, part.caplen, part.link, part.length, strict=True)
        found += [
            Packet(int(time_us), bytes(part.data[pos : pos + caplen]), int(link), int(length))
            for time_us, pos, caplen, link, length in rows
        ]
    sources.close()
    return found


def followed(path: Path, stream: int) -> dict[str, bytes]:
    """What tshark says each end of a TCP stream sent, by ``ip:port``."""
    command = ["tshark", "-r", str(path), "-q", "-z", f"follow,tcp,raw,{stream}"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    nodes = [line.split(": ", 1)[1] for line in lines if line.startswith("Node ")]
    sent = {node: bytearray() for node in nodes}
    begin = max(n for n, line in enumerate(lines) if line.startswith("Node ")) + 1
    for line in lines[begin:]:
        if line and not line.startswith("="):
            sent[nodes[line.startswith("\t")]] += bytes.fromhex(line.strip())
    return {node: bytes(data) for node, data in sent.items()}


def told(seen: Seen) -> dict[str, tuple[bytes, bytes]]:
    return {flow.id: (seen.stream(0, flow.n), seen.stream(1, flow.n)) for flow in seen.flows}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_gaps_and_no_damage(path: Path) -> None:
    seen = track(packets(path))
    assert seen.flows
    assert not seen.gaps and not seen.damage
    assert set(seen.kind) <= {Kind.DATA, Kind.ACK, Kind.SYN, Kind.FIN, Kind.RST, Kind.RETRANSMISSION, Kind.KEEPALIVE}
    assert -1 not in seen.flow
    assert not any(flow.midstream and flow.bytes_client + flow.bytes_server for flow in seen.flows)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_bytes_that_tshark_follows(path: Path) -> None:
    seen = track(packets(path))
    for flow in seen.flows[:FOLLOWED]:
        ours = {flow.client: seen.stream(0, flow.n), flow.server: seen.stream(1, flow.n)}
        assert ours == followed(path, flow.n)


@pytest.mark.parametrize("path", CAPTURES[:6], ids=lambda path: path.stem)
def test_doubled_and_cut_into_small_batches(path: Path) -> None:
    single = packets(path)
    whole = track(single)
    assert told(track(single, range(0, len(single), 11))) == told(whole)
    doubled = track([packet.at(packet.time_us + n) for packet in single for n in range(2)])
    assert sorted(told(doubled).values()) == sorted(told(whole).values())
    assert doubled.tracker.counters.doubled == len(single)
    assert doubled.flows[0].retransmissions == whole.flows[0].retransmissions


@pytest.mark.parametrize(
    ("link", "wrap"),
    [
        (ETHERNET, vlan),
        (ETHERNET, lambda network: vlan(network, 0x8100)),
        (NULL, null),
        (RAW, raw),
        (SLL, sll),
        (SLL2, sll2),
    ],
)
@pytest.mark.parametrize("address", ["10.0.0.1", "fe80::1"])
def test_common_shapes_need_no_look_at_each_packet(link, wrap, address, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Conversation((address, 4000), (address[:-1] + "2", 80), wrap=wrap, link=link).open().send(0, b"x" * 9000)
    monkeypatch.setattr(columns, "dissect_one", None)
    assert track(talk.packets).stream(0) == b"x" * 9000
