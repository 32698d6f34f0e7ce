"""Runs agents and the model server that they ask, inside the namespace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.agents_live.agents import Run
from tests.bpf.watching import PATIENCE

ROOT = Path(__file__).parents[2]
NETNS = f"heron-tui-agents-{os.getpid()}"
INSIDE = ["ip", "netns", "exec", NETNS]
PORT = 8443
TIMEOUT = 240.0
BASE = f"https://localhost:{PORT}"


@dataclass
class Mock:
    """The model server, and where it writes what it was asked."""

    process: subprocess.Popen[str]
    truth: Path

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.truth.read_text().splitlines()] if self.truth.exists() else []


@contextmanager
def mock(pem: Path, truth: Path) -> Iterator[Mock]:
    command = [sys.executable, "-m", "tests.agents_live.mock", str(pem), str(truth), str(PORT)]
    process = subprocess.Popen([*INSIDE, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "ready\n"
        yield Mock(process, truth)
    finally:
        process.kill()
        process.wait(PATIENCE)


def environment(agent: Run, home: Path, authority: Path) -> dict[str, str]:
    trusted = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE")
    path = f"{agent.binary.parent}:/usr/local/bin:/usr/bin:/bin"
    env = {"HOME": str(home), "PATH": path, "TERM": "dumb", "CI": "1"}
    return env | {variable: str(authority) for variable in trusted} | agent.env


def start(agent: Run, home: Path, authority: Path) -> subprocess.Popen[str]:
    """The agent at its prompt; its words are behind `communicate`."""
    return subprocess.Popen(
        [*INSIDE, *agent.command],
        cwd=home / "work",
        env=environment(agent, home, authority),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def warm_up(agent: Run, home: Path, authority: Path) -> None:
    """Have its file looked at before it talks: a file that was never seen takes seconds."""
    env = environment(agent, home, authority)
    subprocess.run([str(agent.binary), "--version"], capture_output=True, env=env, timeout=TIMEOUT, check=False)
