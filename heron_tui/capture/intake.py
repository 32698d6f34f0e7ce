"""Live captures go onto the disk first and are decoded from there: decoding may be slower than what comes."""

import os
import threading
from collections import deque
from collections.abc import Callable

from .spool import Spool

READ = 1 << 20
"""Bytes that the reader is given at once."""

MEMORY = 64 << 20
"""Bytes that wait in memory where the spool takes no more; then nothing is taken in until the reader has caught up, and
who captures counts what it drops."""


class Intake:
    """A thread that puts pieces into a spool as they come, ahead of who reads them from it.

    Args:
        take: waits for the next piece; empty at the end of all.
        wake: called by `close`: lets `take` answer with nothing.
        spool: holds all bytes of the source from its beginning on, as far as they are kept.

    Attributes:
        waitable: a descriptor that is readable when there is something to read.
    """

    def __init__(self, take: Callable[[], bytes], wake: Callable[[], object], spool: Spool) -> None:
        self._take, self._wake, self._spool = take, wake, spool
        self._file = os.open(spool.path, os.O_RDONLY | os.O_CLOEXEC)
        self._kept = self._position = spool.read_to = os.fstat(self._file).st_size
        self._memory: deque[bytes] = deque()
        self._in_memory = 0
        self._room = threading.Condition()
        self._ended = self._stopped = False
        self.waitable, self._bell = os.pipe()
        for end in (self.waitable, self._bell):
            os.set_blocking(end, False)
        self._thread = threading.Thread(target=self._work, name="heron-intake", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Bytes that came and were not read yet."""
        return self._kept - self._position + self._in_memory

    @property
    def ended(self) -> bool:
        """Nothing will come any more, and all was read."""
        return self._ended and not self.waiting

    def read(self) -> bytes:
        """The next bytes, empty where there are none now."""
        piece = self._next()
        if not piece:
            self._silence()
            piece = self._next()
        return piece

    def close(self) -> None:
        with self._room:
            self._stopped = True
            self._room.notify()
        self._wake()
        self._thread.join()
        for fd in (self._file, self.waitable, self._bell):
            os.close(fd)

    def _next(self) -> bytes:
        if left := self._kept - self._position:
            piece = os.pread(self._file, min(READ, left), self._position)
            self._position = self._spool.read_to = self._position + len(piece)
            return piece
        with self._room:
            if not self._memory:
                return b""
            piece = self._memory.popleft()
            self._in_memory -= len(piece)
            self._room.notify()
            return piece

    def _silence(self) -> None:
        try:
            while os.read(self.waitable, 4096):
                pass
        except BlockingIOError:
            return

    def _ring(self) -> None:
        try:
            os.write(self._bell, b".")
        except BlockingIOError:  # it rings already
            return

    def _work(self) -> None:
        while not self._stopped and (piece := self._take()):
            if self._spool.note is None:
                self._spool.write(piece)
                kept = os.fstat(self._file).st_size
                piece = piece[kept - self._kept :] if self._spool.note else b""
                self._kept = kept
            if piece:
                self._hold(piece)
            self._ring()
        self._ended = True
        self._ring()

    def _hold(self, piece: bytes) -> None:
        with self._room:
            while self._in_memory >= MEMORY and not self._stopped:
                self._room.wait()
            self._memory.append(piece)
            self._in_memory += len(piece)
