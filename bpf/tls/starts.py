"""Where functions begin, for addresses inside them.

From the unwind table where it covers the address. Else by padding: linkers fill the gap before a function with int3,
and code that leads from there to the address without a break is one function. Else by calls: the nearest target of one
before the address.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import Counter
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
    table, out, left = _UnwindTable(elf), {}, []
    for site in sorted(set(sites)):
        start = table.start_of(site) or _padded_start(elf, site)
        if start is None:
            left.append(site)
        else:
            out[site] = start
    called = _called(elf, left)
    for site in left:
        i = bisect_right(called, site) - 1
        if i >= 0 and site - called[i] <= REACH:
            out[site] = called[i]
    return out


class _UnwindTable(Sequence[int]):
    """Starts in .eh_frame_hdr (LSB Core, "Exception Frames"), if it has the sorted table that linkers write."""

    def __init__(self, elf: Elf) -> None:
        self._elf, self._count = elf, 0
        self._at, self._va = elf.eh_frame_hdr or (0, 0)
        if self._at and elf.data[self._at + 1 : self._at + 4] == b"\x1b\x03\x3b":
            count = int.from_bytes(elf.data[self._at + 8 : self._at + 12], "little")
            self._count = min(count, (len(elf.data) - self._at - 12) // 8)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: int) -> int:  # type: ignore[override]
        if not 0 <= i < self._count:
            raise IndexError(i)
        return self._entry(i)[0]

    def _entry(self, i: int) -> tuple[int, int]:
        start, description = struct.unpack_from("<ii", self._elf.data, self._at + 12 + 8 * i)
        return self._va + start, self._va + description

    def start_of(self, site: int) -> int | None:
        """Of the function that the table says holds this address: it may cover some of the code only."""
        i = bisect_right(self, site) - 1
        if i < 0:
            return None
        start, description = self._entry(i)
        size = self._elf.bytes_at(description + 12, 4)  # after length, CIE and start, each of four bytes
        return start if site < start + int.from_bytes(size, "little") else None


def _padded_start(elf: Elf, site: int) -> int | None:
    """The first aligned address after the nearest int3 padding, if nothing in between can be another function.

    After a ret or jmp comes another function, or a block to which a branch leads.
    """
    code = elf.bytes_at(site - REACH, REACH + BEYOND)
    if len(code) < REACH + 16:
        return None
    start = next((i for i in range(REACH - (site & 15), 0, -16) if code[i - 1] == INT3 and code[i] != INT3), None)
    if start is None:
        return None
    afresh, ended, met, targets = set(), False, False, set()
    for ins in x86.walk(code, start):
        if (ins.map, ins.opcode) == (0, INT3) and ins.at > REACH:
            break
        met |= ins.at == REACH
        kind = ins.map, ins.opcode
        if ended and ins.at <= REACH and kind not in PADDING:
            afresh.add(ins.at)
        ended = kind in ENDS or (ended and kind in PADDING)
        if ins.target is not None and ins.opcode not in (0xE8, 0xE9):  # those may lead to another function
            targets.add(ins.target)
    return site - REACH + start if met and afresh <= targets else None


def _called(elf: Elf, sites: list[int]) -> list[int]:
    """Targets of calls before the sites that can be functions.

    An E8 inside another instruction calls anything. Functions are aligned, or (optimised for size) follow an end.
    """
    found = Counter(to for low, high in ranges(sites, REACH) for _, to in elf.relative(_is_call, low - REACH, high))
    aligned = [to for to in found if to & 15 == 0]
    if len(aligned) * 2 > len(found):
        return sorted(aligned)
    return sorted(to for to in found if _follows_an_end(elf.bytes_at(to - 5, 5)))


def _follows_an_end(code: bytes) -> bool:
    return (
        code[-1:] in (b"\xc3", b"\xcc", b"\x90")
        or code[:1] in (b"\xe9", b"\xe8")
        or code[-2:-1] == b"\xeb"
        or code[-2:] == b"\x0f\x0b"
    )


def _is_call(code: bytes, at: int) -> bool:
    return code[at - 1] == 0xE8
