"""Live packets over loopback: calls with their process, recordings, capturers, and what is said when it cannot be."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from shutil import which

import pytest

from heron_tui.core.errors import SourceError, UsageError
from heron_tui.core.paths import shipped
from heron_tui.engine.run import replay
from heron_tui.model.live import Live
from heron_tui.privileged import asking
from heron_tui.store.reader import Reader
from tests.live.talking import PATIENCE_S, Engine, as_root, ask, children, gone, model

pytestmark = [
    as_root,
    pytest.mark.xdist_group("live"),
    pytest.mark.skipif(not (which("dumpcap") or which("tcpdump")), reason="neither dumpcap nor tcpdump is installed"),
]
SAME = ("id", "client", "server", "status", "outcome", "t_request_us", "t_end_us", "input_tokens", "text")


def live(port: int, **more) -> Live:
    return Live(interfaces=("lo",), filter=f"tcp port {port}", tls=False, **more)


def calls(store: Path):
    return Reader(store).rows("call", 0, 100, full=True)


def test_calls_appear_with_the_process_that_made_them_and_replay_the_same(tmp_path: Path):
    store, recording = tmp_path / "live.store", tmp_path / "live.pcapng"
    with model() as port:
        engine = Engine(live(port, write=str(recording)), store)
        engine.running()
        pid = ask(port)
        engine.wait(lambda tick: tick.counters.calls == 3)
        last = engine.stop()
    assert last.state == "done"
    assert (last.counters.kernel_drops, last.counters.gaps, last.counters.processes_unknown) == (0, 0, 0)
    found = calls(store)
    assert [call["outcome"] for call in found] == ["ok"] * 3
    assert {call["process"]["pid"] for call in found} == {pid}
    assert found[0]["process"]["exe"] == os.path.realpath(sys.executable)
    assert recording.stat().st_mode & 0o777 == 0o600
    replay([str(recording)], tmp_path / "again.store")
    again = calls(tmp_path / "again.store")
    assert [[call[name] for name in SAME] for call in again] == [[call[name] for name in SAME] for call in found]


def test_what_came_while_the_engine_was_busy_is_on_the_disk_and_decoded_later(tmp_path: Path):
    store = tmp_path / "live.store"
    with model() as port:
        engine = Engine(live(port), store)
        engine.running()
        ask(port)
        engine.wait(lambda tick: tick.counters.calls == 3)
        engine.say("pause")
        engine.wait(lambda tick: tick.state == "paused")
        ask(port)
        waiting = engine.wait(lambda tick: tick.behind_bytes > 3000)
        assert waiting.counters.calls == 3
        assert waiting.behind_us > 0
        last = engine.stop()
    assert (last.counters.calls, last.counters.gaps, last.counters.undecoded_bytes) == (6, 0, 0)
    assert [call["outcome"] for call in calls(store)] == ["ok"] * 6


@pytest.mark.parametrize("tool", ["dumpcap", "tcpdump"])
def test_record_writes_what_wireshark_reads(tool: str, tmp_path: Path, monkeypatch):
    if which(tool) is None or which("tshark") is None:
        pytest.skip(f"{tool} or tshark is not installed")
    from heron_tui.engine.recording import record

    recording = tmp_path / "r.pcapng"
    keeper = asking.start_keeper(shipped("bpf") / "helper.py")
    start = asking.start
    monkeypatch.setattr(asking, "start", lambda keeper, request: start(keeper, {**request, "tool": tool}))
    asked: list[int] = []
    with model() as port, keeper:

        def stopped() -> bool:
            if not asked:
                asked.append(ask(port))
            return True

        done = record(live(port, write=str(recording)), keeper, stopped, lambda _: None)
    assert done.programs[0].tool == tool
    assert done.programs[0].dropped == 0
    command = ["tshark", "-r", str(recording), "-d", f"tcp.port=={port},http", "-Y", "http.request", "-T", "fields"]
    read = subprocess.run([*command, "-e", "http.request.uri"], capture_output=True, text=True, check=True)
    assert read.stdout.split() == ["/v1/messages"] * 3


def test_what_cannot_be_captured_is_said_before_anything_starts():
    with asking.start_keeper(shipped("bpf") / "helper.py") as keeper:
        with pytest.raises(UsageError, match="tcp port 80 and"):
            asking.check(keeper, {"want": "packets", "interface": "lo", "filter": "tcp port 80 and"})
        with pytest.raises(SourceError, match="no interface heron99"):
            asking.check(keeper, {"want": "packets", "interface": "heron99", "filter": ""})
        with pytest.raises(UsageError, match="not the name of an interface"):
            asking.check(keeper, {"want": "packets", "interface": "-w/tmp/x", "filter": ""})
        with pytest.raises(UsageError):
            asking.check(keeper, {"want": "tls", "exes": ["--uid"]})
        with pytest.raises(UsageError):
            asking.check(keeper, {"want": "a shell"})


def test_record_says_its_counts_and_ends_on_interrupt(tmp_path: Path):
    recording = tmp_path / "r.pcapng"
    command = [sys.executable, "-m", "heron_tui", "record", "--no-tls", "-i", "lo", "-w", str(recording)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert "recording lo" in process.stderr.readline()
        while not recording.exists():
            pass
        started = children(process.pid)
        process.send_signal(signal.SIGINT)
        words = process.stderr.read()
        assert process.wait(10) == 0
    assert "packets dropped by the kernel" in words
    assert gone(started)


@pytest.mark.parametrize("victim", ["engine", "owner", "capturer"])
def test_whoever_is_killed_leaves_no_process_and_a_whole_store(victim: str, tmp_path: Path):
    store = tmp_path / "live.store"
    with model() as port:
        engine = Engine(live(port), store)
        engine.running()
        ask(port, 2)
        engine.wait(lambda tick: tick.counters.calls == 2 and tick.version > 1)
        engine.wait(lambda tick: tick.counters.flows == 1)
        capturers = [pid for pid in children(os.getpid()) if _name(pid) in ("dumpcap", "tcpdump")]
        assert capturers
        if victim == "engine":
            engine.process.kill()
        elif victim == "owner":
            engine.process.stdin.close()
            engine.process.stdout.close()
        else:
            os.kill(capturers[0], signal.SIGKILL)
        last = engine.end()
    assert gone(capturers)
    if victim == "capturer":
        assert last.state == "failed"
        assert "has ended" in last.message
    assert len(calls(store)) == 2


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def test_files_belong_to_the_user_who_called_sudo():
    """Python itself must be readable by that user: the system's is taken where the tests' own is in root's home."""
    python = next((path for path in (sys.executable, "/usr/bin/python3") if _for_all(path)), None)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if python is None or not _is_version(python, version):
        pytest.skip("no Python of this version that other users may run")
    import numpy

    where = os.pathsep.join((str(Path(__file__).parents[2]), str(Path(numpy.__file__).parents[1])))
    place = tempfile.TemporaryDirectory(prefix="heron-tui-")  # pytest's own are for its user alone
    Path(place.name).chmod(0o777)
    recording = Path(place.name) / "r.pcapng"
    environment = {**os.environ, "SUDO_UID": "65534", "SUDO_GID": "65534", "PYTHONPATH": where}
    command = [python, "-m", "heron_tui", "record", "--no-tls", "-i", "lo", "-w", str(recording), "--duration", "0.5"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False, cwd="/"
    )
    if "cannot be read" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip(f"other users may not read the program's own files here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert (recording.stat().st_uid, recording.stat().st_gid) == (65534, 65534)
    place.cleanup()


def _for_all(path: str) -> bool:
    place = Path(os.path.realpath(path))
    return place.exists() and all(parent.stat().st_mode & 0o005 == 0o005 for parent in (place, *place.parents))


def _is_version(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip() == version


def test_flags_that_contradict_each_other_are_usage_errors():
    for flags in (
        ["--no-packets", "-i", "lo"],
        ["--no-tls", "--pid", "1"],
        ["--no-packets", "--no-tls"],
        ["--pid", "0"],
    ):
        command = [sys.executable, "-m", "heron_tui", "record", "-w", "/tmp/never.pcapng", *flags]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), flags
    assert not Path("/tmp/never.pcapng").exists()


def test_counts_of_tcpdump_and_dumpcap_are_understood():
    from heron_tui.engine.live import BY_DUMPCAP, BY_KERNEL

    running = b"tcpdump: 5 packets captured, 9 packets received by filter, 4 packets dropped by kernel"
    assert BY_KERNEL.findall(running) == [b"4"]
    ended = (
        b"Packets received/dropped on interface 'Loopback: lo': 29/6 (pcap:6/dumpcap:0/flushed:0/ps_ifdrop:0) (82.9%)"
    )
    assert BY_DUMPCAP.findall(ended) == [b"6"]
