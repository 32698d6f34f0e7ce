"""What watching costs a TLS client: `make bench-tls`, as root.

One client and one server on loopback, one connection, requests and answers of 200 bytes: microseconds per request bare,
watched as the helper does it, and watched with probes at the library's public functions. Rounds take turns, so that all
three see the same machine. The server uses a copy of libssl that no probe stands in: the figure is the client's alone.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.bpf.server import certificate  # noqa: E402
from tests.bpf.watching import HEAD, NAMES, missing  # noqa: E402

PYTHON = "/usr/bin/python3"
SERVER = """
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
raw, _ = listener.accept()
raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
tls = context.wrap_socket(raw, server_side=True)
answer = b"HTTP/1.1 200 OK\\r\\nContent-Length: 162\\r\\n\\r\\n" + b"a" * 162
while tls.recv(4096):
    tls.sendall(answer)
"""
CLIENT = """
import socket, ssl, sys, time
context = ssl.create_default_context(cafile=sys.argv[2])
raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
tls = context.wrap_socket(raw, server_hostname="localhost")
request = b"POST /v1/messages HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 129\\r\\n\\r\\n" + b"q" * 129
print("ready", flush=True)
for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        begin = time.perf_counter_ns()
        tls.sendall(request)
        tls.recv(4096)
        times.append(time.perf_counter_ns() - begin)
    times.sort()
    print(times[len(times) // 2], flush=True)
"""
PUBLIC = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import bpf.tls.openssl
bpf.tls.openssl._calls = lambda elf, va: []
import bpf.helper
sys.exit(bpf.helper.main())
"""
WAYS = {
    "bare": None,
    "watched": [PYTHON, "-I", str(ROOT / "bpf" / "helper.py")],
    "watched at the public functions": [PYTHON, "-I", "-c", PUBLIC],
}


class Helper:
    """Runs until closed; counts the bytes of plaintext that it hands out."""

    def __init__(self, command: list[str], pid: int) -> None:
        self.process = subprocess.Popen([*command, "--pid", str(pid)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seen = 0
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        self.ready.wait()

    def _read(self) -> None:
        read = self.process.stdout.read
        while len(head := read(HEAD.size)) == HEAD.size:
            length, kind, _, _ = HEAD.unpack(head)
            read(length)
            self.seen += length - 32 if NAMES[kind] == "DATA" else 0
            if NAMES[kind] == "READY":
                self.ready.set()
        self.ready.set()

    def close(self) -> int:
        self.process.stdin.close()
        self.process.wait()
        self.reader.join()
        return self.seen


def measure(command: list[str] | None, client: "subprocess.Popen[str]", requests: int) -> tuple[float, int]:
    """Median microseconds per request, and the bytes that were seen."""
    helper = Helper(command, client.pid) if command else None
    client.stdin.write(f"{requests}\n")
    client.stdin.flush()
    median = int(client.stdout.readline()) / 1000
    return median, helper.close() if helper else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if reason := missing():
        print(f"cannot watch TLS here: {reason}", file=sys.stderr)
        return 1
    library = next(iter(sorted(Path("/usr/lib").glob("*/libssl.so.3"))), None)
    if library is None:
        print("no libssl.so.3 below /usr/lib", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as directory:
        pem = certificate(Path(directory))
        shutil.copy(library.resolve(), Path(directory) / "libssl.so.3")
        env = {**os.environ, "LD_LIBRARY_PATH": directory}
        server = subprocess.Popen([PYTHON, "-c", SERVER, pem], env=env, stdout=subprocess.PIPE, text=True)
        port = server.stdout.readline().strip()
        client = subprocess.Popen(
            [PYTHON, "-c", CLIENT, port, pem], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        client.stdout.readline()
        figures = {name: [] for name in WAYS}
        seen = dict.fromkeys(WAYS, 0)
        for _ in range(options.rounds):
            for name, command in WAYS.items():
                median, size = measure(command, client, options.requests)
                figures[name].append(median)
                seen[name] += size
        client.stdin.close()
        client.wait()
        server.wait()
    bare = statistics.median(figures["bare"])
    print(f"{'':34}us/request   more than bare   bytes seen   rounds")
    for name, rounds in figures.items():
        middle = statistics.median(rounds)
        each = " ".join(f"{r:.1f}" for r in rounds)
        print(f"{name:34}{middle:10.1f}   {middle - bare:+14.1f}   {seen[name]:10}   {each}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
