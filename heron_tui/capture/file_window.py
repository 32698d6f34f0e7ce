"""A finished capture file, read piece by piece.

It is not mapped: a program that rotates its captures may cut a file while it is read, and a page that is gone would end
the process (SIGBUS, mmap(2)). Reading pieces takes no longer (`bench/stages.py capture`).
"""

import os

from ..model.packet import Buffer

PIECE = 8 << 20
"""Bytes read at once."""


class FileWindow:
    """A window over a file that can be read at any place.

    Args:
        fd: closed by `close`.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = os.fstat(fd).st_size
        self.data: Buffer = b""
        self.base = 0
        self.ended = False
        self.damage: str | None = None
        self._position = 0

    def load(self, position: int, need: int, /) -> None:
        self._position = min(position, self._size)
        end = self.base + len(self.data)
        if self.ended or (self.base <= position < end and end - position >= need):
            return
        self.data, self.base = self._read(position, max(need, PIECE)), position

    def _read(self, position: int, size: int) -> bytes:
        """The bytes from `position` on, fewer than `size` only at the end of the file."""
        parts = []
        while size and not self.ended:
            try:
                part = os.pread(self._fd, size, position)
            except OSError as error:
                self._end(error.strerror)
                break
            if not part:
                self._end("the file became shorter while it was read" if position < self._size else None)
                break
            parts.append(part)
            position += len(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _end(self, damage: str | None) -> None:
        self.ended, self.damage = True, damage

    def progress(self) -> tuple[int, int] | None:
        return self._position, self._size

    def close(self) -> None:
        self.data = b""
        os.close(self._fd)
