"""One capture file or stream, from its first bytes to its batches."""

import os
import stat
import time
from pathlib import Path

import numpy as np
import xxhash

from ..core.errors import SourceError
from ..model.packet import PacketBatch, Source
from . import pcap, pcapng
from .file_window import FileWindow
from .records import Records, Walker
from .spool import ROLLING_LIMIT, Spool
from .stream import Stream

STDIN = "-"

IDENTIFIED_BY = 65_536
"""Bytes of the uncompressed capture that its id is made of."""

PATIENCE = 0.5
"""Seconds that a stream may take to bring IDENTIFIED_BY bytes; then its id is made of what came."""

DECODED_LINKS = frozenset({0, 1, 12, 14, 101, 108, 113, 228, 229, 276})
"""NULL, Ethernet, RAW (three numbers), LOOP, SLL, IPv4, IPv6, SLL2."""


class Reader:
    """Args:
        live: the stream to read, of a source that has no path; `id` is its id then, since the first bytes of two live
            captures may be the same.

    Attributes:
        source: kept up to date while reading.
        lost: packets that the capturing program says it lost, where the capture does not say so itself.
        ended: no batch will come any more.
        starved: the last `read` found nothing new, and only time can bring more.
        awaited: what comes is part of the past: the packets of other sources wait for it, to be merged by time.

    Raises:
        SourceError: the input cannot be opened, or is no capture; of a stream only `read` can say so, at its beginning.
    """

    def __init__(
        self,
        file: int,
        name: str,
        *,
        fd: int | None = None,
        follow: bool = False,
        live: Stream | None = None,
        id: str = "",
    ) -> None:
        self.source = Source(file=file, id=id, name=name, raw_path=None, format="")
        self.ended = False
        self.starved = False
        self._spool: Path | None = None
        self._walker: Walker | None = None
        self._position = 0
        self._need = 0
        self._since: float | None = None
        self._closed = False
        self._live = live is not None
        self.awaited = False
        self.lost = 0
        self._window = live or _open(name, fd, follow)
        try:
            self._begin()
        except SourceError:
            self._window.close()
            raise

    @property
    def waitable(self) -> int | None:
        """A descriptor that becomes readable when more comes, if there is one."""
        return self._window.waitable if isinstance(self._window, Stream) else None

    def keep_in(self, spool: Path | None) -> None:
        """Keep the uncompressed bytes in this directory, if the input cannot be read again at a place."""
        self._spool = spool
        if self._walker is not None:
            self._open_spool()

    def progress(self) -> tuple[int, int] | None:
        return self._window.progress()

    def notes(self) -> list[str]:
        lines = [self.source.note] if self.source.note else []
        if isinstance(self._window, Stream) and self._window.note:
            lines.append(self._window.note)
        if self._walker:
            lines += self._walker.notes()
            lines += [f"link type {link} is not decoded" for link in sorted(self._walker.links - DECODED_LINKS)]
        return [f"{self.source.name}: {line}" for line in lines]

    def close(self) -> None:
        if not self._closed:
            self._window.close()
        self._closed = self.ended = True

    def read(self, limit: int) -> PacketBatch | None:
        """Up to `limit` packets, with their numbers in this file; None where none are to be had now."""
        self.starved = False
        window = self._window
        if self.ended or not self._begin():
            self.starved = not self.ended
            return None
        assert self._walker is not None
        window.load(self._position, self._need)
        start = self._position - window.base
        records = self._walker.walk(window.data, start, limit)
        moved = records.next > start
        self._position = window.base + records.next
        self._need = records.need
        source = self.source
        source.size = min(self._position, window.base + len(window.data))
        source.packets = self._walker.packets
        source.dropped = max(self._walker.dropped, self.lost)
        if records.damage:
            self._end(f"damaged at byte {self._position:,}, behind packet {source.packets:,}: {records.damage}")
        elif not moved and window.ended:
            self._end(self._cut())
        elif not moved:
            self.starved = True
        return self._batch(records) if len(records) else None

    def _batch(self, records: Records) -> PacketBatch:
        count = len(records)
        first = self.source.packets - count + 1
        return PacketBatch(
            data=self._window.data,
            number=np.arange(first, first + count, dtype=np.int64),
            time_us=records.time_us,
            pos=records.pos,
            caplen=records.caplen,
            length=records.length,
            link=records.link,
            file=np.full(count, self.source.file, dtype=np.int64),
            file_pos=records.pos + self._window.base,
            notes={first + index: note for index, note in records.notes.items()},
        )

    def _end(self, note: str | None) -> None:
        self.ended = True
        self.source.note = note

    def _cut(self) -> str | None:
        """What is amiss where the input ends."""
        window = self._window
        end = window.base + len(window.data)
        left = end - self._position
        why = f" ({window.damage})" if window.damage else ""
        if left or why:
            what = f", {max(left, 0):,} bytes into a record" if left else ""
            return f"cut at byte {end:,}, behind packet {self.source.packets:,}{what}{why}"
        return None

    def _begin(self) -> bool:
        """Recognise the format and name the source. False where more bytes are needed first."""
        if self._walker is not None:
            return True
        window = self._window
        window.load(0, pcap.FILE_HEADER if self._live else IDENTIFIED_BY)
        live = isinstance(window, Stream) and window.live
        head = bytes(window.data[:IDENTIFIED_BY])
        walker = _recognise(self.source.name, head, more=live)
        if walker is None:
            return False
        if live and not self._live and len(head) < IDENTIFIED_BY:
            now = time.monotonic()
            self._since = self._since or now
            if now - self._since < PATIENCE:
                return False
        self._walker = walker
        self._position = pcap.FILE_HEADER if isinstance(walker, pcap.Pcap) else 0
        source = self.source
        source.format = walker.format
        source.id = source.id or f"s{xxhash.xxh3_64_hexdigest(head)[:15]}"
        if not isinstance(window, Stream) or (window.is_file and not window.compressed):
            source.raw_path = str(Path(source.name).absolute())
        self._open_spool()
        return True

    def _open_spool(self) -> None:
        source = self.source
        if self._spool is None or source.raw_path is not None or not isinstance(self._window, Stream):
            return
        path = self._spool / f"{source.id}.{source.format}"
        try:
            spool = Spool(path, ROLLING_LIMIT, rolling=True) if self._live else Spool(path)
            self._window.keep_in(spool)
        except OSError as error:
            raise SourceError(f"{path}: raw packets cannot be kept there: {error.strerror}") from error
        source.raw_path = str(path.absolute())


def _open(name: str, fd: int | None, follow: bool) -> FileWindow | Stream:
    if name == STDIN:
        return Stream(os.dup(0 if fd is None else fd), follow=follow)
    try:
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"{name}: {error.strerror}") from error
    status = os.fstat(fd)
    if stat.S_ISDIR(status.st_mode):
        os.close(fd)
        raise SourceError(f"{name}: a directory, not a capture file")
    if stat.S_ISREG(status.st_mode) and not follow:
        head = os.pread(fd, 4, 0)
        if pcap.byte_order(head) or head == pcapng.MAGIC:
            return FileWindow(fd)
    return Stream(fd, follow=follow)


def _recognise(name: str, head: bytes, *, more: bool) -> Walker | None:
    """The walker for a capture that begins with `head`; None while `more` bytes may tell."""
    if pcapng.byte_order(head):
        return pcapng.Pcapng()
    if pcap.byte_order(head) and len(head) >= pcap.FILE_HEADER:
        return pcap.Pcap(head[: pcap.FILE_HEADER])
    beginning = head[:12]
    if beginning[:4] == pcapng.MAGIC[: len(beginning)] and len(beginning) < 12:
        cut = True
    else:
        cut = pcap.byte_order(head) is not None or len(head) < 4
    if cut and more:
        return None
    if not head:
        raise SourceError(f"{name}: empty, not a capture")
    if cut:
        raise SourceError(f"{name}: ends after {len(head)} bytes, within the header of a capture file")
    raise SourceError(f"{name}: not a capture (pcap or pcapng, plain or compressed with gzip or zstd)")
