"""The real program in a real terminal."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heron_tui.core.paths import PACKAGE
from tests.conftest import CAPTURES

pytestmark = [
    pytest.mark.tmux,
    pytest.mark.xdist_group("tmux"),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]
ROOT = PACKAGE.parent


class Tmux:
    """One program in one tmux window."""

    def __init__(self, place: Path, arguments: list[str], *, size: tuple[int, int], env: dict[str, str]) -> None:
        self._socket = str(place / "tmux.sock")
        assignments = [f"{name}={value}" for name, value in env.items()]
        program = [
            "env",
            "-u",
            "NO_COLOR",
            "-u",
            "COLUMNS",
            "-u",
            "LINES",
            *assignments,
            sys.executable,
            "-m",
            "heron_tui",
            *arguments,
        ]
        line = " ".join(f"'{part}'" for part in program) + '; echo "exit code $?"; sleep 60'
        self._run("-f", "/dev/null", "new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), line)

    def _run(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout

    def keys(self, *keys: str) -> None:
        for key in keys:
            self._run("send-keys", key)
            time.sleep(0.3 if key.isdigit() else 0.05)

    def screen(self, *, escapes: bool = False) -> str:
        return self._run("capture-pane", "-p", *(["-e"] if escapes else []))

    def wait(self, *words: str, seconds: float = 60) -> str:
        """The screen, as soon as all `words` are on it."""
        deadline = time.monotonic() + seconds
        while True:
            text = self.screen()
            if all(word in text for word in words):
                return text
            assert time.monotonic() < deadline, f"{words} not on screen:\n{text}"
            time.sleep(0.05)

    def resize(self, columns: int, rows: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def click_twice(self, x: int, y: int) -> None:
        """A double click as a terminal sends it to tmux (SGR 1006), by a hand that moves one cell; counted from 0."""
        where = [(x + 1, y + 1), (x + 2, y + 1)]
        said = "".join(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" for x, y in where)
        rows, columns = self._run("display-message", "-p", "#{window_height} #{window_width}").split()
        pid, terminal = pty.fork()
        if not pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows) + 1, int(columns), 0, 0))
            os.environ["TERM"] = "xterm-256color"
            os.execvp("tmux", ["tmux", "-S", self._socket, "attach"])
        try:
            shown = b""
            while b"\x1b[?1006h" not in shown:  # tmux has told this terminal to send the mouse
                shown += os.read(terminal, 65536)
            os.write(terminal, said.encode())
            self._drain(terminal)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)

    @staticmethod
    def _drain(terminal: int) -> None:
        """Read what comes until it is quiet, so that tmux is not held up."""
        while select.select([terminal], [], [], 1.0)[0]:
            os.read(terminal, 65536)

    def pid_of_engine(self) -> int:
        """The engine's process, found among the children of the program in the window."""
        shell = int(self._run("display-message", "-p", "#{pane_pid}"))
        waiting = [shell]
        while waiting:
            for pid in _children(waiting.pop()):
                if b"heron_tui.engine" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
                waiting.append(pid)
        raise AssertionError("there is no engine")

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


Start = Callable[..., Tmux]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Tmux] = []

    def begin(*arguments: str, size: tuple[int, int] = (80, 24), **env: str) -> Tmux:
        known = {"HOME": str(tmp_path), "TERM": "tmux-256color", "TZ": "UTC", "LANG": "C.UTF-8", **env}
        running.append(Tmux(tmp_path, list(arguments), size=size, env=known))
        return running[-1]

    yield begin
    for program in running:
        program.close()


def capture(name: str = "claude-code") -> str:
    return str(CAPTURES / f"{name}.pcap")


def test_start_drill_down_to_bytes_help_and_quit(start: Start, tmp_path: Path):
    tmux = start(capture(), "--store", str(tmp_path / "run.store"))
    tmux.wait("3 Turns", "read", "760 packets", "Please do lab:echo now")
    tmux.keys("j", "Enter", "j")
    tmux.wait("→ Bash echo hello-from-lab")
    tmux.keys("Enter")
    tmux.wait("POST /v1/messages", "content_block_delta")
    tmux.keys("j", "j", "Enter")
    tmux.wait("SSE message_start", "Bytes of packet 10", "event: me")
    tmux.keys("B")
    tmux.wait("Packet 10", "Evidence")
    tmux.keys("Escape")
    tmux.wait("31 events")
    tmux.keys("?")
    tmux.wait("Keys in: turns")
    tmux.keys("q", "q", "q", "q")
    tmux.wait("exit code 0")


def test_a_filter_from_the_bar_to_the_bytes_and_off_again(start: Start, stores: Callable[[str], Path]):
    tmux = start(str(stores("claude-code-agents")))
    tmux.wait("Delegate: lab:subagents")
    tmux.keys("1", "/")
    tmux.wait("enter applies")
    tmux.keys("call.tt")
    tmux.wait("call.ttft")
    tmux.keys("Tab", " > 2x")
    tmux.wait("✗ error", "^")
    tmux.keys("C-u", "call.n == 8", "Enter")
    tmux.wait("▽", "of", "packets · call.n ==")
    tmux.keys("3", "j", "*")
    tmux.wait("▽")
    tmux.keys("f", "C-u", "Enter")
    deadline = time.monotonic() + 20
    while "▽" in tmux.screen():
        assert time.monotonic() < deadline, tmux.screen()
        time.sleep(0.05)
    tmux.keys("C-q")
    tmux.wait("exit code 0")


def test_follow_a_stream_to_its_packets_and_back(start: Start, stores: Callable[[str], Path]):
    tmux = start(str(stores("claude-code-gzip")))
    tmux.wait("a lab:echo+gzip")
    tmux.keys("j", "+", "j", "s")
    tmux.wait("Stream", "POST /v1/messages?beta=true HTTP/1.1", "text · both sides")
    tmux.keys("v", "v")
    tmux.wait("events · both sides", "content_block_delta")
    tmux.keys("S", "S", "G")
    tmux.wait("events · server", "end: complete")
    tmux.keys("Enter")
    tmux.wait("1 Packets", "Bytes of packet")
    tmux.keys("Escape")
    tmux.wait("events · server", "end: complete")
    tmux.keys("v")
    tmux.wait("raw · server")
    tmux.keys("q")
    tmux.wait("Session › turn › call")
    tmux.keys("C-q")
    tmux.wait("exit code 0")


def test_a_store_opens_again_wide_and_narrow(start: Start, stores: Callable[[str], Path]):
    tmux = start(str(stores("claude-code-agents")), size=(160, 50))
    text = tmux.wait("Delegate: lab:subagents", "POST /v1/messages", "Bytes of packet 1")
    assert max(map(len, text.splitlines())) <= 160
    tmux.resize(80, 24)
    time.sleep(0.3)
    tmux.wait("Packet 1")
    assert "Delegate" not in tmux.screen()
    tmux.resize(120, 40)
    tmux.wait("Bytes of packet 1")
    tmux.keys("C-q")
    tmux.wait("exit code 0")


def test_the_death_of_the_engine_is_survived(start: Start, tmp_path: Path):
    tmux = start("replay", capture(), "--store", str(tmp_path / "run.store"))
    tmux.wait("reading", "Please do lab:echo now")
    os.kill(tmux.pid_of_engine(), signal.SIGKILL)
    tmux.wait("the engine ended (signal 9)", "starts it again")
    tmux.keys("1", "j")
    tmux.wait("Packet 2")
    tmux.keys("C-e")
    tmux.wait("■ read", "760 packets")
    tmux.keys("C-q")
    tmux.wait("exit code 0")


def test_no_color_is_honoured(start: Start, stores: Callable[[str], Path]):
    tmux = start(str(stores("claude-code")), NO_COLOR="1")
    tmux.wait("Please do lab:echo now", "model")
    coloured = [code for code in _codes(tmux.screen(escapes=True)) if 30 <= code <= 49 and code not in (39, 49)]
    assert coloured == []


def test_sixteen_colours_are_enough(start: Start, stores: Callable[[str], Path]):
    tmux = start(str(stores("claude-code")), TERM="screen", COLORTERM="")
    tmux.wait("Please do lab:echo now")
    assert not {38, 48} & set(_codes(tmux.screen(escapes=True)))


def _codes(text: str) -> list[int]:
    """The numbers of all colour sequences in a text."""
    return [int(code) for part in text.split("\x1b[")[1:] for code in part.split("m")[0].split(";") if code.isdigit()]


def test_what_cannot_be_opened_is_one_line(start: Start, tmp_path: Path):
    tmux = start(str(tmp_path / "nothing.pcap"))
    text = tmux.wait("exit code 4")
    assert "No such file or directory" in text
    assert "Traceback" not in text


def test_marks_and_comments_are_there_when_the_store_is_opened_again(
    start: Start, stores: Callable[[str], Path], tmp_path: Path
):
    store = shutil.copy(stores("claude-code"), tmp_path / "run.store")
    tmux = start(str(store))
    tmux.wait("Please do lab:echo now")
    tmux.keys("1")
    tmux.wait("POST /v1/messages")
    tmux.keys("j", "j", "j", "m", "\\;")
    tmux.wait("Comment on packet 4")
    tmux.keys("slow", "Enter")
    tmux.wait("¶ slow")
    tmux.keys("M")
    tmux.wait("ONLY MARKED")
    deadline = time.monotonic() + 20
    while "SYN" in tmux.screen():
        assert time.monotonic() < deadline, tmux.screen()
        time.sleep(0.05)
    tmux.keys("C-q")
    tmux.wait("exit code 0")
    tmux.close()
    (tmp_path / "tmux.sock").unlink(missing_ok=True)

    again = start(str(store))
    again.wait("Please do lab:echo now")
    again.keys("1")
    again.wait("◆     4")
    again.keys("'")
    again.wait("¶ slow")
    again.keys("C-q")
    again.wait("exit code 0")


@pytest.mark.parametrize("mouse", ["off", "on"])
def test_a_double_click_opens_as_enter_does(mouse: str, start: Start):
    app = start(capture("anthropic-sdk-faults"), size=(120, 40))
    app._run("set", "-g", "mouse", mouse)
    app.wait("read", "Findings")
    app.keys("6")
    text = app.wait("Severity", "call.error")
    row = next(y for y, line in enumerate(text.splitlines()) if "call.error" in line)
    app.click_twice(40, row)
    app.wait("Length", "Bytes of packet")
