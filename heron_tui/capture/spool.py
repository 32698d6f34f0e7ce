"""A copy of a capture that cannot be read again at a place: what came from a pipe or out of a compressed file.

One that rolls keeps the newest bytes: the oldest are given back to the file system as a hole in the file, so that every
packet that is kept stays at its place.
"""

import ctypes
import os
import shutil
from pathlib import Path

from ..core.files import KEPT_HEAD
from ..core.paths import private_dir

LIMIT = 16 << 30
"""Bytes that one spool may take."""

ROLLING_LIMIT = 4 << 30
"""Bytes that one that rolls takes, unless more of them were not decoded yet."""

RESERVE = 1 << 30
"""Bytes that it leaves free on the disk."""

STRIDE = 64 << 20
"""After so many bytes the free space is looked at again; so many at once are let go."""

BLOCK = 1 << 16
PUNCH_HOLE = 0x01 | 0x02  # FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE: fallocate(2)


class Spool:
    """A file that only its owner can read, written from its beginning. Never raises once it is open.

    Args:
        path: the file; one that is there already is replaced.
        limit: bytes it may take.
        rolling: let the oldest bytes go rather than stop, where the file system can do that.

    Attributes:
        note: why nothing more is kept, None as long as it is.
        let_go: bytes that were kept and are no more.
        read_to: bytes before this place were read; others are not let go.
    """

    def __init__(self, path: Path, limit: int = LIMIT, *, rolling: bool = False) -> None:
        private_dir(path.parent)
        path.unlink(missing_ok=True)
        self.path = path
        self.note: str | None = None
        self.let_go = 0
        self.read_to = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._limit = limit
        self._rolling = rolling
        self._size = 0
        self._checked = 0

    @property
    def said(self) -> str | None:
        """What is not kept, as a line for people."""
        if self.note or not self.let_go:
            return self.note
        return f"the oldest {self.let_go:,} bytes of raw packets were let go: {self._limit:,} are kept (-w keeps all)"

    def write(self, data: bytes) -> None:
        if self.note is not None:
            return
        kept = self._size - self.let_go + len(data)
        if kept > self._limit and not self._let_go() and (not self._rolling or kept > max(LIMIT, self._limit)):
            self._stop(f"its limit of {self._limit:,} bytes is reached")
            return
        try:
            if self._checked <= self._size:
                if shutil.disk_usage(self.path.parent).free < RESERVE + STRIDE and not self._let_go():
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

    def _let_go(self) -> bool:
        """Give the oldest bytes back; whether there were any that had been read."""
        start = KEPT_HEAD + self.let_go
        size = min(max(self._limit // 16, BLOCK), STRIDE, self.read_to - start) & -BLOCK
        if not self._rolling or size <= 0:
            return False
        if not _punch(self._fd, start, size):
            self._rolling = False
            return False
        self.let_go += size
        return True

    def _stop(self, why: str) -> None:
        self.note = f"raw packets behind byte {self._size:,} are not kept: {why}"

    def close(self) -> None:
        os.close(self._fd)


def _punch(fd: int, start: int, size: int) -> bool:
    """Whether the file system took the bytes back."""
    fallocate = getattr(ctypes.CDLL(None), "fallocate", None)  # Linux only
    return fallocate is not None and not fallocate(fd, PUNCH_HOLE, ctypes.c_int64(start), ctypes.c_int64(size))
