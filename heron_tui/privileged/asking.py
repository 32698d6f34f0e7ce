"""Asks the keeper for captures. Starting it, and giving up root, happen before anything else is done."""

import array
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import HeronError, PrivilegeError, SourceError, UsageError

DESCRIPTORS = 3


@dataclass(frozen=True, slots=True)
class Started:
    """A program that captures.

    Attributes:
        name: `tcpdump`, `dumpcap`, `TLS helper`.
        output, words: what it captures, and its stderr. Closed by who has them.
        lifeline: closing it ends the program.
    """

    name: str
    pid: int
    output: int
    words: int
    lifeline: int


def start_keeper(script: Path) -> socket.socket:
    """Start a keeper with the rights of this process; answers the socket to ask it through.

    Args:
        script: the TLS helper's file.
    """
    ours, its = socket.socketpair(
        socket.AF_UNIX, socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
    )
    with its:
        subprocess.Popen(
            [sys.executable, "-P", "-m", "heron_tui.privileged.keeper", str(its.fileno()), str(script)],
            pass_fds=(its.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return ours


def check(keeper: socket.socket, request: Mapping[str, Any]) -> str:
    """Whether a program could be started; answers its name. Raises as `start` does."""
    return str(_ask(keeper, {**request, "only_check": True})[0]["name"])


def start(keeper: socket.socket, request: Mapping[str, Any]) -> Started:
    """Have a program started.

    Raises:
        UsageError, PrivilegeError, SourceError: why it cannot be.
    """
    answer, (output, words, lifeline) = _ask(keeper, request)
    return Started(answer["name"], answer["pid"], output, words, lifeline)


def _ask(keeper: socket.socket, request: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
    try:
        keeper.sendall(json.dumps(dict(request)).encode())
        room = socket.CMSG_SPACE(DESCRIPTORS * array.array("i").itemsize)
        text, passed, _, _ = keeper.recvmsg(65_536, room)
    except OSError as error:
        raise SourceError(f"captures cannot be started any more: {error.strerror}") from None
    if not text:
        raise SourceError("captures cannot be started any more: what starts them has ended")
    fds = array.array("i")
    for _, _, data in passed:
        fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
    answer = json.loads(text)
    if "error" in answer:
        raise refusal(answer["error"], answer.get("code", 4))
    return answer, list(fds)


def refusal(text: str, code: int) -> HeronError:
    """The error that goes with an exit code."""
    kinds: dict[int, type[HeronError]] = {2: UsageError, 3: PrivilegeError}
    return kinds.get(code, SourceError)(text)


def caller() -> tuple[int, int] | None:
    """User and group that called sudo; None where this is not root, or root itself called."""
    if os.geteuid() != 0:
        return None
    try:
        uid, gid = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    return (uid, gid) if uid > 0 else None


def give_up_root() -> None:
    """Become the user that called sudo, for good: files are theirs, and nothing is parsed with root's rights.

    Raises:
        PrivilegeError: that user may not read this program.
    """
    who = caller()
    if who is None:
        return
    uid, gid = who
    try:
        entry = pwd.getpwuid(uid)
        name, home = entry.pw_name, entry.pw_dir
        os.initgroups(name, gid)
    except KeyError:
        name, home = str(uid), "/"
        os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)  # of root, all three ids: there is no way back
    os.environ.update(HOME=home, USER=name, LOGNAME=name)
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and not os.access(runtime, os.W_OK):
        del os.environ["XDG_RUNTIME_DIR"]
    os.umask(0o077)
    for place in (sys.executable, os.__file__, __file__):
        if not os.access(os.path.realpath(place), os.R_OK):
            raise PrivilegeError(
                f"{os.path.realpath(place)} cannot be read by {name}: install heron-tui for that user (pipx install"
                " heron-tui), since it runs with their rights once the capture is started"
            )
