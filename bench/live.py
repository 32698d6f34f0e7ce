"""Measure live capture at a steady rate, as root: `sudo python bench/live.py [--rate 200000] [--seconds 5]`.

Two network namespaces and a veth pair; packets go into one end, and a capturer takes them at the other. What is sent:
UDP of 100 bytes (small), or the packets of 100 agents on keep-alive connections (agents, bench/generate.py). What takes
them: `heron-tui record` (record), or an engine as `live` has it (engine). Prints for each pair what was offered,
captured and dropped, and of an engine how much it had decoded when the last packet was sent, when it had all, and how
far it was behind at worst. Nothing leaves the machine.
"""

import argparse
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from run import sample  # noqa: E402

from heron_tui.model.live import Live  # noqa: E402
from tests.live.talking import Engine  # noqa: E402

NAMES = ("heron-a", "heron-b")
INTERFACE = "veth-b"
SMALL_FRAMES = 4096
AGENTS_BYTES = 100_000_000
SETTLE_S = 1.5
PATIENCE_S = 300.0
QUIET_S = 3.0
WAYS = ("record", "engine")
KINDS = ("small", "agents")
FILTER = {"small": "udp port 9", "agents": "tcp"}


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def inside(name: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", name, *command]


@contextmanager
def wire() -> Iterator[None]:
    """The veth pair, between two namespaces."""
    try:
        for name in NAMES:
            ip("netns", "add", name)
        ip("link", "add", "veth-a", "netns", NAMES[0], "type", "veth", "peer", "name", INTERFACE, "netns", NAMES[1])
        for name, device in zip(NAMES, ("veth-a", INTERFACE), strict=True):
            ip("-n", name, "link", "set", device, "up")
        yield
    finally:
        for name in NAMES:
            ip("netns", "delete", name, check=False)


def small(path: Path) -> Path:
    """A pcap of UDP packets of 100 bytes."""
    addresses = socket.inet_aton("10.99.0.1") + socket.inet_aton("10.99.0.2")
    frame = bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 86, 0, 0, 64, 17, 0) + addresses
    frame += struct.pack(">HHHH", 9, 9, 66, 0) + bytes(58)
    record = struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1) + record * SMALL_FRAMES)
    return path


def offer(file: Path, rate: float, seconds: float) -> dict[str, float]:
    """Send; what went out."""
    command = [sys.executable, str(ROOT / "bench" / "sending.py"), "veth-a", str(file), str(rate), str(seconds)]
    # Ahead of everything else: what is offered shall not depend on what takes it.
    done = subprocess.run(inside(NAMES[0], "chrt", "-r", "10", *command), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def into_record(file: Path, kind: str, rate: float, seconds: float, place: Path) -> str:
    record = [sys.executable, "-m", "heron_tui", "record", "--no-tls", "-i", INTERFACE, "-f", FILTER[kind]]
    command = inside(NAMES[1], *record, "-w", str(place / "bench.pcapng"))
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as capture:
        assert capture.stderr is not None
        capture.stderr.readline()
        time.sleep(SETTLE_S)
        sent = offer(file, rate, seconds)
        time.sleep(1.0)
        capture.send_signal(signal.SIGINT)
        words = capture.stderr.read()
    return f"{_offered(sent)}; {words.strip().removeprefix('heron-tui: ')}"


def into_engine(file: Path, kind: str, rate: float, seconds: float, place: Path) -> str:
    command = [sys.executable, __file__, "--take", FILTER[kind], str(place / "bench.store")]
    with subprocess.Popen(
        inside(NAMES[1], *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as taker:
        assert taker.stdin is not None and taker.stdout is not None
        taker.stdout.readline()
        sent = offer(file, rate, seconds)
        taker.stdin.write(f"{int(sent['packets'])}\n")
        taker.stdin.close()
        said = json.loads(taker.stdout.read())
    lost = sent["packets"] - said["packets"] - said["kernel_drops"]
    return (
        f"{_offered(sent)}; {said['packets']:,} captured, {said['kernel_drops']:,} dropped by the kernel,"
        f" {said['undecoded']:,} bytes not decoded, {lost:,.0f} unaccounted;"
        f" {said['at_end']:,} decoded when the last was sent, all {said['after']:.1f} s later,"
        f" at worst {said['behind_s']:.1f} s behind; {said['calls']:,} calls, {said['gaps']:,} gaps,"
        f" {said['rss'] >> 20} MB"
    )


def _offered(sent: dict[str, float]) -> str:
    return f"offered {sent['packets']:,.0f} packets, {sent['packets'] / sent['seconds']:,.0f} a second, " + (
        f"{sent['bytes'] / sent['seconds'] / 1e6:.0f} MB/s"
    )


def take(rule: str, store: Path) -> None:
    """The receiving end: an engine. Says when it captures, waits for the number of packets sent, says what it has."""
    engine = Engine(Live(interfaces=(INTERFACE,), filter=rule, tls=False), store)
    engine.running()
    time.sleep(SETTLE_S)
    print("ready", flush=True)
    sent: list[int] = []
    threading.Thread(target=lambda: sent.append(int(sys.stdin.readline())), daemon=True).start()
    while not sent:
        time.sleep(0.05)
    ended, at_end = time.monotonic(), engine.ticks[-1].counters.packets
    latest, changed = at_end, ended
    while latest < sent[0] and time.monotonic() - ended < PATIENCE_S:
        time.sleep(0.05)
        tick = engine.ticks[-1]
        if tick.counters.packets != latest:
            latest, changed = tick.counters.packets, time.monotonic()
        elif not tick.behind_bytes and time.monotonic() - changed > QUIET_S:
            break
    rss = _peak(engine.process.pid)
    last = engine.stop()
    counters = last.counters
    said = {
        "packets": counters.packets,
        "kernel_drops": counters.kernel_drops,
        "undecoded": counters.undecoded_bytes,
        "calls": counters.calls,
        "gaps": counters.gaps,
        "at_end": at_end,
        "after": changed - ended,
        "behind_s": max((tick.behind_us for tick in engine.ticks), default=0) / 1e6,
        "rss": rss,
    }
    print(json.dumps(said), flush=True)


def _peak(pid: int) -> int:
    """Bytes of memory that a process had at most."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=200_000, help="packets a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--kind", choices=KINDS, help="what is sent (default: first the one, then the other)")
    parser.add_argument("--into", choices=WAYS, help="what takes it (default: first the one, then the other)")
    parser.add_argument("--take", nargs=2, metavar=("FILTER", "STORE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.take:
        take(args.take[0], Path(args.take[1]))
        return 0
    if os.geteuid() != 0:
        print("network namespaces need root", file=sys.stderr)
        return 3
    for kind in [args.kind] if args.kind else KINDS:
        for way in [args.into] if args.into else WAYS:
            with tempfile.TemporaryDirectory(prefix="heron-bench-") as directory, wire():
                place = Path(directory)
                file = small(place / "small.pcap") if kind == "small" else sample(AGENTS_BYTES, 1448, 1, 100)
                measure = into_record if way == "record" else into_engine
                print(f"{kind} into {way}: {measure(file, kind, args.rate, args.seconds, place)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
