"""Capture files, seen from the store: where the raw bytes of packets are."""

import os
from pathlib import Path

import xxhash

from ..core.errors import SourceError
from ..core.files import KEPT_HEAD


def head(path: str | None, size: int = KEPT_HEAD) -> tuple[int, str | None]:
    """How many bytes the beginning of a file has (`size` at most), and their hash: what it is known by later.

    (0, None) where there is no file to be read.
    """
    if path is None:
        return 0, None
    try:
        with Path(path).open("rb") as file:
            data = file.read(size)
    except OSError:
        return 0, None
    return len(data), xxhash.xxh3_64_hexdigest(data)


class CaptureFile:
    """One capture file of a store, open for reading.

    Args:
        name: what people call it.
        path: the uncompressed file, None where there is none.
        head_size, head_hash: what `head` said when it was captured.

    Raises:
        SourceError: it is gone, or it is no longer the file that was read.
    """

    def __init__(self, name: str, path: str | None, head_size: int, head_hash: str | None) -> None:
        if path is None:
            raise SourceError(f"the packets of {name} were not kept: there are no raw bytes to show")
        self._path = path
        self._head = (head_size, head_hash)
        self._seen: tuple[int, int] | None = None
        self._let_go_to = 0
        try:
            self._descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise SourceError(f"the capture file {path} cannot be read any more: {error.strerror}") from None
        try:
            self._check()
        except SourceError:
            self.close()
            raise

    def read(self, position: int, size: int) -> bytes:
        """Bytes of the file. Raises SourceError if it was changed, has become shorter, or they were let go."""
        self._check()
        data = os.pread(self._descriptor, size, position)
        if len(data) < size:
            raise SourceError(f"the capture file {self._path} has become shorter since it was read")
        if position < self._let_go_to and position + size > KEPT_HEAD:
            raise SourceError(
                f"the bytes of this packet are not kept any more: {self._path} has those of the newest packets "
                "(a recording, -w, keeps all)"
            )
        return data

    def close(self) -> None:
        os.close(self._descriptor)

    def _check(self) -> None:
        """Look at the beginning again whenever the file was written to: it may only have grown."""
        state = os.fstat(self._descriptor)
        seen = (state.st_mtime_ns, state.st_size)
        if seen != self._seen:
            size, expected = self._head
            if expected is not None and xxhash.xxh3_64_hexdigest(os.pread(self._descriptor, size, 0)) != expected:
                raise SourceError(f"the capture file {self._path} has changed since it was read")
            self._seen = seen
            self._let_go_to = _end_of_hole(self._descriptor, state.st_size)


def _end_of_hole(descriptor: int, size: int) -> int:
    """Up to where a capture that is kept in part lacks the bytes behind its head; 0 where it has them all."""
    if size <= KEPT_HEAD or os.lseek(descriptor, KEPT_HEAD, os.SEEK_HOLE) != KEPT_HEAD:
        return 0
    try:
        return os.lseek(descriptor, KEPT_HEAD, os.SEEK_DATA)
    except OSError:  # nothing but a hole
        return size
