"""The engine as a child: a thread that owns its process and hands on what it says.

The thread passes ticks on, at most ten a second. Closing it ends the engine.
"""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

import msgspec

from . import protocol
from .protocol import Command, Job, Tick

TICK_S = 0.1
STDERR_LINES = 40


class Child:
    """Starts engines for one job, one after the other.

    Args:
        job: what they shall do; another one counts from the next start.
        ticked: called with what the engine says, in the thread.
        ended: called when an engine is gone, in the thread: with the reason if it did not end as it should (None after
            `done` or `stop`), and the last tick, if there was one.
        spawn: starts the process; tests give their own.
    """

    def __init__(
        self,
        job: Job,
        ticked: Callable[[Tick], object],
        ended: Callable[[str | None, Tick | None], object],
        spawn: Callable[[Job], subprocess.Popen[bytes]] = protocol.spawn,
    ) -> None:
        self.job = job
        self._ticked = ticked
        self._ended = ended
        self._spawn = spawn
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._working = False

    @property
    def running(self) -> bool:
        return self._working

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def code(self) -> int | None:
        """The exit code of the last engine, None as long as it lives."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start an engine, unless one runs."""
        if not self.running:
            self._stopping = False
            self._working = True
            self._thread = threading.Thread(target=self._work, name="heron-capture", daemon=True)
            self._thread.start()

    def command(self, command: Command) -> None:
        """Say something to the engine; nothing happens when it is gone."""
        process = self._process
        if process is None or process.stdin is None:
            return
        self._stopping = self._stopping or command.do == "stop"
        try:
            process.stdin.write(protocol.line(command))
            process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return

    def close(self, timeout: float = 3.0) -> None:
        """End the engine: ask it, then make it."""
        self._stopping = True
        process = self._process
        if process is not None and process.poll() is None:
            if process.stdin is not None:
                try:
                    process.stdin.close()
                except BrokenPipeError:
                    pass
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread is not None:
            self._thread.join(timeout)

    def _work(self) -> None:
        try:
            process = self._process = self._spawn(self.job)
        except OSError as error:
            self._working = False
            self._ended(f"the engine could not be started: {error.strerror}", None)
            return
        assert process.stdout is not None and process.stderr is not None
        said: deque[str] = deque(maxlen=STDERR_LINES)
        drain = threading.Thread(target=_drain, args=(process.stderr, said), name="heron-stderr", daemon=True)
        drain.start()
        last = self._listen(process.stdout)
        code = process.wait()
        drain.join(1.0)
        self._working = False
        self._ended(self._reason(code, last, said), last)

    def _listen(self, stdout: IO[bytes]) -> Tick | None:
        last: Tick | None = None
        told = 0.0
        for text in stdout:
            try:
                last = protocol.decode_tick(text)
            except msgspec.DecodeError:
                continue
            now = time.monotonic()
            if now - told >= TICK_S or last.state in ("done", "failed"):
                told = now
                self._ticked(last)
        return last

    def _reason(self, code: int, last: Tick | None, said: deque[str]) -> str | None:
        if last is not None and last.state == "failed":
            return last.message or "the engine failed without a word"
        if self._stopping or (code == 0 and last is not None and last.state == "done"):
            return None
        words = next((line for line in reversed(said) if line.strip()), "").strip()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"the engine ended ({how})" + (f": {words}" if words else "")


def _drain(stderr: IO[bytes], said: deque[str]) -> None:
    for line in stderr:
        said.append(line.decode("utf-8", "replace"))
