"""Columns of integers as few bytes: differences, each column in the smallest integers that hold them."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..model.packet import Ints

Table = NDArray[np.int64]
"""Columns of equal length, one in each row: shape (columns, values)."""
WIDTHS = (("", 1), ("u1", 1 << 8), ("u2", 1 << 16), ("u4", 1 << 32))


class _Packed(msgspec.Struct, array_like=True):
    """For each column: its name, first value, least difference, and what each difference is above that.

    `kinds` are the types of `data`; "" where all differences are equal.
    """

    count: int
    names: tuple[str, ...]
    starts: list[int]
    least: list[int]
    kinds: list[str]
    data: list[bytes]


_decode = msgspec.msgpack.Decoder(_Packed).decode


def pack(names: tuple[str, ...], table: Table) -> bytes:
    """The columns of `table`, ready for compression. Values are within ±2^62."""
    steps = table[:, 1:] - table[:, :-1]
    if not steps.size:
        starts = table[:, 0].tolist() if table.size else []
        return msgspec.msgpack.encode(_Packed(table.shape[1], names, starts, [0] * len(names), [""] * len(names), []))
    least = steps.min(axis=1)
    spread = (steps.max(axis=1) - least).tolist()
    steps -= least[:, None]
    kinds = [next((kind for kind, limit in WIDTHS if width < limit), "u8") for width in spread]
    data = [row.astype(f"<{kind}").tobytes() for kind, row in zip(kinds, steps, strict=True) if kind]
    return msgspec.msgpack.encode(_Packed(table.shape[1], names, table[:, 0].tolist(), least.tolist(), kinds, data))


def unpack(packed: bytes) -> dict[str, Ints]:
    """The columns that were given to `pack`, by name."""
    table = _decode(packed)
    columns: dict[str, Ints] = {}
    data = iter(table.data)
    for place, (name, kind) in enumerate(zip(table.names, table.kinds, strict=True)):
        values = np.empty(table.count, np.int64)
        if table.count:
            values[0] = table.starts[place]
            values[1:] = np.frombuffer(next(data), f"<{kind}") if kind else 0
            values[1:] += table.least[place]
            np.cumsum(values, out=values)
        columns[name] = values
    return columns
