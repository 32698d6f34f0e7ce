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
        held = self.data[position - self.base :] if self.base <= position < end else b""
        piece = bytearray(max(need, PIECE))
        piece[: len(held)] = held
        size = self._fill(memoryview(piece), len(held), position)
        self.data, self.base = memoryview(piece)[:size].toreadonly(), position

    def _fill(self, piece: memoryview, size: int, position: int) -> int:
        """Read into `piece` from `size` on; answers the size reached. `position` is that of its first byte."""
        while size < len(piece) and not self.ended:
            try:
                read = os.preadv(self._fd, [piece[size:]], position + size)
            except OSError as error:
                self._end(error.strerror)
                break
            if not read:
                self._end("the file became shorter while it was read" if position + size < self._size else None)
            size += read
        return size

    def _end(self, damage: str | None) -> None:
        self.ended, self.damage = True, damage

    def progress(self) -> tuple[int, int] | None:
        return self._position, self._size

    def close(self) -> None:
        self.data = b""
        os.close(self._fd)
