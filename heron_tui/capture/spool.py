"""A copy of a capture that cannot be read again at a place: what came from a pipe or out of a compressed file."""

import os
import shutil
from pathlib import Path

from ..core.paths import private_dir

LIMIT = 16 << 30
"""Bytes that one spool may take."""

RESERVE = 1 << 30
"""Bytes that it leaves free on the disk."""

STRIDE = 64 << 20
"""After so many bytes the free space is looked at again."""


class Spool:
    """A file that only its owner can read, written from its beginning. Never raises once it is open.

    Args:
        path: the file; one that is there already is replaced.
        limit: bytes it may take.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        private_dir(path.parent)
        path.unlink(missing_ok=True)
        self.path = path
        self.note: str | None = None
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._limit = limit
        self._size = 0
        self._checked = 0

    def write(self, data: bytes) -> None:
        if self.note is not None:
            return
        if self._size + len(data) > self._limit:
            self._stop(f"its limit of {self._limit:,} bytes is reached")
            return
        try:
            if self._checked <= self._size:
                if shutil.disk_usage(self.path.parent).free < RESERVE + STRIDE:
                    self._stop("the disk is almost full")
                    return
                self._checked = self._size + STRIDE
            left = memoryview(data)
            while left:
                written = os.write(self._fd, left)
                self._size += written
                left = left[written:]
        except OSError as error:
            self._stop(error.strerror or "it cannot be written")

    def _stop(self, why: str) -> None:
        self.note = f"raw packets behind byte {self._size:,} are not kept: {why}"

    def close(self) -> None:
        os.close(self._fd)
