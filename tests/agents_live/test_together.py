"""All agents at once, seen by a live engine: each call against the server's truth, the recording against the view."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from heron_tui.engine.run import replay
from heron_tui.model.live import Live
from heron_tui.store.reader import Reader
from tests.agents_live.agents import AGENTS, Run
from tests.agents_live.running import BASE, PORT, TIMEOUT, mock, start, warm_up
from tests.live.talking import Engine

SETTLED_S = 5.0
PROCESS = ("pid", "ppid", "exe", "cmdline")


def test_agents_at_once(installed: Path, namespace: None, certificates: tuple[Path, Path], tmp_path: Path) -> None:
    authority, pem = certificates
    agents: dict[str, Run] = {}
    for name, make in AGENTS.items():
        (tmp_path / name / "work").mkdir(parents=True)
        try:
            agents[name] = make(installed, tmp_path / name, BASE)
        except FileNotFoundError:
            continue
    recording = tmp_path / "agents.pcapng"
    with mock(pem, tmp_path / "truth.jsonl") as server:
        engine = Engine(Live(interfaces=(), must_tls=True, write=str(recording)), tmp_path / "live.store")
        engine.wait(lambda tick: tick.counters.tls_probes > 0, 90)
        for name, agent in agents.items():
            warm_up(agent, tmp_path / name, authority)
        _settled(engine)
        running = {name: start(agent, tmp_path / name, authority) for name, agent in agents.items()}
        words = {name: process.communicate(timeout=TIMEOUT) for name, process in running.items()}
        asked = server.asked
        engine.wait(lambda tick: tick.counters.calls >= len(asked), 30)
        time.sleep(1.0)
        last = engine.stop()
    by_process = {call["process"]["exe"] for call in asked}
    assert by_process == {str(agent.binary) for agent in agents.values()}, words
    assert (last.counters.gaps, last.counters.tls_lost, last.counters.undecoded_bytes) == (0, 0, 0)
    calls = _calls(tmp_path / "live.store")
    assert len(calls) == len(asked)
    by_response = {_number(call["response_id"]): call for call in calls}
    for truth in asked:
        call = by_response[truth["id"]]
        assert call["client"].endswith(f":{truth['port']}"), truth
        assert call["path"] == truth["path"].split("?")[0]
        assert call["outcome"] == "ok"
        assert call["tls"]
        seen, really = call["process"], truth["process"]
        assert {key: seen[key] for key in PROCESS[:3]} == {key: really[key] for key in PROCESS[:3]}
        assert seen["cmdline"][0] == really["cmdline"][0]
        assert len(seen["cmdline"]) == min(len(really["cmdline"]), 32)
    replay([str(recording)], tmp_path / "again.store")
    again = _calls(tmp_path / "again.store")
    assert [_plain(call) for call in again] == [_plain(call) for call in calls]


def _settled(engine: Engine) -> None:
    """Until no probe was added for some seconds."""
    probes, since = 0, time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        now = engine.ticks[-1].counters.tls_probes
        if now != probes:
            probes, since = now, time.monotonic()
        time.sleep(0.1)


def _calls(store: Path) -> list[dict[str, Any]]:
    """Those of the agents (the server answers in this namespace only)."""
    rows = Reader(store).rows("call", 0, 10_000, full=True)
    return [row for row in rows if row["server"].endswith(f":{PORT}")]


def _number(response: str) -> str:
    return response[response.index("heron") :]


def _plain(call: dict[str, Any]) -> dict[str, Any]:
    """Without what belongs to the store: its source, and numbers of packets in it."""
    return {key: value for key, value in call.items() if key not in ("source", "n", "evidence")}
