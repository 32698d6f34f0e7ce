"""One search on all processors: an agent's executable has a hundred megabytes of code, and soon calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
WORTH = 4  # tasks (of 4 MiB) for which a process of its own pays
MOST = 8


def shared_out(tasks: list[T], do: Callable[[T], list[tuple[int, int]]]) -> list[tuple[int, int]]:
    """What `do` gives for all tasks together, in no order. Forks; the children only read."""
    workers = min(os.cpu_count() or 1, MOST, len(tasks) // WORTH)
    if workers < 2:
        return [pair for task in tasks for pair in do(task)]
    children = [_start(tasks[i::workers], do) for i in range(workers)]
    out = []
    for pid, fd in children:
        with os.fdopen(fd, "r", encoding="ascii") as lines:
            pairs = [tuple(int(n) for n in line.split()) for line in lines]
        _, status = os.waitpid(pid, 0)
        if status:
            raise OSError(f"a search process ended with status {status}")
        out += [(a, b) for a, b in pairs]
    return out


def _start(tasks: list[T], do: Callable[[T], list[tuple[int, int]]]) -> tuple[int, int]:
    out, into = os.pipe()
    pid = os.fork()
    if pid:
        os.close(into)
        return pid, out
    status = 1
    try:
        os.close(out)
        with os.fdopen(into, "w", encoding="ascii") as lines:
            for task in tasks:
                for a, b in do(task):
                    lines.write(f"{a} {b}\n")
        status = 0
    finally:
        os._exit(status)
