"""Runs the TLS helper and keeps what it says, for tests to compare with what servers and clients truly sent."""

from __future__ import annotations

import collections
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HELPER = Path(__file__).parents[2] / "bpf" / "helper.py"
HEAD = struct.Struct("<IBBH")
NAMES = dict(enumerate("HELLO READY PROCESS EXIT ATTACHED FAILED CONN DATA CUT CLOSE LOST STATS TROUBLE".split(), 1))
PATIENCE = 90.0  # the machine may be busy


def missing() -> str | None:
    """Why the helper cannot run here; None if it can."""
    if os.uname().sysname != "Linux" or os.geteuid() != 0:
        return "uprobes need Linux and root"
    if not Path("/sys/bus/event_source/devices/uprobe").exists():
        return "this kernel has no uprobes"
    probe = subprocess.run(
        ["/usr/bin/python3", "-c", "import bcc; bcc.BPF"], capture_output=True, text=True, check=False
    )
    if probe.returncode:
        return "the system's Python has no BCC (python3-bpfcc)"
    return None


@dataclass
class Conn:
    info: dict[str, Any] = field(default_factory=dict)
    sides: tuple[dict[int, bytes], dict[int, bytes]] = field(default_factory=lambda: ({}, {}))
    times: list[int] = field(default_factory=list)
    cut: list[tuple[int, int, int, int]] = field(default_factory=list)
    closed: int | None = None

    def stream(self, direction: int) -> bytes:
        """The bytes of one direction; a hole is an error."""
        out = b""
        for offset, piece in sorted(self.sides[direction].items()):
            assert offset == len(out), f"hole at {len(out)}, next piece at {offset}"
            out += piece
        return out


class Watch:
    """A running helper. Everything that it says is in `said`, connections in `conns`."""

    def __init__(self, *options: str) -> None:
        self.said: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
        self.conns: dict[int, Conn] = collections.defaultdict(Conn)
        self.order: list[tuple[str, Any]] = []
        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-I", str(HELPER), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._repeat_errors, daemon=True).start()

    def __enter__(self) -> Watch:
        self.wait(lambda: self.said["READY"], "READY")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def wait(self, until: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (answer := until()):
                left = deadline - time.monotonic()
                assert left > 0, f"the helper did not say {what}: { ({k: len(v) for k, v in self.said.items()}) }"
                self._changed.wait(min(left, 1))
        return answer

    def attached(self, name: str) -> dict[str, Any]:
        """Wait until probes stand in a file whose path contains `name`."""
        found: dict[str, Any] = self.wait(
            lambda: next((a for a in self.said["ATTACHED"] if name in a["file"]), None), f"ATTACHED {name}"
        )
        return found

    def of(self, pid: int | None = None, port: int | None = None) -> list[Conn]:
        """Connections of a process, or with this local port."""
        return [
            c
            for c in list(self.conns.values())
            if c.info
            and (pid is None or c.info["pid"] == pid)
            and (port is None or (c.info["local"] or [None, None])[1] == port)
        ]

    def _repeat_errors(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            sys.stderr.write(line.decode(errors="replace"))

    def _read(self) -> None:
        assert self.process.stdout
        read = self.process.stdout.read
        while len(head := read(HEAD.size)) == HEAD.size:
            length, kind, version, reserved = HEAD.unpack(head)
            assert (version, reserved) == (1, 0)
            payload = read(length)
            with self._changed:
                self._take(NAMES[kind], payload)
                self._changed.notify_all()

    def _take(self, name: str, payload: bytes) -> None:
        if name == "DATA":
            conn, offset, at, direction = struct.unpack_from("<QQQB7x", payload)
            self.conns[conn].sides[direction][offset] = payload[32:]
            self.conns[conn].times.append(at)
            self.order.append((name, conn))
        elif name == "CUT":
            conn, offset, at, direction, reason, size = struct.unpack("<QQQBB6xQ", payload)
            self.conns[conn].cut.append((direction, offset, size, reason))
        elif name == "CLOSE":
            conn, at, reason = struct.unpack("<QQB7x", payload)
            self.conns[conn].closed = reason
            self.order.append((name, conn))
        else:
            record = json.loads(payload)
            self.said[name].append(record)
            if name == "CONN":
                self.conns[record["conn"]].info = record
                self.order.append((name, record["conn"]))
            elif name == "PROCESS":
                self.order.append((name, record["pid"]))
