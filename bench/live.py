"""Measure live capture without loss: `sudo python bench/live.py [--rate 200000] [--seconds 5]`.

Two network namespaces, a veth pair between them, UDP packets of 100 bytes from one to the other at a steady rate, and
`heron-tui record` on the receiving end. Prints what was sent, what was written and what the kernel dropped. Nothing
leaves the machine.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SENDER = """
import socket, sys, time
rate, seconds = float(sys.argv[1]), float(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.IPPROTO_UDP, 103, 58)  # UDP_SEGMENT: the kernel cuts what is sent at once into packets
burst = bytes(58 * 32)
sent, begun = 0, time.perf_counter()
while (now := time.perf_counter() - begun) < seconds:
    due = int(now * rate)
    while sent < due:
        out.sendto(burst, ("10.99.0.2", 9))
        sent += 32
print(sent, time.perf_counter() - begun)
"""
NAMES = ("heron-a", "heron-b")


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def inside(name: str, *command: str) -> list[str]:
    return ["ip", "netns", "exec", name, *command]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=200_000, help="packets a second")
    parser.add_argument("--senders", type=int, default=1, help="processes that share the rate")
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("network namespaces need root", file=sys.stderr)
        return 3
    try:
        for name in NAMES:
            ip("netns", "add", name)
        ip("link", "add", "veth-a", "netns", NAMES[0], "type", "veth", "peer", "name", "veth-b", "netns", NAMES[1])
        for name, device, address in zip(NAMES, ("veth-a", "veth-b"), ("10.99.0.1/24", "10.99.0.2/24"), strict=True):
            ip("-n", name, "address", "add", address, "dev", device)
            ip("-n", name, "link", "set", device, "gso_max_segs", "1", "up")  # each packet is one on the wire
        return measure(args.rate, args.senders, args.seconds)
    finally:
        for name in NAMES:
            ip("netns", "delete", name, check=False)


def measure(rate: int, senders: int, seconds: float) -> int:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "bench.pcapng"
        record = [sys.executable, "-m", "heron_tui", "record", "--no-tls", "-i", "veth-b", "-f", "udp port 9"]
        with subprocess.Popen(inside(NAMES[1], *record, "-w", str(file)), stderr=subprocess.PIPE, text=True) as capture:
            assert capture.stderr is not None
            capture.stderr.readline()
            time.sleep(1.5)
            send = inside(NAMES[0], sys.executable, "-c", SENDER, str(rate / senders), str(seconds))
            running = [subprocess.Popen(send, stdout=subprocess.PIPE, text=True) for _ in range(senders)]
            said = [one.communicate()[0].split() for one in running]
            time.sleep(1.0)
            capture.send_signal(signal.SIGINT)
            words = capture.stderr.read()
    sent = sum(int(count) for count, _ in said)
    print(f"sent {sent:,} packets, {sent / max(float(took) for _, took in said):,.0f} a second")
    print(words.strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
