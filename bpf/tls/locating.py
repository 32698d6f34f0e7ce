"""A child of the helper that looks for functions, so that reading the ring never waits for it.

A question is an open file of the helper (its descriptor), an answer what `locate` found. 400 MB take seconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any

from . import locate, privileges
from .elf import NotElf


class Locator:
    def __init__(self) -> None:
        self._questions, questions_in = os.pipe()
        answers_out, self._answers = os.pipe()
        helper = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(questions_in)
            os.close(answers_out)
            _serve(helper, self._questions, self._answers)
        os.close(self._questions)
        os.close(self._answers)
        self._questions, self.fd = questions_in, answers_out
        self._rest = b""

    def ask(self, number: int, fd: int) -> None:
        os.write(self._questions, f"{number} {fd}\n".encode())

    def answers(self) -> list[dict[str, Any]]:
        """What has come in; call it when `fd` is readable."""
        self._rest += os.read(self.fd, 1 << 16)
        *lines, self._rest = self._rest.split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


def _serve(helper: int, questions: int, answers: int) -> None:
    """The child's whole life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    privileges.die_with(helper)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    privileges.drop()
    with os.fdopen(questions, "r", encoding="ascii") as lines:
        for line in lines:
            number, fd = (int(n) for n in line.split())
            os.write(answers, json.dumps(_answer(number, f"/proc/{helper}/fd/{fd}")).encode() + b"\n")
    os._exit(0)


def _answer(number: int, path: str) -> dict[str, Any]:
    begin = time.monotonic()
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as e:
        return {"number": number, "found": [], "error": str(e)}
    try:
        found = [f.as_json() for f in locate.locate(fd)]
    except NotElf:
        found = []
    except (OSError, ValueError, KeyError) as e:  # a damaged file must not end the search for others
        return {"number": number, "found": [], "error": f"{type(e).__name__}: {e}"}
    finally:
        os.close(fd)
    return {"number": number, "found": found, "seconds": round(time.monotonic() - begin, 3)}
