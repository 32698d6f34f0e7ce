"""TLS plaintext from the helper to the store: calls with process and library, and a recording that says the same."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from heron_tui.engine.run import replay
from heron_tui.model.live import Live
from heron_tui.store.reader import Reader
from tests.bpf.watching import missing
from tests.live.talking import PATIENCE_S, SERVER, Engine, children, gone

pytestmark = [
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(bool(missing()), reason=missing() or ""),
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate, and is not installed"),
]
TLS_SERVER = SERVER.replace(
    "print(server",
    "import ssl, sys\ncontext = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\ncontext.load_cert_chain(sys.argv[1])\n"
    "server.socket = context.wrap_socket(server.socket, server_side=True)\nprint(server",
)
CLIENT = """
import http.client, json, ssl, sys, time
TEXT = "x" * 50000
talk = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=ssl._create_unverified_context())
for n in range(3):
    body = json.dumps({"model": "m-1", "max_tokens": 5, "messages": [{"role": "user", "content": TEXT + str(n)}]})
    talk.request("POST", "/v1/messages", body, {"content-type": "application/json"})
    talk.getresponse().read()
"""
SAME = ("id", "client", "server", "outcome", "tls", "process", "t_request_us", "t_end_us", "text")


def test_calls_over_tls_have_process_and_library_and_replay_the_same(tmp_path: Path):
    pem = tmp_path / "pair.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    subprocess.run([*make, "-keyout", pem, "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "c.pem").read_text())
    recording = tmp_path / "tls.pcapng"
    with subprocess.Popen([sys.executable, "-c", TLS_SERVER, str(pem)], stdout=subprocess.PIPE) as server:
        try:
            port = server.stdout.readline().decode().strip()
            live = Live(interfaces=(), write=str(recording), must_tls=True)
            engine = Engine(live, tmp_path / "live.store")
            engine.wait(lambda tick: tick.counters.tls_probes > 0)
            started = children(os.getpid())
            client = subprocess.Popen([sys.executable, "-c", CLIENT, port])
            client.wait(PATIENCE_S)
            engine.wait(lambda tick: tick.counters.calls >= 3)
            last = engine.stop()
        finally:
            server.kill()
    assert gone([pid for pid in started if pid != server.pid])
    assert (last.state, last.counters.tls_lost, last.counters.gaps) == ("done", 0, 0)
    reader = Reader(tmp_path / "live.store")
    calls = [call for call in reader.rows("call", 0, 100, full=True) if call["server"] == f"127.0.0.1:{port}"]
    assert [call["outcome"] for call in calls] == ["ok"] * 3
    assert {call["process"]["pid"] for call in calls} == {client.pid}
    assert all(call["tls"] for call in calls)
    replay([str(recording)], tmp_path / "again.store")
    again = Reader(tmp_path / "again.store").rows("call", 0, 100, full=True)
    again = [call for call in again if call["server"] == f"127.0.0.1:{port}"]
    assert [[call[name] for name in SAME] for call in again] == [[call[name] for name in SAME] for call in calls]


@pytest.mark.skipif(
    not all(map(shutil.which, ("tshark", "editcap", "mergecap", "reordercap"))),
    reason="Wireshark's programs are not installed",
)
def test_a_recording_of_packets_and_their_plaintext_is_read_by_wireshark_and_survives_its_tools(tmp_path: Path):
    pem, recording = tmp_path / "pair.pem", tmp_path / "both.pcapng"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    subprocess.run([*make, "-keyout", pem, "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "c.pem").read_text())
    with subprocess.Popen([sys.executable, "-c", TLS_SERVER, str(pem)], stdout=subprocess.PIPE) as server:
        try:
            port = server.stdout.readline().decode().strip()
            live = Live(interfaces=("lo",), filter=f"tcp port {port}", write=str(recording), must_tls=True)
            engine = Engine(live, tmp_path / "live.store")
            engine.wait(lambda tick: tick.counters.tls_probes > 0)
            subprocess.run([sys.executable, "-c", CLIENT, port], check=True)
            engine.wait(lambda tick: tick.counters.calls >= 3)
            engine.wait(lambda tick: tick.counters.packets > 30)  # the encrypted ones come later
            engine.stop()
        finally:
            server.kill()
    fields = ["-T", "fields", "-e", "http.request.uri", "-e", "http.response.code"]
    mine = f'frame.interface_name == "tls" && tcp.port == {port}'
    assert _tshark(recording, "-Y", f"{mine} && http", *fields) == ["/v1/messages", "200"] * 3
    assert _tshark(recording, "-Y", f"{mine} && (_ws.malformed || _ws.expert.severity >= warning)") == []
    assert _tshark(recording, "-Y", 'frame.interface_name == "lo" && tls.handshake.type == 1')
    calls = _calls(recording, tmp_path / "0.store", port)
    assert len(calls) == 3
    assert {call["client"].partition(":")[0] for call in calls} == {"127.0.0.1"}
    subprocess.run(["reordercap", recording, tmp_path / "sorted.pcapng"], check=True)  # as mergecap wants it
    subprocess.run(["editcap", "-c", "7", tmp_path / "sorted.pcapng", tmp_path / "part.pcapng"], check=True)
    parts = sorted(tmp_path.glob("part_*.pcapng"))
    subprocess.run(["mergecap", "-w", tmp_path / "merged.pcapng", *parts], check=True)
    merged = _calls(tmp_path / "merged.pcapng", tmp_path / "1.store", port)
    assert [{key for key in call if call[key] != other[key]} for call, other in zip(merged, calls, strict=True)] == [
        set()
    ] * 3


def _tshark(recording: Path, *options: str) -> list[str]:
    command = ["tshark", "-r", str(recording), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def _calls(recording: Path, store: Path, port: str) -> list[dict[str, object]]:
    replay([str(recording)], store)
    rows = Reader(store).rows("call", 0, 100, full=True)
    own = ("source", "n", "evidence")
    return [
        {key: value for key, value in row.items() if key not in own}
        for row in rows
        if row["server"] == f"127.0.0.1:{port}"
    ]


def test_a_killed_helper_is_told_and_packets_go_on(tmp_path: Path):
    engine = Engine(Live(interfaces=("lo",), filter="tcp port 9"), tmp_path / "live.store")
    engine.wait(lambda tick: tick.counters.tls_probes > 0)
    started = children(os.getpid())
    helpers = [pid for pid in started if b"helper.py" in _command(pid) and b"keeper" not in _command(pid)]
    os.kill(helpers[0], signal.SIGKILL)
    tick = engine.wait(lambda tick: bool(tick.alarm))
    assert tick.state == "running"
    assert "TLS helper" in tick.alarm
    assert engine.stop().state == "done"
    assert gone(started)
    assert Reader(tmp_path / "live.store").count("call") == 0


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
