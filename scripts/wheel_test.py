"""Build the wheel, install it into an empty environment, and see that it opens the demo from there."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WAIT_S = 60
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")


def run(*argv: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(a) for a in argv], cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"wheel test failed: {' '.join(map(str, argv))}\n{done.stdout}{done.stderr}")
    return done.stdout


def screen(program: Path, *arguments: str, until: bytes, cwd: Path) -> bytes:
    """Run a program in a terminal of 120x40 until `until` is on the screen, then quit it; answers what it drew."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.environ |= {"TERM": "xterm-256color", "HOME": str(cwd)}
        os.execv(program, [str(program), *arguments])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    drawn = b""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and until not in ESCAPES.sub(b"", drawn):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                drawn += os.read(terminal, 65536)
            except OSError:
                break
    os.write(terminal, b"\x11")  # ctrl+q
    os.close(terminal)
    os.waitpid(pid, 0)
    return ESCAPES.sub(b"", drawn)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, ROOT, cwd=place)
        wheel = next(place.glob("*.whl"))
        venv.create(place / "env", with_pip=True)
        python = place / "env/bin/python"
        run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements/run.txt", cwd=place)
        run(python, "-m", "pip", "install", "-q", "--no-deps", wheel, cwd=place)
        heron = place / "env/bin/heron-tui"
        listing = (
            "from heron_tui.core.paths import shipped; print(*shipped('profiles').iterdir(), *shipped('bpf').iterdir())"
        )
        travelled = run(python, "-c", listing, cwd=place)
        if "env" not in travelled or "claude-code.toml" not in travelled or "bpf" not in travelled:
            sys.exit(f"wheel test failed: profiles and bpf did not travel in it: {travelled}")
        turns = run(heron, "query", "--demo", "turns", "--json", "--fields", "agent,status", cwd=place)
        if '"claude-code"' not in turns:
            sys.exit(f"wheel test failed: the demo shows no turn of claude-code: {turns}")
        drawn = screen(heron, "--demo", until=b"claude-code", cwd=place)
        if b"claude-code" not in drawn:
            sys.exit(
                f"wheel test failed: the screen did not show the demo:\n{drawn.decode('utf-8', 'replace')[-3000:]}"
            )
    print("wheel test passed: the demo opens from an installed wheel")


if __name__ == "__main__":
    main()
