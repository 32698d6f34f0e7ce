"""Real agents over TLS in a network namespace that has loopback and nothing else: `make test-agents`, as root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agents_live.agents import AGENTS
from tests.bpf.watching import PATIENCE, Watch, missing

ROOT = Path(__file__).parents[2]
NETNS = f"heron-tui-agents-{os.getpid()}"
INSIDE = ["ip", "netns", "exec", NETNS]
PORT = 8443
TIMEOUT = 240.0


@pytest.fixture(scope="module")
def installed() -> Path:
    if not os.environ.get("HERON_TUI_AGENTS"):
        pytest.skip("`make test-agents` installs the agents and runs this")
    if reason := missing():
        pytest.skip(reason)
    return Path(os.environ["HERON_TUI_AGENTS"])


@pytest.fixture(scope="module")
def namespace(installed: Path) -> Iterator[None]:
    subprocess.run(["ip", "netns", "add", NETNS], check=True)
    subprocess.run(["ip", "-n", NETNS, "link", "set", "lo", "up"], check=True)
    yield
    subprocess.run(["ip", "netns", "del", NETNS], check=True)


@pytest.fixture(scope="module")
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


@pytest.mark.parametrize("name", AGENTS)
def test_agent(name: str, installed: Path, namespace: None, certificates: tuple[Path, Path], tmp_path: Path) -> None:
    authority, pem = certificates
    (tmp_path / "work").mkdir()
    try:
        agent = AGENTS[name](installed, tmp_path, f"https://localhost:{PORT}")
    except FileNotFoundError as e:
        pytest.skip(f"{name} is not installed: {e}")
    truth = tmp_path / "truth.jsonl"
    mock_command = [sys.executable, "-m", "tests.agents_live.mock", str(pem), str(truth), str(PORT)]
    mock = subprocess.Popen([*INSIDE, *mock_command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    trusted = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "CODEX_CA_CERTIFICATE")
    env = {
        "HOME": str(tmp_path),
        "PATH": f"{agent.binary.parent}:/usr/local/bin:/usr/bin:/bin",
        "TERM": "dumb",
        "CI": "1",
    }
    env |= {variable: str(authority) for variable in trusted} | agent.env
    try:
        assert mock.stdout and mock.stdout.readline() == "ready\n"
        with Watch("--uid", "0") as watch:
            subprocess.run([str(agent.binary), "--version"], capture_output=True, env=env, timeout=TIMEOUT, check=False)
            watch.attached(str(agent.binary))
            done = subprocess.run(
                [*INSIDE, *agent.command],
                cwd=tmp_path / "work",
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
            assert truth.exists(), f"{name} asked nothing: {done.stdout[-500:]} {done.stderr[-500:]}"
            asked = [json.loads(line) for line in truth.read_text().splitlines()]
            ports = {call["port"] for call in asked}
            watch.wait(lambda: ports <= set(_ports(watch, mock.pid)), f"connections from {ports}")
    finally:
        mock.kill()
        mock.wait(PATIENCE)
    assert len(asked) >= 2, f"no tool round: {done.stdout[-500:]} {done.stderr[-500:]}"
    for call in asked:
        of_port = [c for c in watch.of(port=call["port"]) if c.info["pid"] != mock.pid]
        assert len(of_port) == 1, call
        assert call["id"].encode() in of_port[0].stream(0), call
        process = next(p for p in watch.said["PROCESS"] if p["pid"] == of_port[0].info["pid"])
        assert Path(process["exe"]).resolve() == agent.binary
        assert call["path"].encode() in of_port[0].stream(1)
    assert not watch.said["LOST"]


def _ports(watch: Watch, server: int) -> list[int]:
    return [c.info["local"][1] for c in watch.of() if c.info["local"] and c.info["pid"] != server]
