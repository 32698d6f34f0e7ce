"""What the TLS helper says, frame by frame (bpf/README.md, protocol version 1). Bytes in, frames out."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

HEAD = struct.Struct("<IBBH")
DATA_HEAD = struct.Struct("<QQQB7x")
CUT_BODY = struct.Struct("<QQQBB6xQ")
CLOSE_BODY = struct.Struct("<QQB7x")
LONGEST = 1 << 20
VERSION = 1

NO_HTTP = 4
"""Reason of a CLOSE."""

HELLO, READY, PROCESS, EXIT, ATTACHED, FAILED, CONN, DATA, CUT, CLOSE, LOST, STATS, TROUBLE = range(1, 14)


@dataclass(frozen=True, slots=True)
class Data:
    """Plaintext. `offset` counts in its connection and direction; `written` by the process, else read; time in ns."""

    conn: int
    offset: int
    time: int
    written: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """`missing` bytes at `offset` were there and are not sent. Reasons: 1 too long a call, 2 memory not readable."""

    conn: int
    offset: int
    time: int
    written: bool
    reason: int
    missing: int


@dataclass(frozen=True, slots=True)
class Close:
    conn: int
    time: int
    reason: int


@dataclass(frozen=True, slots=True)
class Told:
    """Any frame that is JSON."""

    kind: int
    says: dict[str, Any]


Frame = Data | Cut | Close | Told


class Frames:
    """Splits a stream into frames; never raises.

    Attributes:
        damage: why nothing more can be read, if so.
        open: in the midst of a frame.
    """

    def __init__(self) -> None:
        self.damage: str | None = None
        self._left = b""

    @property
    def open(self) -> bool:
        return bool(self._left)

    def feed(self, data: bytes) -> Iterator[Frame]:
        data = self._left + data if self._left else data
        at = 0
        while self.damage is None and len(data) - at >= HEAD.size:
            length, kind, version, _ = HEAD.unpack_from(data, at)
            if version != VERSION or length > LONGEST:
                self.damage = (
                    f"the helper speaks version {version} of its protocol, not {VERSION}"
                    if length <= LONGEST
                    else f"a frame of the helper claims {length:,} bytes"
                )
                break
            start = at + HEAD.size
            if start + length > len(data):
                break
            at = start + length
            frame = _read(kind, data[start:at])
            if frame is not None:
                yield frame
        self._left = b"" if self.damage else data[at:]


def _read(kind: int, payload: bytes) -> Frame | None:
    if kind == DATA and len(payload) >= DATA_HEAD.size:
        conn, offset, time, direction = DATA_HEAD.unpack_from(payload)
        return Data(conn, offset, time, direction == 1, payload[DATA_HEAD.size :])
    if kind == CUT and len(payload) >= CUT_BODY.size:
        conn, offset, time, direction, reason, missing = CUT_BODY.unpack_from(payload)
        return Cut(conn, offset, time, direction == 1, reason, missing)
    if kind == CLOSE and len(payload) >= CLOSE_BODY.size:
        return Close(*CLOSE_BODY.unpack_from(payload))
    if kind in (DATA, CUT, CLOSE):
        return None
    try:
        says = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return Told(kind, says) if isinstance(says, dict) else None
