"""The API over a live capture: calls as they come, and nothing left running."""

import signal
from pathlib import Path
from shutil import which

import pytest

from tests.api.serving import Server
from tests.live.talking import as_root, ask, children, gone, model

pytestmark = [
    as_root,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(not (which("dumpcap") or which("tcpdump")), reason="neither dumpcap nor tcpdump is installed"),
]


def test_calls_are_served_as_they_are_made(tmp_path: Path):
    with model() as port:
        server = Server("-i", "lo", "-f", f"tcp port {port}", "--no-tls", "--store", tmp_path / "live.store")
        pid = ask(port)
        health = server.until(lambda health: health["counters"]["calls"] == 3)
        assert health["engine"]["state"] == "running"
        assert health["sources"][0]["name"] == "lo"
        server.until(lambda page: [call["outcome"] for call in page["records"]] == ["ok"] * 3, "calls")
        assert {call["process"]["pid"] for call in server.walk("calls")} == {pid}
        started = children(server.process.pid)
        assert started
        assert server.end(signal.SIGINT) == (130, "")
        assert gone(started)
