"""Saving what a store shows: packets as a pcapng file with comments, and a store under another name.

pcapng as in draft-ietf-opsawg-pcapng: one section, one interface for each link type, enhanced packet blocks with
microseconds (the default of `if_tsresol`). Both write a temporary file beside the target and rename it.
"""

import os
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import SourceError
from . import notes
from .reader import Reader

SECTION, INTERFACE, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
ORDER_MAGIC = 0x1A2B3C4D
COMMENT, USER_APPLICATION = 1, 4
LONGEST_COMMENT = 0xFFFF
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Saved:
    """How many packets were written, and how many were left out, with the reason of the first one."""

    packets: int
    missing: int = 0
    reason: str = ""


def save_packets(reader: Reader, numbers: Sequence[int], target: Path, comments: Mapping[int, str]) -> Saved:
    """Write packets in the given order, with the capture files' comments and with `comments`, which take their place.

    Raises:
        SourceError: the target cannot be written, or no packet's bytes can be read.
    """
    written, missing, reason = 0, 0, ""
    links: dict[int, int] = {}
    with _beside(target) as place, place.open("wb") as out:
        out.write(_block(SECTION, struct.pack("<IHHq", ORDER_MAGIC, 1, 0, -1) + _option(USER_APPLICATION, "heron-tui")))
        for at in range(0, len(numbers), AT_ONCE):
            some = numbers[at : at + AT_ONCE]
            known = dict(reader.comments(min(some), max(some)))
            for row in reader.numbered(some):
                try:
                    data, link = reader.packet_bytes(row.number)
                except SourceError as error:
                    missing, reason = missing + 1, reason or str(error)
                    continue
                if link not in links:
                    links[link] = len(links)
                    out.write(_block(INTERFACE, struct.pack("<HHI", link, 0, 0)))
                comment = comments.get(row.number, known.get(row.number, ""))
                high, low = divmod(row.time_us, 1 << 32)
                head = struct.pack("<IIIII", links[link], high, low, len(data), max(row.length, len(data)))
                options = _option(COMMENT, comment) if comment else b""
                out.write(_block(ENHANCED_PACKET, head + _padded(data) + options))
                written += 1
        if missing and not written:
            raise SourceError(f"nothing was saved: {reason}")
    return Saved(written, missing, reason)


def save_store(store: Path, target: Path) -> None:
    """Write a copy of a store under another name, with its notes. It may be being written: the copy is of one moment.

    Raises:
        SourceError: the target is the store itself, or it cannot be written.
    """
    if target.exists() and target.samefile(store):
        raise SourceError(f"{target} is the store that is open: it is kept already")
    with _beside(target) as place:
        try:
            uri = f"{store.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(uri, uri=True)) as source, closing(sqlite3.connect(place)) as copy:
                source.backup(copy)
        except sqlite3.Error as error:
            raise SourceError(f"{target} cannot be written: {error}") from None
    if (noted := notes.path_of(store)).exists():
        with _beside(notes.path_of(target)) as place:
            shutil.copyfile(noted, place)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """An empty file, mode 0600, that gets the name `target` when all went well, and is gone otherwise."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        os.close(descriptor)
        try:
            yield Path(name)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise SourceError(f"{target} cannot be written: {error.strerror or error}") from None


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, text: str) -> bytes:
    """One option, and the end of options."""
    value = text.encode("utf-8", "replace")[:LONGEST_COMMENT].decode("utf-8", "ignore").encode()
    return struct.pack("<HH", code, len(value)) + _padded(value) + bytes(4)


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
