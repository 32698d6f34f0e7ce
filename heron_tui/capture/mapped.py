"""A finished capture file, mapped into memory."""

import mmap
import os

from ..model.packet import Buffer


class Mapped:
    """A window over the whole of a file that is not empty; pages that were read are given back to the system.

    A mapped file that shrinks would end the process (SIGBUS): its size is looked at before each walk.

    Args:
        fd: closed by `close`.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = os.fstat(fd).st_size
        self._map: mmap.mmap | None = mmap.mmap(fd, self._size, access=mmap.ACCESS_READ)
        self.data: Buffer = memoryview(self._map)
        self.base = 0
        self.ended = True
        self.damage: str | None = None
        self._position = 0
        self._released = 0

    def load(self, position: int, _need: int, /) -> None:
        # Pages of the batch before this one are kept: those who have it may still look at it.
        page = self._position & -mmap.PAGESIZE
        if self._map is not None and page > self._released:
            self._map.madvise(mmap.MADV_DONTNEED, self._released, page - self._released)
            self._released = page
        self._position = min(position, self._size)
        size = os.fstat(self._fd).st_size
        if size < self._size:
            self._size = size
            self.data = self.data[:size]
            self.damage = "the file became shorter while it was read"

    def progress(self) -> tuple[int, int] | None:
        return self._position, self._size

    def close(self) -> None:
        self.data = b""
        self._map = None  # unmapped with the last batch that looks into it
        os.close(self._fd)
