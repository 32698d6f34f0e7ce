"""`python -m heron_tui.privileged.keeper FD SCRIPT`: starts capturers for who holds the other end of socket FD.

A request is one JSON object in one message; the answer is one message, with descriptors when it went well: the
program's output, its words, and a lifeline. Who lets go of the lifeline, or dies with it, ends the program. When nobody
holds the socket any more, all of them and the keeper end.
"""

import array
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import programs

LONGEST_REQUEST = 65_536
GRACE_S = 2.0
ASK_DROPS_S = 1.0
PIPE_BYTES = (32 << 20, 1 << 20)
"""Tried in this order: more than 1 MiB takes root."""
BEFORE_OTHERS = -10
"""The niceness of what captures packets: it takes little time, and what it has none for is lost."""
F_SETPIPE_SZ = 1031
PR_SET_PDEATHSIG = 1


class Child:
    """A program that captures.

    Attributes:
        lifeline: readable when its owner let go. deadline: when it is killed, once it was asked to end.
    """

    def __init__(self, name: str, process: subprocess.Popen[bytes], lifeline: int) -> None:
        self.name = name
        self.process = process
        self.lifeline = lifeline
        self.deadline: float | None = None

    def end(self) -> None:
        if self.deadline is None:
            self.deadline = time.monotonic() + GRACE_S
            self._signal(signal.SIGTERM if self.name == "TLS helper" else signal.SIGINT)

    def kill_when_due(self) -> None:
        if self.deadline is not None and time.monotonic() >= self.deadline:
            self._signal(signal.SIGKILL)

    def ask_drops(self) -> None:
        if self.name == "tcpdump" and self.deadline is None:
            self._signal(signal.SIGUSR1)

    def _signal(self, number: int) -> None:
        """To it and what it started; they have a process group of their own."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):
                return


class Keeper:
    def __init__(self, control: socket.socket, script: Path) -> None:
        self._control = control
        self._script = script
        self._children: list[Child] = []

    def run(self) -> None:
        asked = time.monotonic()
        held = True
        while held or self._children:
            poll = select.poll()
            if held:
                poll.register(self._control, select.POLLIN)
            for child in self._children:
                if child.deadline is None:
                    poll.register(child.lifeline, select.POLLIN)
            ready = {fd for fd, _ in poll.poll(100 if self._children else 1000)}
            if self._control.fileno() in ready:
                held = self._serve()
            for child in self._children:
                if not held or child.lifeline in ready:
                    child.end()
                child.kill_when_due()
            if time.monotonic() - asked >= ASK_DROPS_S:
                asked = time.monotonic()
                for child in self._children:
                    child.ask_drops()
            self._reap()

    def _reap(self) -> None:
        for child in [child for child in self._children if child.process.poll() is not None]:
            os.close(child.lifeline)
            self._children.remove(child)

    def _serve(self) -> bool:
        """Answer one request; False when nobody is there any more."""
        try:
            text = self._control.recv(LONGEST_REQUEST)
        except OSError:
            return False
        if not text:
            return False
        fds: list[int] = []
        try:
            answer = self._start(json.loads(text), fds)
        except programs.Refused as refused:
            answer = {"error": str(refused), "code": refused.code}
        except (ValueError, OSError) as error:
            answer = {"error": f"the capture cannot be started: {error}", "code": 4}
        try:
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
            self._control.sendmsg([json.dumps(answer).encode()], passed)
        except OSError:
            return False
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _start(self, request: Any, fds: list[int]) -> dict[str, Any]:
        want = request.get("want") if isinstance(request, dict) else None
        if want == "packets":
            name, command = programs.packets(request)
        elif want == "tls":
            name, command = programs.tls(request, self._script)
        else:
            raise programs.Refused(f"{want!r} cannot be captured", 2)
        if request.get("only_check"):
            return {"name": name}
        lifeline, owners = os.pipe()
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=programs.environment(),
            cwd="/",
            start_new_session=True,
            preexec_fn=_die_with_parent(),  # noqa: PLW1509 - there are no threads here
        )
        assert process.stdout and process.stderr
        fds += [os.dup(process.stdout.fileno()), os.dup(process.stderr.fileno()), owners]
        _widen(fds[0])
        process.stdout.close()
        process.stderr.close()
        self._children.append(Child(name, process, lifeline))
        if want == "packets":
            _prefer(process.pid)
        return {"name": name, "pid": process.pid, "command": command}


def _widen(pipe: int) -> None:
    """A larger pipe bridges longer pauses of who reads."""
    if sys.platform == "linux":
        import fcntl

        for size in PIPE_BYTES:
            try:
                fcntl.fcntl(pipe, F_SETPIPE_SZ, size)
            except OSError:
                continue
            return


def _prefer(pid: int) -> None:
    """Before other processes, and its session before other sessions (sched(7), "The autogroup feature"), if we may."""
    try:
        os.setpriority(os.PRIO_PROCESS, pid, BEFORE_OTHERS)
        Path(f"/proc/{pid}/autogroup").write_text(str(BEFORE_OTHERS))
    except OSError:
        return


def _die_with_parent() -> Callable[[], None] | None:
    """For the child, before it runs its program: its end comes with ours, however that is. Linux only."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> int:
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.umask(0o077)
    control = socket.socket(fileno=int(sys.argv[1]))
    Keeper(control, Path(sys.argv[2])).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
