"""Columns of integers as few bytes: differences, each column in the smallest integers that hold them."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..model.packet import Ints
from .packed import KINDS, Packed, decode

Table = NDArray[np.int64]
"""Columns of equal length, one in each row: shape (columns, values)."""
AT_ONCE = 1 << 15
"""Values packed at once: what has room in the processor's nearest cache."""


_encode = msgspec.msgpack.Encoder().encode


def pack(names: tuple[str, ...], table: Table) -> bytes:
    """The columns of `table`, ready for compression. Values are within ±2^62."""
    count = table.shape[1]
    packed = Packed(count, names, table[:, 0].tolist() if count else [], [], [], [])
    if count < 2:
        packed.least, packed.kinds = [0] * len(names), [""] * len(names)
        return _encode(packed)
    rows = max(1, AT_ONCE // count)
    for first in range(0, len(table), rows):
        _pack_steps(packed, table[first : first + rows])
    return _encode(packed)


def _pack_steps(packed: Packed, table: Table) -> None:
    steps = table[:, 1:] - table[:, :-1]
    least = steps.min(axis=1)
    widths = (steps.max(axis=1) - least).tolist()
    steps -= least[:, None]
    packed.least += least.tolist()
    for width, row in zip(widths, steps, strict=True):
        kind = KINDS[(width.bit_length() + 7) >> 3]
        packed.kinds.append(kind)
        if kind:
            packed.data.append(row.astype(kind).tobytes())


def unpack(packed: bytes) -> dict[str, Ints]:
    """The columns that were given to `pack`, by name."""
    table = decode(packed)
    columns: dict[str, Ints] = {}
    data = iter(table.data)
    for place, (name, kind) in enumerate(zip(table.names, table.kinds, strict=True)):
        values = np.empty(table.count, np.int64)
        if table.count:
            values[0] = table.starts[place]
            values[1:] = np.frombuffer(next(data), kind) if kind else 0
            values[1:] += table.least[place]
            np.cumsum(values, out=values)
        columns[name] = values
    return columns
