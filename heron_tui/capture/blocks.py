"""Writes pcapng blocks (draft-ietf-opsawg-pcapng), little-endian, times in nanoseconds."""

import struct

from .options import COMMENT, END, EPB_PROCESS_THREAD, IF_DESCRIPTION, IF_NAME, IF_TSRESOL, ISB_OSDROP
from .pcapng import ENHANCED_PACKET, INTERFACE, ORDER_MAGIC, SECTION, STATISTICS

SHB_USERAPPL = 4
NANOSECONDS = b"\x09"
SNAPLEN = 262_144

_EPB = struct.Struct("<IIIIIII").pack
_U32 = struct.Struct("<I").pack


def block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = _U32(len(body) + 12)
    return _U32(kind) + size + body + size


def option(code: int, value: bytes) -> bytes:
    value = value[:65_535]
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def ended(options: bytes) -> bytes:
    return options + struct.pack("<HH", END, 0) if options else b""


def section(program: str, comment: str = "") -> bytes:
    said = option(COMMENT, comment.encode()) if comment else b""
    body = struct.pack("<IHHq", ORDER_MAGIC, 1, 0, -1) + ended(said + option(SHB_USERAPPL, program.encode()))
    return block(SECTION, body)


def interface(link: int, name: str, *, nanoseconds: bool = True, snaplen: int = SNAPLEN, words: str = "") -> bytes:
    """`words` describe it."""
    options = option(IF_NAME, name.encode())
    options += option(IF_DESCRIPTION, words.encode()) if words else b""
    options += option(IF_TSRESOL, NANOSECONDS if nanoseconds else b"\x06")
    return block(INTERFACE, struct.pack("<HHI", link, 0, snaplen) + ended(options))


def packet(index: int, time: int, data: bytes, *, length: int = 0, pid: int | None = None, comment: str = "") -> bytes:
    """An enhanced packet block of interface `index`; `time` in its units, `length` on the wire where that is more."""
    options = option(COMMENT, comment.encode("utf-8", "replace")) if comment else b""
    if pid is not None:
        options += option(EPB_PROCESS_THREAD, struct.pack("<II", pid, 0))
    options = ended(options)
    pad = bytes(-len(data) % 4)
    size = 32 + len(data) + len(pad) + len(options)
    head = _EPB(ENHANCED_PACKET, size, index, time >> 32, time & 0xFFFFFFFF, len(data), max(length, len(data)))
    return b"".join((head, data, pad, options, _U32(size)))


def statistics(index: int, time: int, dropped: int) -> bytes:
    """What was lost at interface `index` since the capture began."""
    body = struct.pack("<III", index, time >> 32, time & 0xFFFFFFFF)
    return block(STATISTICS, body + ended(option(ISB_OSDROP, struct.pack("<Q", dropped))))
