"""Frames on stdout, as README.md has them."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, Union

VERSION = 1
HELLO, READY, PROCESS, EXIT, ATTACHED, FAILED, CONN, DATA, CUT, CLOSE, LOST, STATS, TROUBLE = range(1, 14)
TOO_LONG, UNREADABLE = 1, 2
FREED, REUSED, ENDED, NO_HTTP, FORGOTTEN = 1, 2, 3, 4, 5
BATCH = 256  # frames in one write: IOV_MAX is 1024, and a frame has two parts

_HEAD = struct.Struct("<IBBH")
_DATA = struct.Struct("<IBBHQQQB7x")
_CUT = struct.Struct("<IBBHQQQBB6xQ")
_CLOSE = struct.Struct("<IBBHQQB7x")
Part = Union[bytes, memoryview]


def data(conn: int, offset: int, time: int, direction: int, size: int) -> bytes:
    """The head of a DATA frame; the bytes follow."""
    return _DATA.pack(32 + size, DATA, VERSION, 0, conn, offset, time, direction)


def cut(conn: int, offset: int, time: int, direction: int, reason: int, missing: int) -> bytes:
    return _CUT.pack(40, CUT, VERSION, 0, conn, offset, time, direction, reason, missing)


def close(conn: int, time: int, reason: int) -> bytes:
    return _CLOSE.pack(24, CLOSE, VERSION, 0, conn, time, reason)


def words(kind: int, fields: dict[str, Any]) -> bytes:
    payload = json.dumps(fields, separators=(",", ":")).encode("ascii")
    return _HEAD.pack(len(payload), kind, VERSION, 0) + payload


class Outlet:
    """Gathers frames and writes them in few calls. Blocks while the reader is behind: then the kernel's ring fills."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._parts: list[Part] = []
        self.writing = False

    def put(self, *parts: Part) -> None:
        self._parts.extend(parts)
        if len(self._parts) >= 2 * BATCH:
            self.flush()

    def say(self, kind: int, **fields: Any) -> None:
        self.put(words(kind, fields))

    def flush(self) -> None:
        """Raises BrokenPipeError when nobody reads any more."""
        parts, self._parts = self._parts, []
        while parts:
            batch = parts[: 2 * BATCH]
            self.writing = True
            written = os.writev(self._fd, batch)
            self.writing = False
            done = 0
            while done < len(batch) and written >= len(batch[done]):
                written -= len(batch[done])
                done += 1
            parts = parts[done:]
            if written:
                parts[0] = memoryview(parts[0])[written:]
