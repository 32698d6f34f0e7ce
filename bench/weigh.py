"""A command's time and memory."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

SAMPLE = 0.02
"""Seconds between two looks at a process's anonymous memory."""


@dataclass
class Weight:
    """What a process took. Bytes; seconds of the wall clock and of processors. `anonymous` is 0 where nobody says."""

    output: str
    error: str
    status: int
    wall: float
    cpu: float
    rss: int
    anonymous: int


def weigh(command: list[str]) -> Weight:
    """Run `command` to its end."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak = [0]
    over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, over))
    watcher.start()
    assert process.stdout is not None and process.stderr is not None
    error: list[str] = []
    drain = threading.Thread(target=lambda: error.append(process.stderr.read()))
    drain.start()
    output = process.stdout.read()
    drain.join()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    over.set()
    watcher.join()
    rss = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cpu = used.ru_utime + used.ru_stime
    return Weight(output, "".join(error), process.returncode, wall, cpu, rss, peak[0])


def _watch(pid: int, peak: list[int], over: threading.Event) -> None:
    status = Path(f"/proc/{pid}/status")
    while not over.wait(SAMPLE):
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        kib = next((line.split()[1] for line in lines if line.startswith("RssAnon:")), "0")
        peak[0] = max(peak[0], int(kib) * 1024)
