"""Options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5): code, length, value, padded to four bytes."""

import struct
from collections.abc import Iterator

from ..model.packet import Buffer

END = 0
COMMENT = 1
IF_NAME = 2
IF_DESCRIPTION = 3
IF_TSRESOL = 9
IF_TSOFFSET = 14
EPB_DROPCOUNT = 4
EPB_PROCESS_THREAD = 8
ISB_IFDROP = 5
ISB_OSDROP = 7


def options(data: Buffer, start: int, end: int, order: str) -> Iterator[tuple[int, bytes]]:
    """The options in ``data[start:end]``; ends quietly where one does not fit."""
    head = struct.Struct(order + "HH").unpack_from
    while start + 4 <= end:
        code, length = head(data, start)
        value = start + 4
        if code == END or value + length > end:
            return
        yield code, bytes(data[value : value + length])
        start = value + (length + 3 & ~3)


def number(value: bytes, order: str) -> int:
    """An unsigned number of any width."""
    return int.from_bytes(value, "little" if order == "<" else "big")


def text(value: bytes) -> str:
    return value.decode("utf-8", "replace").rstrip("\0")


def units(value: bytes) -> int | None:
    """Clock units in a second, of an if_tsresol value: a power of ten, or of two if its upper bit is set."""
    if len(value) != 1:
        return None
    exponent = value[0] & 0x7F
    base = 2 if value[0] & 0x80 else 10
    return int(base**exponent)
