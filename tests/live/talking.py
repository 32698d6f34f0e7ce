"""A local model over plain HTTP, a client that asks it, and live captures of both."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heron_tui.core.paths import shipped
from heron_tui.engine import protocol
from heron_tui.engine.protocol import Command, Job, Tick
from heron_tui.model.live import Live
from heron_tui.privileged import asking

PATIENCE_S = 90.0
"""How long is waited for what comes within a second on an idle machine."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="captures need root here")

SERVER = """
import http.server, json
ANSWER = json.dumps({"id": "m", "type": "message", "role": "assistant", "model": "m-1", "stop_reason": "end_turn",
    "content": [{"type": "text", "text": "hi"}], "usage": {"input_tokens": 3, "output_tokens": 1}}).encode()
class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
print(server.server_port, flush=True)
server.serve_forever()
"""
CLIENT = """
import http.client, json, sys, time
talk = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for n in range(int(sys.argv[2])):
    body = json.dumps({"model": "m-1", "max_tokens": 5, "messages": [{"role": "user", "content": "hello %d" % n}]})
    talk.request("POST", "/v1/messages", body, {"content-type": "application/json"})
    talk.getresponse().read()
    time.sleep(0.02)
time.sleep(2.0)
"""


@contextmanager
def model() -> Iterator[int]:
    """A server of a model; its port."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.kill()


def ask(port: int, times: int = 3) -> int:
    """Ask the model; answers the client's pid once it is done."""
    with subprocess.Popen([sys.executable, "-c", CLIENT, str(port), str(times)]) as client:
        client.wait(20)
    return client.pid


class Engine:
    """An engine that captures, and what it said."""

    def __init__(self, live: Live, store: Path) -> None:
        self.keeper = asking.start_keeper(shipped("bpf") / "helper.py")
        self.process = protocol.spawn(Job(store=str(store), live=live, keeper_fd=self.keeper.fileno()))
        self.ticks: list[Tick] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for line in self.process.stdout:
                self.ticks.append(protocol.decode_tick(line))
        except ValueError:  # closed here, as an owner who is gone
            return

    def wait(self, ready: Callable[[Tick], bool], seconds: float = PATIENCE_S) -> Tick:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.ticks and ready(self.ticks[-1]):
                return self.ticks[-1]
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {self.ticks[-1:]}")

    def running(self) -> None:
        """Wait until it captures: the first tick comes when the capturers were started."""
        self.wait(lambda tick: tick.state == "running")
        time.sleep(0.5)

    def say(self, do: str) -> None:
        self.process.stdin.write(protocol.line(Command(do)))
        self.process.stdin.flush()

    def stop(self) -> Tick:
        self.say("stop")
        return self.end()

    def end(self) -> Tick:
        self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        self.keeper.close()
        return self.ticks[-1]


def children(parent: int) -> list[int]:
    """Pids of the processes below `parent`, at any depth."""
    below: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                stat = (place / "stat").read_text()
            except OSError:
                continue
            state, ppid = stat.rpartition(")")[2].split()[:2]
            if state != "Z":
                below.setdefault(int(ppid), []).append(int(place.name))
    found: list[int] = []
    left = [parent]
    while left:
        next_ones = below.get(left.pop(), [])
        found += next_ones
        left += next_ones
    return found


def gone(pids: list[int], seconds: float = PATIENCE_S) -> bool:
    """Whether none of them runs any more after at most that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        alive = [pid for pid in pids if _alive(pid)]
        if not alive:
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
