"""All captures of a run, opened together and read as one."""

import select
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..core.errors import SourceError
from ..core.ids import content_id
from ..model.packet import PacketBatch, Source
from .merge import Queue, join
from .reader import STDIN, Reader
from .tshark import MISSING, Tshark, available, brings_keys

PAUSE = 0.1
"""Seconds that are waited for live sources before `batches` says that there is nothing new."""

SMALLEST_SHARE = 1024


def open_sources(
    paths: Sequence[str],
    *,
    spool: Path | None,
    follow: bool = False,
    stdin_fd: int | None = None,
    keylog: str | None = None,
) -> "Sources":
    """Open capture files (pcap and pcapng, plain or compressed with gzip or zstd) and look at their beginnings.

    Args:
        paths: files in any order, named pipes (opening one waits for its writer), `-` for standard input.
        spool: directory for the uncompressed bytes of what cannot be read again at a place (pipes, compressed files),
            one file each, readable by its owner only; None keeps none of them.
        follow: files grow: keep reading them at their end.
        stdin_fd: what `-` means; 0 where None. Reading goes on in a duplicate of it.
        keylog: keys of TLS connections (NSS key log): the plaintext of each file is a further source, behind all files,
            as is that of a file which brings its keys itself.

    Raises:
        SourceError: a file cannot be read or is no capture, or tshark is missing. Nothing has been written then.
    """
    if not paths:
        raise SourceError("no capture is named")
    if sum(path == STDIN for path in paths) > 1:
        raise SourceError("standard input (-) is named twice")
    readers: list[Reader] = []
    programs: list[Tshark] = []
    try:
        for file, path in enumerate(paths):
            readers.append(Reader(file, path, fd=stdin_fd, follow=follow))
        notes = []
        for path, encrypted in zip(paths, tuple(readers), strict=True):
            if keylog is None and (path == STDIN or follow or not brings_keys(path)):
                continue
            if keylog is None and not available():
                notes.append(f"{path} brings the keys of its TLS connections: {MISSING}")
                continue
            programs.append(Tshark(path, keylog))
            id = content_id("s", encrypted.source.id, "plaintext")
            reader = Reader(len(readers), f"{path}, decrypted", live=programs[-1].stream, id=id)
            reader.awaited = reader.source.plain = True
            readers.append(reader)
        for reader in readers:
            reader.keep_in(spool)
    except BaseException:
        for reader in readers:
            reader.close()
        for program in programs:
            program.close()
        raise
    return Sources(readers, programs, notes)


class Sources:
    """The captures of a run. `sources` holds one record per path, in their order, kept up to date while reading."""

    def __init__(self, readers: list[Reader], programs: Sequence[Tshark] = (), notes: Sequence[str] = ()) -> None:
        self._readers = readers
        self._programs = programs
        self._notes = notes
        self._queues = [Queue() for _ in readers]
        self._number = 1
        self.sources: list[Source] = [reader.source for reader in readers]

    def batches(self, limit: int = 65536) -> Iterator[PacketBatch | None]:
        """The packets of all captures, merged by time; None after a while in which nothing new came.

        Packets of the same time come in the order of their files, and those of one file in its own order even where its
        times step back. A live source that has nothing new is not waited for while others have.

        Raises:
            SourceError: what comes through a pipe turns out to be no capture, at its very beginning.
        """
        share = max(limit // len(self._readers), min(limit, SMALLEST_SHARE))
        while True:
            for reader, queue in zip(self._readers, self._queues, strict=True):
                if not queue and not reader.ended:
                    batch = reader.read(share)
                    if batch is not None:
                        queue.put(batch)
            empty = [reader for reader, queue in zip(self._readers, self._queues, strict=True) if not queue]
            if not all(reader.ended or reader.starved for reader in empty):
                yield None  # one of them is still among blocks that hold no packet
            elif awaited := [reader for reader in empty if reader.awaited and not reader.ended]:
                self._wait(awaited)
                yield None
            elif any(self._queues):
                yield self._merged()
            elif all(reader.ended for reader in empty):
                return
            else:
                self._wait(self._readers)
                yield None

    def _merged(self) -> PacketBatch:
        """All waiting packets that no packet still to be read can precede."""
        open_ends = [
            (queue.last_key, file)
            for file, (queue, reader) in enumerate(zip(self._queues, self._readers, strict=True))
            if queue and not reader.ended
        ]
        key, last = min(open_ends, default=(max(queue.last_key for queue in self._queues if queue), len(self._queues)))
        parts = [queue.take(key, inclusive=file <= last) for file, queue in enumerate(self._queues)]
        batch = join([part for part in parts if part is not None], self._number)
        self._number += len(batch)
        return batch

    def _wait(self, readers: Sequence[Reader]) -> None:
        """Until something comes, or PAUSE is over."""
        waited_for = [reader.waitable for reader in readers if not reader.ended]
        pipes = [fd for fd in waited_for if fd is not None]
        if len(pipes) < len(waited_for):
            time.sleep(PAUSE)
            return
        poll = select.poll()
        for fd in pipes:
            poll.register(fd, select.POLLIN)
        poll.poll(PAUSE * 1000)

    @property
    def progress(self) -> float | None:
        """0..1 of the bytes of all files; None while a pipe or a followed file is among them."""
        parts = [reader.progress() for reader in self._readers if not reader.awaited]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return sum(taken for taken, _ in known) / max(sum(total for _, total in known), 1)

    @property
    def notes(self) -> list[str]:
        """What a person should know: damage and where, what was cut, skipped or lost; one line each."""
        lines = [line for reader in self._readers for line in reader.notes()]
        return [*self._notes, *lines, *(line for program in self._programs for line in program.notes())]

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        for program in self._programs:
            program.close()
