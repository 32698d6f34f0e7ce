"""Real agents over TLS in a network namespace that has loopback and nothing else: `make test-agents`, as root."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agents_live.agents import AGENTS
from tests.agents_live.running import BASE, TIMEOUT, mock, start, warm_up
from tests.bpf.watching import Watch


@pytest.mark.parametrize("name", AGENTS)
def test_agent(name: str, installed: Path, namespace: None, certificates: tuple[Path, Path], tmp_path: Path) -> None:
    authority, pem = certificates
    (tmp_path / "work").mkdir()
    try:
        agent = AGENTS[name](installed, tmp_path, BASE)
    except FileNotFoundError as e:
        pytest.skip(f"{name} is not installed: {e}")
    with mock(pem, tmp_path / "truth.jsonl") as server, Watch("--uid", "0") as watch:
        warm_up(agent, tmp_path, authority)
        watch.attached(str(agent.binary))
        said, errors = start(agent, tmp_path, authority).communicate(timeout=TIMEOUT)
        asked = server.asked
        assert len(asked) >= 2, f"no tool round: {said[-500:]} {errors[-500:]}"
        ports = {call["port"] for call in asked}
        watch.wait(lambda: ports <= set(_ports(watch, server.process.pid)), f"connections from {ports}")
    assert {call["transport"] for call in asked} == {agent.transport}
    for call in asked:
        of_port = [c for c in watch.of(port=call["port"]) if c.info["pid"] != server.process.pid]
        assert len(of_port) == 1, call
        if agent.transport == "http":  # messages of a WebSocket are compressed
            assert call["id"].encode() in of_port[0].stream(0), call
        assert call["path"].encode() in of_port[0].stream(1)
        process = next(p for p in watch.said["PROCESS"] if p["pid"] == of_port[0].info["pid"])
        assert process["pid"] == call["process"]["pid"]
        assert Path(process["exe"]).resolve() == agent.binary
    assert not watch.said["LOST"]


def _ports(watch: Watch, server: int) -> list[int]:
    return [c.info["local"][1] for c in watch.of() if c.info["local"] and c.info["pid"] != server]
