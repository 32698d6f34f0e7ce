"""Where functions begin, for addresses inside them.

From the unwind table where it covers the code. Else by padding: linkers fill the gap before a function with int3, and
code that leads from there to the address without a break is one function. Else by calls: the nearest 16-aligned target
of one before the address.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from . import x86
from .elf import Elf, ranges

REACH = 0x4000  # how far before one of its instructions a function may begin
BEYOND = 0x800  # of its code after the address, in which a branch may lead back
INT3 = 0xCC
ENDS = frozenset(((0, 0xC2), (0, 0xC3), (0, 0xE9), (0, 0xEB), (0, 0xF4), (1, 0x0B)))  # ret, jmp, hlt, ud2
PADDING = frozenset(((0, 0x90), (1, 0x1F)))  # nop


def function_starts(elf: Elf, sites: Iterable[int]) -> dict[int, int]:
    """Start of the function that holds each address, as far as it can be told."""
    sites = sorted(set(sites))
    table = _UnwindTable(elf)
    if len(table) << 12 >= sum(s.size for s in elf.code):  # a function in 4 KB at least, or the table is partial
        return _nearest(sites, table)
    out, left = {}, []
    for site in sites:
        start = _padded_start(elf, site)
        if start is None:
            left.append(site)
        else:
            out[site] = start
    return {**out, **_nearest(left, _called(elf, left))}


def _nearest(sites: list[int], starts: Sequence[int]) -> dict[int, int]:
    out = {}
    for site in sites:
        i = bisect_right(starts, site) - 1
        if i >= 0 and site - starts[i] <= REACH:
            out[site] = starts[i]
    return out


class _UnwindTable(Sequence[int]):
    """Starts in .eh_frame_hdr (LSB Core, "Exception Frames"), if it has the sorted table that linkers write."""

    def __init__(self, elf: Elf) -> None:
        self._data, self._count = elf.data, 0
        self._at, self._va = elf.eh_frame_hdr or (0, 0)
        if self._at and self._data[self._at + 1 : self._at + 4] == b"\x1b\x03\x3b":
            count = int.from_bytes(self._data[self._at + 8 : self._at + 12], "little")
            self._count = min(count, (len(self._data) - self._at - 12) // 8)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> int:  # type: ignore[override]
        if not 0 <= i < self._count:
            raise IndexError(i)
        return self._va + int(struct.unpack_from("<i", self._data, self._at + 12 + 8 * i)[0])


def _padded_start(elf: Elf, site: int) -> int | None:
    """The first aligned address after the nearest int3 padding, if nothing in between can be another function."""
    code = elf.bytes_at(site - REACH, REACH + BEYOND)
    if len(code) < REACH + 16:
        return None
    start = next((i for i in range(REACH - (site & 15), 0, -16) if code[i - 1] == INT3 and code[i] != INT3), None)
    if start is None:
        return None
    aligned, ended, met, targets = set(), False, False, set()
    for ins in x86.walk(code, start):
        if (ins.map, ins.opcode) == (0, INT3) and ins.at > REACH:
            break
        met |= ins.at == REACH
        if ended and ins.at <= REACH and (site - REACH + ins.at) & 15 == 0:
            aligned.add(ins.at)
        ended = (ins.map, ins.opcode) in ENDS or (ended and (ins.map, ins.opcode) in PADDING)
        if ins.target is not None and ins.opcode not in (0xE8, 0xE9):  # those may lead to another function
            targets.add(ins.target)
    return site - REACH + start if met and aligned <= targets else None


def _called(elf: Elf, sites: list[int]) -> list[int]:
    found: set[int] = set()
    for low, high in ranges(sites, REACH):
        found.update(to for _, to in elf.relative(_is_call, low - REACH, high) if to & 15 == 0)
    return sorted(found)


def _is_call(code: bytes, at: int) -> bool:
    return code[at - 1] == 0xE8
