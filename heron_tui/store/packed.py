"""Columns of integers as they are kept (`packing` makes them), and a few of their values without NumPy.

Loading NumPy takes longer than all that stands between opening a store and its first page of packets.
"""

import struct
from itertools import accumulate

import msgspec

KINDS = ("", "<u1", "<u2", "<u4", "<u4", "<u8", "<u8", "<u8", "<u8")
"""The integers that hold a number, by how many bytes it has."""
CODES = {"<u1": "B", "<u2": "H", "<u4": "I", "<u8": "Q"}
"""The same as `struct` calls them."""


class Packed(msgspec.Struct, array_like=True):
    """For each column: its name, first value, least difference, and what each difference is above that.

    `kinds` are the types of `data`; "" where all differences are equal.
    """

    count: int
    names: tuple[str, ...]
    starts: list[int]
    least: list[int]
    kinds: list[str]
    data: list[bytes]

    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[int]:
        """The values of a column at places [start, stop)."""
        stop = self.count if stop is None else min(stop, self.count)
        if start >= stop:
            return []
        place = self.names.index(name)
        least, kind = self.least[place], self.kinds[place]
        first = self.starts[place] + least * start
        if not kind:
            return [first + least * steps for steps in range(stop - start)]
        code, data = CODES[kind], self.data[sum(map(bool, self.kinds[:place]))]
        before = struct.unpack_from(f"<{start}{code}", data)
        steps = struct.unpack_from(f"<{stop - start - 1}{code}", data, start * struct.calcsize(f"<{code}"))
        return list(accumulate((least + step for step in steps), initial=first + sum(before)))


decode = msgspec.msgpack.Decoder(Packed).decode
"""What `packing.pack` made."""
