"""Where the agents are, a namespace that has loopback and nothing else, and a certificate."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents_live.running import NETNS
from tests.bpf.watching import missing


@pytest.fixture(scope="session")
def installed() -> Path:
    if not os.environ.get("HERON_TUI_AGENTS"):
        pytest.skip("`make test-agents` installs the agents and runs this")
    if reason := missing():
        pytest.skip(reason)
    return Path(os.environ["HERON_TUI_AGENTS"])


@pytest.fixture(scope="session")
def namespace(installed: Path) -> Iterator[None]:
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    subprocess.run(["ip", "-n", NETNS, "link", "set", "lo", "up"], check=True)
    yield
    subprocess.run(["ip", "netns", "del", NETNS], check=True)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An authority, and a certificate of it for localhost with its key. (rustls takes no authority as a server.)"""
    there = tmp_path_factory.mktemp("certificates")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    (there / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    for command in (
        f"req -x509 {key} -subj /CN=heron-tui-tests -keyout ca.key -out ca.pem",
        f"req {key} -subj /CN=localhost -keyout key.pem -out request.pem",
        "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out leaf.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=there, check=True, capture_output=True)
    server = there / "server.pem"
    server.write_bytes((there / "leaf.pem").read_bytes() + (there / "key.pem").read_bytes())
    return there / "ca.pem", server
