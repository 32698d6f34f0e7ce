"""Reads the kernel's ring buffer in bulk (Documentation/bpf/ringbuf.rst).

The map's descriptor maps one page with the consumer's position, one with the producer's, and the data twice in a row,
so that a record never wraps. A record begins with its length; two bits of it say "being written" and "discarded".
"""

from __future__ import annotations

import ctypes
import mmap
import struct
from collections.abc import Iterator

BUSY, DISCARDED, LENGTH = 1 << 31, 1 << 30, (1 << 30) - 1
RECORD_HEAD = 8


class Ring:
    def __init__(self, fd: int, size: int) -> None:
        page = mmap.PAGESIZE
        self.size = size
        self._consumer = mmap.mmap(fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE, offset=0)
        self._producer = mmap.mmap(fd, page + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        self._position = ctypes.c_uint64.from_buffer(self._consumer)
        self._view = memoryview(self._producer)
        self._written = self._view[:8].cast("Q")
        self.data = self._view[page:]

    @property
    def waiting(self) -> int:
        """Bytes not read yet."""
        return self._written[0] - self._position.value

    def records(self, limit: int = 1 << 22) -> Iterator[int]:
        """Places in `data` where records begin, up to `limit` bytes of them.

        A record is given back to the kernel when the next one is asked for: copy what is needed before.
        """
        length_at = struct.Struct("<I").unpack_from
        mask, data, at = self.size - 1, self.data, self._position.value
        stop = min(self._written[0], at + limit)
        while at < stop:
            place = at & mask
            (length,) = length_at(data, place)
            if length & BUSY:
                return
            if not length & DISCARDED:
                yield place + RECORD_HEAD
            at += ((length & LENGTH) + RECORD_HEAD + 7) & ~7
            self._position.value = at
