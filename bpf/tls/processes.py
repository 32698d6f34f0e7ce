"""Processes as /proc shows them, and which of them are watched."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
CONTAINER = re.compile(r"[0-9a-f]{64}")
DELETED = " (deleted)"
PARENTS = 8


def _boot_us() -> int:
    return (time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) // 1000


BOOT_US = _boot_us()  # once: a process's start must come out the same each time


@dataclass(frozen=True)
class Process:
    """`start`: microseconds since 1970. `exe`: None for a kernel thread."""

    pid: int
    start: int
    ppid: int
    uid: int
    comm: str
    exe: str | None
    cmdline: tuple[str, ...]
    cgroup: str
    parents: tuple[tuple[int, str, str | None], ...]

    def as_json(self) -> dict[str, Any]:
        container = CONTAINER.findall(self.cgroup)
        return {
            "pid": self.pid,
            "start": self.start,
            "ppid": self.ppid,
            "uid": self.uid,
            "comm": self.comm,
            "exe": self.exe,
            "cmdline": list(self.cmdline),
            "cgroup": self.cgroup,
            "container": container[-1] if container else None,
            "parents": [{"pid": pid, "comm": comm, "exe": exe} for pid, comm, exe in self.parents],
        }


class Mapping(NamedTuple):
    """A file of which a process has mapped code. `link` opens it even when it was deleted or lies in a container."""

    path: str
    device: str
    inode: int
    link: str


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def _exe(pid: int) -> str | None:
    try:
        path = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None
    return path[: -len(DELETED)] if path.endswith(DELETED) else path


def _stat(pid: int) -> tuple[str, int, int]:
    """comm, parent, start in ticks since boot (proc(5)): the name may hold anything, even ") "."""
    text = _read(f"/proc/{pid}/stat")
    open_at, close_at = text.index("("), text.rindex(")")
    rest = text[close_at + 2 :].split()
    return text[open_at + 1 : close_at], int(rest[1]), int(rest[19])


def _cgroup(text: str) -> str:
    """The path that names a container, in whichever hierarchy, else that of the unified one (cgroups(7)): the last."""
    paths = [line.split(":", 2)[-1] for line in text.splitlines()]
    return next((path for path in paths if CONTAINER.search(path)), paths[-1])


def read(pid: int) -> Process | None:
    """The process as it is now, or None if it is gone."""
    try:
        comm, ppid, ticks = _stat(pid)
        uid = int(re.findall(r"^Uid:\s+(\d+)", _read(f"/proc/{pid}/status"), re.M)[0])
        cmdline = _read(f"/proc/{pid}/cmdline").rstrip("\0")
        cgroup = _cgroup(_read(f"/proc/{pid}/cgroup"))
    except (OSError, ValueError, IndexError):
        return None
    return Process(
        pid,
        BOOT_US + ticks * 1_000_000 // TICKS,
        ppid,
        uid,
        comm,
        _exe(pid),
        tuple(cmdline.split("\0")) if cmdline else (),
        cgroup,
        tuple(_parents(ppid)),
    )


def _parents(pid: int) -> Iterator[tuple[int, str, str | None]]:
    for _ in range(PARENTS):
        if pid <= 0:
            return
        try:
            comm, ppid, _ = _stat(pid)
        except (OSError, ValueError, IndexError):
            return
        yield pid, comm, _exe(pid)
        pid = ppid


def running() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def mapped_files(pid: int) -> list[Mapping]:
    """Files whose code a process has mapped, each once. Raises OSError."""
    out: dict[tuple[str, int], Mapping] = {}
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as f:
        for line in f:
            parts = line.split(None, 5)
            if len(parts) < 6 or "x" not in parts[1] or parts[4] == "0":
                continue
            path = parts[5].rstrip("\n")
            if path.endswith(DELETED):
                path = path[: -len(DELETED)]
            key = parts[3], int(parts[4])
            if key not in out:
                start, end = (int(n, 16) for n in parts[0].split("-"))
                out[key] = Mapping(path, key[0], key[1], f"/proc/{pid}/map_files/{start:x}-{end:x}")
    return list(out.values())


@dataclass(frozen=True)
class Selection:
    """Which processes are watched. `uids` None: everybody's."""

    uids: frozenset[int] | None
    pids: frozenset[int]
    globs: tuple[str, ...]

    @property
    def listed(self) -> bool:
        """Whether single processes are named, so that the kernel program needs a list of them."""
        return bool(self.pids or self.globs)

    def takes(self, process: Process, parent_taken: bool) -> bool:
        if self.uids is not None and process.uid not in self.uids:
            return False
        if not self.listed:
            return True
        if process.pid in self.pids or (self.pids and parent_taken):
            return True
        return bool(self.globs) and any(fnmatch.fnmatch(name, g) for g in self.globs for name in _names(process))


def _names(process: Process) -> Iterator[str]:
    """What a person may call a process: its executable, or the script that an interpreter runs."""
    for path in (process.exe, *process.cmdline[:2]):
        if path:
            yield path
            yield path.rsplit("/", 1)[-1]
