"""The way through a chunked body (RFC 9112 7.1) that looks at all of its chunks at once."""

import numpy as np

from ..model.packet import Ints

CR, LF = b"\r\n"
DIGITS = 7
"""Digits of the largest size that is read here."""
VALUE: Ints = np.full(256, 1 << 36, np.int64)
"""A hexadecimal digit's value; beyond any size for other bytes."""
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    VALUE[list(_digits)] = np.arange(16)


def whole_chunks(data: bytes, pos: int) -> tuple[Ints, Ints]:
    """Where the data of chunks begins and ends, from the chunk line at `pos` on.

    Only chunks are told of which all is there, up to the line end behind them, which have no extension and hold no
    CRLF: then the bytes are chunk line, data, chunk line, data, each up to a CRLF. It stops at the first other one.
    """
    octets = np.frombuffer(data, np.uint8)
    feeds = np.flatnonzero(octets[pos:] == LF) + pos
    if len(feeds) and feeds[0] == pos:
        feeds = feeds[1:]
    feeds = feeds[octets[feeds - 1] == CR]
    count = len(feeds) // 2
    begins, ends = feeds[: 2 * count : 2] + 1, feeds[1 : 2 * count : 2] - 1
    starts = np.empty(count, np.int64)
    starts[:1] = pos
    starts[1:] = ends[:-1] + 2
    digits = begins - 2 - starts
    said = np.zeros(count, np.int64)
    for digit in range(min(int(digits.max(initial=0)), DIGITS)):
        more = digits > digit
        said = np.where(more, said * 16 + VALUE[octets[np.minimum(starts + digit, len(data) - 1)]], said)
    good = (said == ends - begins) & (said > 0) & (digits > 0) & (digits <= DIGITS)
    if not good.all():
        count = int(good.argmin())
    return begins[:count], ends[:count]
