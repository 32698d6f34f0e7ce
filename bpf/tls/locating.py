"""Children of the helper that look for functions, so that reading the ring never waits for them.

A question is an open file of the helper (its descriptor), an answer what `locate` found. 400 MB take a tenth of a
second on an idle machine: large files have a child of their own, so that small ones do not wait behind them.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from . import locate, privileges
from .elf import NotElf

LARGE = 16 << 20  # bytes


class Locator:
    def __init__(self) -> None:
        self._small, self._large = _Child(), _Child()
        self.fds = (self._small.answers, self._large.answers)

    def ask(self, number: int, fd: int) -> None:
        child = self._large if os.fstat(fd).st_size >= LARGE else self._small
        os.write(child.questions, f"{number} {fd}\n".encode())

    def answers(self, fd: int) -> list[dict[str, Any]]:
        """What has come in; call it when one of `fds` is readable. Raises EOFError when the child has ended."""
        return (self._small if fd == self._small.answers else self._large).read()

    def close(self) -> None:
        self._small.close()
        self._large.close()


class _Child:
    def __init__(self) -> None:
        questions, self.questions = os.pipe()
        self.answers, answers = os.pipe()
        helper = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.questions)
            os.close(self.answers)
            _serve(helper, questions, answers)
        os.close(questions)
        os.close(answers)
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        got = os.read(self.answers, 1 << 16)
        if not got:
            raise EOFError
        *lines, self._rest = (self._rest + got).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        privileges.end(self._pid)


def _serve(helper: int, questions: int, answers: int) -> None:
    """The child's whole life."""
    privileges.begin_child(helper)
    with os.fdopen(questions, "r", encoding="ascii") as lines:
        for line in lines:
            number, fd = (int(n) for n in line.split())
            said = _open_and_answer(number, f"/proc/{helper}/fd/{fd}")
            os.write(answers, json.dumps(said).encode() + b"\n")
    os._exit(0)


def _open_and_answer(number: int, path: str) -> dict[str, Any]:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as e:
        return {"number": number, "found": [], "error": str(e)}
    try:
        return answer(number, fd)
    finally:
        os.close(fd)


def answer(number: int, fd: int) -> dict[str, Any]:
    """What is found in an open file, and the file's identity when it was looked into."""
    begin, key = time.monotonic(), key_of(os.fstat(fd))
    try:
        found = [f.as_json() for f in locate.locate(fd)]
    except NotElf:
        found = []
    except (OSError, ValueError, KeyError) as e:  # a damaged file must not end the search for others
        return {"number": number, "key": key, "found": [], "error": f"{type(e).__name__}: {e}"}
    return {"number": number, "key": key, "found": found, "seconds": round(time.monotonic() - begin, 3)}


def key_of(stat: os.stat_result) -> tuple[int, int, int, int]:
    """What an answer holds for: device, inode, size, time of the last change."""
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
