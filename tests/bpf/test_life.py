"""How the helper begins and ends, whom it watches, and what it does when files change under running processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bpf.server import Server
from tests.bpf.test_clients import same
from tests.bpf.watching import HELPER, PATIENCE, Watch

pytestmark = pytest.mark.xdist_group("bpf")
NOBODY = 65534

# Makes its calls when it is told to, one connection after another, each with a body of its own.
WAITING = """
import http.client, ssl, sys
port, pem = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=pem)
print("ready", flush=True)
for line in sys.stdin:
    for n in range(int(line)):
        c = http.client.HTTPSConnection("localhost", port, context=context)
        c.request("POST", f"/{n}", body=b"%06d" % n * 1000)
        assert len(c.getresponse().read()) == n
        c.close()
    print("done", flush=True)
"""


class Client:
    def __init__(self, server: Server, **env: str) -> None:
        command = ["/usr/bin/python3", "-c", WAITING, str(server.port), str(server.pem)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **env}
        )
        self.pid = self.process.pid
        self.say("ready")

    def say(self, expected: str) -> None:
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == expected

    def call(self, count: int = 1) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        self.say("done")

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(PATIENCE) == 0


@pytest.fixture
def libssl(tmp_path: Path) -> Iterator[Path]:
    """A copy of the system's libssl in a directory of its own: a file that no probe stands in yet."""
    found = sorted(Path("/usr/lib").glob("*/libssl.so.3"))
    if not found:
        pytest.skip("no libssl.so.3 below /usr/lib")
    copy = tmp_path / "lib" / "libssl.so.3"
    copy.parent.mkdir()
    shutil.copy(found[0].resolve(), copy)
    yield copy


def test_attach_to_a_running_process_and_reuse_of_its_pointers(can_watch: None, server: Server) -> None:
    client = Client(server)
    with Watch("--uid", "0") as watch:
        client.call(20)
        client.close()
        same(watch, server, client.pid, 20)


def test_library_loaded_after_the_start(watch: Watch, server: Server, libssl: Path) -> None:
    client = Client(server, LD_LIBRARY_PATH=str(libssl.parent))
    assert watch.attached(str(libssl))["pids"] == [client.pid]
    client.call()
    client.close()
    same(watch, server, client.pid, 1)


def test_library_replaced_while_it_runs(watch: Watch, server: Server, libssl: Path) -> None:
    old = Client(server, LD_LIBRARY_PATH=str(libssl.parent))
    watch.attached(str(libssl))
    shutil.copy(libssl, libssl.with_suffix(".new"))
    libssl.with_suffix(".new").rename(libssl)
    new = Client(server, LD_LIBRARY_PATH=str(libssl.parent))
    watch.wait(lambda: sum(str(libssl) in a["file"] for a in watch.said["ATTACHED"]) == 2, "probes in the new file")
    old.call()
    old.close()
    same(watch, server, old.pid, 1)
    new.call()
    new.close()
    assert len(server.truth) == 2
    watch.wait(lambda: any(c.closed for c in watch.of(new.pid)), "the new process's connection")


def test_library_overwritten_in_place(watch: Watch, server: Server, libssl: Path) -> None:
    Client(server, LD_LIBRARY_PATH=str(libssl.parent)).close()
    watch.attached(str(libssl))
    with libssl.open("ab") as f:
        f.write(b"\0" * 4096)
    client = Client(server, LD_LIBRARY_PATH=str(libssl.parent))
    watch.wait(lambda: sum(str(libssl) in a["file"] for a in watch.said["ATTACHED"]) == 2, "probes in what it became")
    client.call()
    client.close()
    same(watch, server, client.pid, 1)


def test_a_call_beyond_the_cap_is_cut_and_says_so(watch: Watch, server: Server) -> None:
    size = 1_000_000
    code = f"""
import http.client, ssl, sys
c = http.client.HTTPSConnection("localhost", int(sys.argv[1]), context=ssl.create_default_context(cafile=sys.argv[2]))
c.request("POST", "/7", body=b"z" * {size})
assert c.getresponse().read()
c.close()
"""
    client = subprocess.Popen(["/usr/bin/python3", "-c", code, str(server.port), str(server.pem)])
    assert client.wait(PATIENCE) == 0
    (conn,) = watch.wait(lambda: [c for c in watch.of(client.pid) if c.closed], "the connection")
    (truth,) = server.truth.values()
    ((direction, offset, missing, reason),) = conn.cut
    assert (direction, reason) == (1, 1)
    assert offset + missing == len(truth.received)
    assert offset >= 512 * 1024
    assert conn.stream(1) == truth.received[:offset]
    assert conn.stream(0) == truth.sent


def test_what_is_not_http_is_dropped_and_counted(watch: Watch, server: Server) -> None:
    code = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
s = context.wrap_socket(socket.create_connection(("localhost", int(sys.argv[1]))), server_hostname="localhost")
for _ in range(50):
    s.sendall(bytes(range(256)))
s.close()
"""
    before = watch.said["STATS"][-1]["ignored_conns"]
    client = subprocess.Popen(["/usr/bin/python3", "-c", code, str(server.port), str(server.pem)])
    assert client.wait(PATIENCE) == 0
    watch.wait(lambda: watch.said["STATS"][-1]["ignored_conns"] > before, "ignored connections")
    assert not watch.of(client.pid)
    assert watch.said["STATS"][-1]["ignored_bytes"] > 0


def test_only_the_named_process(can_watch: None, server: Server) -> None:
    mine, other = Client(server), Client(server)
    with Watch("--pid", str(mine.pid)) as watch:
        mine.call()
        other.call()
        mine.close()
        other.close()
        watch.wait(lambda: any(c.closed for c in watch.of(mine.pid)), "its connection")
        assert {c.info["pid"] for c in watch.conns.values()} == {mine.pid}


def test_only_executables_that_match(can_watch: None, server: Server, tmp_path: Path) -> None:
    script = tmp_path / "agent.py"
    script.write_text(WAITING)
    with Watch("--uid", "0", "--exe", "agent.p*") as watch:
        other = Client(server)
        agent = subprocess.run(
            ["/usr/bin/python3", script, str(server.port), str(server.pem)],
            input="3\n",
            text=True,
            check=True,
            stdout=-1,
        )
        assert "done" in agent.stdout
        other.call()
        other.close()
        watch.wait(lambda: sum(c.closed is not None for c in watch.conns.values()) == 3, "three connections")
        assert {tuple(p["cmdline"][:2]) for p in watch.said["PROCESS"]} == {("/usr/bin/python3", str(script))}


def test_a_named_executable_is_watched_whoever_runs_it(can_watch: None, server: Server) -> None:
    with tempfile.TemporaryDirectory() as place, Watch("--exe", "worker.py") as watch:
        script, pem = Path(place) / "worker.py", Path(place) / "server.pem"
        script.write_text(WAITING)
        pem.write_bytes(server.pem.read_bytes())
        Path(place).chmod(0o755)
        command = ["/usr/bin/python3", script, str(server.port), str(pem)]
        worker = subprocess.run(command, input="1\n", text=True, check=True, stdout=-1, user=NOBODY)
        assert "done" in worker.stdout
        watch.wait(lambda: any(c.closed is not None for c in watch.conns.values()), "the connection's end")
        assert {process["uid"] for process in watch.said["PROCESS"]} == {NOBODY}


def test_another_users_processes_are_left_alone(can_watch: None, server: Server) -> None:
    with Watch("--uid", "4242") as watch:
        client = Client(server)
        client.call()
        client.close()
        time.sleep(0.5)
    assert not watch.conns
    assert watch.said["READY"][0]["processes"] == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, None])
def test_ends_when_asked(can_watch: None, end: signal.Signals | None) -> None:
    watch = Watch("--uid", "0")
    watch.wait(lambda: watch.said["READY"], "READY")
    if end:
        watch.process.send_signal(end)
        watch.process.wait(PATIENCE)
    assert watch.stop() == 0


def test_ends_with_its_parent(can_watch: None) -> None:
    code = f"""
import subprocess, sys
p = subprocess.Popen(["/usr/bin/python3", "-I", {str(HELPER)!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
p.stdout.read(100)
print(p.pid, flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    helper = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{helper}/cmdline").exists() and Path(f"/proc/{helper}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "the helper outlived its parent"
        time.sleep(0.05)


def test_killed_in_the_middle_leaves_its_processes_whole(can_watch: None, server: Server) -> None:
    client = Client(server)
    watch = Watch("--uid", "0")
    watch.wait(lambda: watch.said["READY"], "READY")
    client.call(3)
    watch.process.kill()
    watch.process.wait()
    client.call(3)
    with Watch("--uid", "0") as again:
        client.call(2)
        client.close()
        again.wait(lambda: sum(c.closed is not None for c in again.of(client.pid)) == 2, "what came after")


def test_ends_loudly_without_those_who_search(can_watch: None) -> None:
    with Watch("--uid", "0") as watch:
        pid = watch.process.pid
        searching = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        os.kill(searching[0], signal.SIGKILL)
        assert watch.wait(lambda: watch.said["TROUBLE"], "TROUBLE")[0]["code"] == "no-search"
        assert watch.process.wait(PATIENCE) == 4


def test_without_rights_it_says_what_is_missing(can_watch: None) -> None:
    nobody = subprocess.run(
        ["/usr/bin/python3", "-I", str(HELPER)],
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        check=False,
    )
    if b"Permission denied" in nobody.stderr:
        pytest.skip("this directory is not readable for others")
    assert nobody.returncode == 3
    assert b"root" in nobody.stderr
    assert b'"code":"no-privilege"' in nobody.stdout
    assert b'"fatal":true' in nobody.stdout


def test_gives_up_what_it_does_not_need(watch: Watch) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{watch.process.pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    assert bin(int(status["CapEff"], 16)).count("1") <= 6
    assert status["NoNewPrivs"] == "1"
    limits = Path(f"/proc/{watch.process.pid}/limits").read_text()
    assert "Max file size             0 " in limits
