"""Columns of integers as few bytes: small numbers instead of large ones, ready for compression."""

from collections.abc import Mapping

import msgspec
import numpy as np

from ..model.packet import Ints

WIDTHS = (("u1", 1 << 8), ("u2", 1 << 16), ("u4", 1 << 32))
WIDEST = 1 << 62


class _Column(msgspec.Struct, array_like=True):
    """`kind` is the dtype of `data`, "" where all values are equal; `delta` says that the values are differences.

    `first` is added to all values, `start` stands before the first difference.
    """

    name: str
    kind: str
    delta: bool
    first: int
    start: int
    count: int
    data: bytes


_decode = msgspec.msgpack.Decoder(list[_Column]).decode


def pack(columns: Mapping[str, Ints]) -> bytes:
    """Columns, each by itself, as they are or as differences, whichever needs the smaller integers."""
    return msgspec.msgpack.encode([_column(name, values) for name, values in columns.items()])


def unpack(packed: bytes) -> dict[str, Ints]:
    """The columns that were given to `pack`."""
    return {column.name: _values(column) for column in _decode(packed)}


def _column(name: str, values: Ints) -> _Column:
    if not len(values):
        return _Column(name, "", False, 0, 0, 0, b"")
    low, high = int(values.min()), int(values.max())
    if high - low >= WIDEST:
        return _Column(name, "i8", False, 0, 0, len(values), values.astype("<i8").tobytes())
    kind = _kind(high - low)
    if kind and len(values) > 1:
        steps = np.diff(values)
        least, most = int(steps.min()), int(steps.max())
        narrow = _kind(most - least)
        if narrow < kind:
            data = (steps - least).astype(f"<{narrow}").tobytes() if narrow else b""
            return _Column(name, narrow, True, least, int(values[0]), len(values), data)
    data = (values - low).astype(f"<{kind}").tobytes() if kind else b""
    return _Column(name, kind, False, low, 0, len(values), data)


def _kind(spread: int) -> str:
    """The dtype that holds 0..spread; they sort by width."""
    if spread == 0:
        return ""
    return next((kind for kind, limit in WIDTHS if spread < limit), "u8")


def _values(column: _Column) -> Ints:
    count = column.count - column.delta
    if column.kind:
        values = np.frombuffer(column.data, f"<{column.kind}").astype(np.int64) + column.first
    else:
        values = np.full(count, column.first, np.int64)
    if not column.delta:
        return values
    whole = np.empty(column.count, np.int64)
    whole[0] = column.start
    np.cumsum(values, out=whole[1:])
    whole[1:] += column.start
    return whole
