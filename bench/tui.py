"""Measure the TUI in a terminal of its own, over a store with a million packets: `python bench/tui.py`.

Prints the time (and the CPU time) from start to the first painted list, from a key to its paint (median and 95th
percentile, alone and while an engine decodes at full speed beside it), how often the screen is painted while it reads a
capture and nobody presses a key, and the memory of the TUI's process. The floors are 0.5 s, 50 ms, ten a second and
150 MB on an idle machine; compare runs on the same one.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE / "out"
BYTES_A_PACKET = 270
QUIET_S = 0.12
SHOW = """
import sys
from pathlib import Path
from heron_tui import tui
sys.exit(tui.run(None, Path(sys.argv[1]), title="bench"))
"""
READ = """
import sys
from pathlib import Path
from heron_tui import tui
from heron_tui.engine.protocol import Job
sys.exit(tui.run(Job(sources=(sys.argv[1],), store=sys.argv[2]), Path(sys.argv[2]), title="bench"))
"""
CAN_SYNCHRONISE, PAINTED = b"\x1b[?2026;2$y", b"\x1b[?2026h"
"""What a terminal says that takes whole repaints at once, and how each of them begins then."""
REPLAY = """
import sys
from pathlib import Path
from heron_tui.engine.run import replay
replay([sys.argv[1]], Path(sys.argv[2]))
"""


class Terminal:
    """A program in a pseudo-terminal of its own."""

    def __init__(self, command: list[str], columns: int, rows: int) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(command[0], command)

    def read(self, seconds: float) -> bytes:
        """What comes within `seconds`, b"" for nothing."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        return os.read(self.fd, 1 << 20) if ready else b""

    def until(self, pattern: bytes, seconds: float = 30) -> float:
        """The moment at which `pattern` has come."""
        seen = b""
        while not re.search(pattern, seen):
            chunk = self.read(seconds)
            if not chunk:
                raise SystemExit(f"{pattern!r} never came")
            seen = (seen + chunk)[-200_000:]
        return time.perf_counter()

    def quiet(self) -> None:
        while self.read(QUIET_S):
            pass

    def press(self, key: str) -> float:
        """Seconds from a key to the last byte of what it painted."""
        begun = time.perf_counter()
        os.write(self.fd, key.encode())
        last = begun
        while self.read(QUIET_S):
            last = time.perf_counter()
        return last - begun

    def first(self, key: str) -> float:
        """Seconds from a key to the first byte of its paint."""
        begun = time.perf_counter()
        os.write(self.fd, key.encode())
        self.read(5)
        taken = time.perf_counter() - begun
        self.quiet()
        return taken

    def repaints(self, seconds: float) -> int:
        """The most repaints in any one second of some seconds."""
        painted: list[float] = []
        ends = time.perf_counter() + seconds
        while (left := ends - time.perf_counter()) > 0:
            chunk = self.read(left)
            painted += [time.perf_counter()] * chunk.count(PAINTED)
        return max((sum(start <= moment < start + 1 for moment in painted) for start in painted), default=0)

    def cpu(self) -> float:
        """Seconds that all threads of the program have been on a processor."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def memory(self) -> float:
        """Resident megabytes without those that belong to files."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"RssAnon:\s+(\d+) kB", status)
        return int(found[1]) / 1000 if found else float("nan")

    def close(self) -> None:
        os.write(self.fd, b"\x11")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                self.read(0.1)
            except OSError:
                break
        os.waitpid(self.pid, 0)


def store(packets: int) -> tuple[Path, Path]:
    """A generated capture and its store, kept for the next time."""
    OUT.mkdir(exist_ok=True)
    capture, path = OUT / f"tui-{packets}.pcap", OUT / f"tui-{packets}.store"
    if not path.exists():
        print(f"generating {capture.name} ...", file=sys.stderr)
        size = str(packets * BYTES_A_PACKET)
        subprocess.run(
            [sys.executable, str(HERE / "generate.py"), str(capture), size], check=True, stdout=subprocess.DEVNULL
        )
        subprocess.run([sys.executable, "-c", REPLAY, str(capture), str(path)], check=True)
    return capture, path


def keys(terminal: Terminal, presses: int) -> list[float]:
    """Seconds from each of some keys to the first byte of its paint."""
    return [terminal.first(key) for _ in range(presses) for key in ("j", " ", "\x04", "k")]


def show(name: str, seconds: list[float]) -> None:
    p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    print(f"{name:<42}{statistics.median(seconds) * 1000:9.1f}{p95 * 1000:9.1f}  ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packets", type=int, default=1_000_000)
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--size", default="160x50", help="columns x rows of the terminal")
    args = parser.parse_args()
    columns, rows = map(int, args.size.split("x"))
    capture, path = store(args.packets)
    command = [sys.executable, "-c", SHOW, str(path)]

    starts, worked = [], []
    for _ in range(5):
        terminal = Terminal(command, columns, rows)
        starts.append(terminal.until(rb"0\.000000") - terminal.started)
        worked.append(terminal.cpu())
        terminal.quiet()
        terminal.close()

    terminal = Terminal(command, columns, rows)
    terminal.until(rb"0\.000000")
    terminal.quiet()
    os.write(terminal.fd, b"500000G")
    terminal.quiet()
    print(f"\n{args.packets:,} packets, {columns}x{rows}{'':<20}{'median':>9}{'p95':>9}")
    show("start to first paint of the list", starts)
    show("the same, CPU time", worked)
    show("key to paint", keys(terminal, args.presses))
    with tempfile.TemporaryDirectory() as place:
        engine = subprocess.Popen([sys.executable, "-c", REPLAY, str(capture), f"{place}/busy.store"])
        time.sleep(1.0)
        show("key to paint, while an engine decodes", keys(terminal, max(args.presses // 4, 5)))
        engine.kill()
        engine.wait()
    show("first to last packet and back", [terminal.press("G"), terminal.press("gg")] * 2)
    print(f"{'memory, without mapped files':<42}{terminal.memory():9.1f} MB")
    terminal.close()
    reading(capture, columns, rows)


def reading(capture: Path, columns: int, rows: int) -> None:
    """How often the screen is painted while it reads a capture: standing, following the newest, paused."""
    with tempfile.TemporaryDirectory() as place:
        terminal = Terminal([sys.executable, "-c", READ, str(capture), f"{place}/new.store"], columns, rows)
        terminal.until(rb"0\.000000")
        os.write(terminal.fd, CAN_SYNCHRONISE)
        for name, key in (("reading", ""), ("following", "F"), ("paused", "p")):
            os.write(terminal.fd, key.encode())
            terminal.read(1.0)
            most = terminal.repaints(4.0)
            print(f"{f'most repaints in a second, {name}':<42}{most:9}")
        terminal.close()


if __name__ == "__main__":
    main()
