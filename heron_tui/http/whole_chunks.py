"""The way through a chunked body (RFC 9112 7.1) that looks at many of its chunks at once."""

import re
from itertools import repeat
from operator import ne

import numpy as np

from ..model.packet import Ints

NONE: Ints = np.zeros(0, np.int64)

# Between the data of two chunks: a line end, the size of the next chunk, a line end. The last chunk's zero is none.
BETWEEN = re.compile(rb"\r\n(?!0+\r)([0-9a-fA-F]{1,7})\r\n")


def whole_chunks(data: bytes) -> tuple[list[bytes], Ints]:
    """The chunks that `data` begins with: what each holds, and where in `data` that begins.

    Only chunks are told of which all is there, up to the line end behind them, and whose lines are digits alone. It
    stops at the first other one, and at one whose data looks as if a chunk began in it.

    All that stands between chunks is taken for that at first; a chunk is right if the one before it is and its data
    has the size that its line says.
    """
    before, *parts = BETWEEN.split(b"\r\n" + data)
    if before or not parts:
        return [], NONE
    lines, held = parts[::2], parts[1::2]
    said = list(map(int, lines, repeat(16)))
    count = len(held) - 1
    if said[:count] != list(map(len, held[:count])):
        count = list(map(ne, said, map(len, held))).index(True)
    # The last one is not followed by a plain chunk; it is whole if a line end stands where its data must end.
    size, last = said[count], held[count]
    if last.startswith(b"\r\n", size):
        held[count] = last[:size]
        count += 1
    sizes = np.array(said[:count], np.int64)
    ahead = np.fromiter(map(len, lines), np.int64, count) + 4
    return held[:count], (sizes + ahead).cumsum() - sizes - 2
