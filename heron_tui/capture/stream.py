"""Bytes that come one after the other: pipes, compressed files, files that still grow."""

import os
import select
import stat
from collections.abc import Callable, Iterator

from ..model.packet import Buffer
from .expand import Expander, expander
from .intake import Intake
from .spool import Spool

CHUNK = 4 << 20
"""Bytes of the capture that are taken in at once, if they are there."""

READ = 1 << 20
"""As much as a pipe of a capturer holds where nobody may make it larger."""

BOMB_SIZE = 1 << 30
BOMB_RATIO = 500
"""Compressed input is not read further once it made BOMB_SIZE bytes, and BOMB_RATIO times what went in."""


class Stream:
    """Reads a file descriptor as far as it can be read without waiting, and expands what is compressed.

    Args:
        fd: closed by `close`.
        follow: the end of a file is not the end: more may be written to it.
        through: what makes the capture of the bytes read, where it is not told by their beginning.
        ahead: once it is kept in a spool, what comes is put there by a thread, and `load` reads it from there.

    Attributes:
        is_file: a regular file, no pipe.
    """

    def __init__(self, fd: int, *, follow: bool = False, through: Expander | None = None, ahead: bool = False) -> None:
        status = os.fstat(fd)
        self._fd = fd
        self.is_file = stat.S_ISREG(status.st_mode)
        self._follow = follow and self.is_file
        self._total = status.st_size if self.is_file and not follow else None
        self._taken = 0
        self._made = 0
        self._input_ended = False
        self._head = b""
        self._begun = through is not None
        self._expander = through
        self._pieces: Iterator[bytes] = iter(())
        self._spool: Spool | None = None
        self._sink: Callable[[bytes], object] | None = None
        self._ahead = ahead
        self._intake: Intake | None = None
        self._wakers: tuple[int, int] | None = None
        self._over = False
        self.data: Buffer = b""
        self.base = 0
        self.damage: str | None = None

    @property
    def ended(self) -> bool:
        return self._over if self._intake is None else self._intake.ended

    @property
    def waiting(self) -> int:
        """Bytes that were taken in and not loaded yet."""
        return self._intake.waiting if self._intake else 0

    @property
    def live(self) -> bool:
        """More may come later, when nothing comes now."""
        return not self.ended and (self._follow or not self.is_file)

    @property
    def compressed(self) -> bool:
        return self._expander is not None

    @property
    def waitable(self) -> int | None:
        """A descriptor that becomes readable when more comes; files never say so."""
        return None if self.is_file else self._intake.waitable if self._intake else self._fd

    @property
    def note(self) -> str | None:
        return self._spool.said if self._spool else None

    @property
    def let_go(self) -> int:
        """Bytes that were kept, and are no more."""
        return self._spool.let_go if self._spool else 0

    def keep_in(self, spool: Spool) -> None:
        """Write all bytes, from the first on, into `spool`. To be called before the window has moved."""
        assert self.base == 0
        spool.write(bytes(self.data))
        self._spool = spool
        if self._ahead and not self._over:
            self._wakers = os.pipe()
            self._intake = Intake(self._wait_for_next, self._wake, spool)

    def copy_to(self, sink: Callable[[bytes], object]) -> None:
        """Give all bytes that come from now on to `sink`, too."""
        self._sink = sink

    def load(self, position: int, need: int, /) -> None:
        end = self.base + len(self.data)
        if position < end and end - position >= need:
            return
        pieces = [bytes(self.data[position - self.base :])] if position < end else []
        have = sum(map(len, pieces))
        while have < max(need, CHUNK):
            piece = self._intake.read() if self._intake else self._taken_in()
            if not piece:
                break
            end += len(piece)
            if end - position < len(piece):  # part of what is skipped, or all of it
                piece = piece[len(piece) - max(end - position, 0) :]
            have += len(piece)
            if piece:
                pieces.append(piece)
        self.data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.base = min(position, end)

    def _taken_in(self) -> bytes:
        """The next bytes, which whoever wants a copy has got."""
        piece = self._next()
        if piece and self._spool:
            self._spool.write(piece)
        if piece and self._sink:
            self._sink(piece)
        return piece

    def _wait_for_next(self) -> bytes:
        """For the thread that takes in: the next bytes, however long they take; empty at the end, or once woken."""
        assert self._wakers is not None
        poll = select.poll()
        for fd in (self._fd, self._wakers[0]):
            poll.register(fd, select.POLLIN)
        while not (piece := self._next()) and not self._over:
            if any(fd == self._wakers[0] for fd, _ in poll.poll()):
                return b""
        if piece and self._sink:
            self._sink(piece)
        return piece

    def _wake(self) -> None:
        assert self._wakers is not None
        os.write(self._wakers[1], b".")

    def _next(self) -> bytes:
        """The next uncompressed bytes, empty where there are none now; sets `_over`."""
        while not self._over:
            for piece in self._pieces:
                self._made += len(piece)
                if self._made > BOMB_SIZE and self._made > BOMB_RATIO * self._taken and self.compressed:
                    self._end(f"the {self._name} data expands more than {BOMB_RATIO}-fold")
                return piece
            if self._expander and self._expander.damage:
                self._end(self._expander.damage)
                return b""
            data = self._read()
            if data:
                self._pieces = self._expanded(data)
            elif self._input_ended and self._head:  # shorter than any magic
                self._pieces, self._head = iter((self._head,)), b""
            elif self._input_ended:
                cut = self._expander is not None and self._expander.open
                self._end(f"the {self._name} data ends in its midst" if cut else None)
            else:
                return b""
        return b""

    @property
    def _name(self) -> str:
        return self._expander.name if self._expander else "plain"

    def _end(self, damage: str | None) -> None:
        self._over = True
        self.damage = self.damage or damage

    def _expanded(self, data: bytes) -> Iterator[bytes]:
        if not self._begun:
            self._head += data
            if len(self._head) < 4:
                return iter(())
            data, self._head = self._head, b""
            self._begun = True
            self._expander = expander(data)
        return self._expander.feed(data) if self._expander else iter((data,))

    def _read(self) -> bytes:
        """What can be read now."""
        if self._input_ended:
            return b""
        try:
            if not self.is_file and not _readable(self._fd):
                return b""
            data = os.read(self._fd, READ)
        except BlockingIOError:
            return b""
        except OSError as error:
            self._input_ended = True
            self.damage = error.strerror
            return b""
        self._taken += len(data)
        if not data and not self._follow:
            self._input_ended = True
        elif not data and os.fstat(self._fd).st_size < self._taken:
            self._end("the file became shorter while it was followed")
        return data

    def progress(self) -> tuple[int, int] | None:
        return None if self._total is None else (min(self._taken, self._total), self._total)

    def close(self) -> None:
        if self._intake:
            self._intake.close()
        for fd in (self._fd, *(self._wakers or ())):
            os.close(fd)
        if self._spool:
            self._spool.close()


def _readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))
