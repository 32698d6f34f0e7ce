"""What the finders ask of an x86-64 ELF file: segments, symbols, strings, and the code that refers to an address.

Layouts follow the System V ABI (gABI chapters 4 and 5, AMD64 supplement). Addresses are the file's own virtual
addresses; `offset` turns them into places in the file, which is what a uprobe takes.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import NamedTuple

from .sharing import shared_out

PT_LOAD, PT_GNU_EH_FRAME = 1, 0x6474E550
ET_EXEC, EM_X86_64, STT_FUNC = 2, 62, 2
SHT_SYMTAB, SHT_DYNSYM = 2, 11
BLOCK = 1 << 20  # code is searched in blocks: within one, the upper bytes of a displacement hardly vary
LEA = rb"\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]"  # lea r64, [rip + disp32], after its REX prefix
CALL = rb"\xe8"  # call rel32
REACH = 0x4000  # how far before one of its instructions a function may begin


class NotElf(ValueError):
    """Not a 64-bit little-endian x86-64 ELF file, or a damaged one."""


class Segment(NamedTuple):
    va: int
    offset: int
    size: int
    executable: bool
    writable: bool


class Elf:
    """One file, mapped. Use as a context manager."""

    def __init__(self, fd: int) -> None:
        if os.fstat(fd).st_size < 64:
            raise NotElf("too short")
        self.data = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
        try:
            self._read_heads()
        except (struct.error, IndexError) as e:
            self.data.close()
            raise NotElf(str(e)) from e

    def _read_heads(self) -> None:
        d = self.data
        if d[:6] != b"\x7fELF\x02\x01":
            raise IndexError("not a 64-bit little-endian ELF file")
        self.kind, machine = struct.unpack_from("<HH", d, 16)
        if machine != EM_X86_64:
            raise IndexError("not x86-64")
        at, sections_at = struct.unpack_from("<QQ", d, 32)
        size, count, section_size, section_count = struct.unpack_from("<HHHH", d, 54)
        heads = [struct.unpack_from("<IIQQQQ", d, at + i * size) for i in range(count)]
        self.segments = [
            Segment(va, off, min(n, len(d) - off), bool(flags & 1), bool(flags & 2))
            for kind, flags, off, va, _, n in heads
            if kind == PT_LOAD
        ]
        self.code = [s for s in self.segments if s.executable]
        constant = [s for s in self.segments if not s.writable]
        apart = [s for s in constant if not s.executable]
        # linkers put constants into a segment of their own, or (without -z separate-code) beside the code
        self.constants = apart if sum(s.size for s in apart) > 1 << 14 else constant
        self.eh_frame_hdr = next(((off, va) for kind, _, off, va, _, _ in heads if kind == PT_GNU_EH_FRAME), None)
        self.sections = (
            [struct.unpack_from("<IIQQQQII", d, sections_at + i * section_size) for i in range(section_count)]
            if sections_at and sections_at + section_count * section_size <= len(d)
            else []
        )

    def __enter__(self) -> Elf:
        return self

    def __exit__(self, *_: object) -> None:
        self.data.close()

    def va(self, offset: int) -> int | None:
        return next((s.va + offset - s.offset for s in self.segments if s.offset <= offset < s.offset + s.size), None)

    def offset(self, va: int) -> int:
        """Place in the file. Raises KeyError outside what is loaded from it."""
        for s in self.segments:
            if s.va <= va < s.va + s.size:
                return s.offset + va - s.va
        raise KeyError(va)

    def bytes_at(self, va: int, n: int) -> bytes:
        try:
            o = self.offset(va)
        except KeyError:
            return b""
        return self.data[o : o + n]

    def symbols(self, wanted: Iterable[str]) -> dict[str, int]:
        """Addresses of functions in the symbol tables, by name (versions ignored)."""
        out: dict[str, int] = {}
        for _, kind, _, _, at, size, link, _ in self.sections:
            if kind not in (SHT_SYMTAB, SHT_DYNSYM) or link >= len(self.sections):
                continue
            names, length = self.sections[link][4], self.sections[link][5]
            by_place = {}
            for name in wanted:
                place = self.data.find(b"\0" + name.encode() + b"\0", names, names + length)
                if place >= 0 and name not in out:
                    by_place[place + 1 - names] = name
            if not by_place:
                continue
            table = self.data[at : at + size - size % 24]
            for name_at, info, _, _, value, _ in struct.iter_unpack("<IBBHQQ", table):
                if name_at in by_place and value and info & 15 == STT_FUNC:
                    out[by_place[name_at]] = value
        return out

    def has(self, text: bytes) -> bool:
        return any(self.data.find(text, s.offset, s.offset + s.size) >= 0 for s in self.constants)

    def strings(self, text: bytes, whole: bool = True) -> list[int]:
        """Addresses of NUL-terminated strings that are `text`, or (not whole) that end in it."""
        out = []
        for s in self.constants:
            end = s.offset + s.size
            i = self.data.find(text + b"\0", s.offset, end)
            while i >= 0:
                start = self.data.rfind(b"\0", max(s.offset, i - 256), i) + 1
                if not whole or start == i:
                    out.append(s.va + start - s.offset)
                i = self.data.find(text + b"\0", i + 1, end)
        return out

    def references(self, targets: Iterable[int]) -> dict[int, list[int]]:
        """Instructions that load each target: RIP-relative lea, `mov r32, imm32` in fixed executables."""
        out: dict[int, list[int]] = {t: [] for t in targets}
        for site, to in self._relative(LEA, sorted(out), out.__contains__):
            out[to].append(site - 1)
        for target in out if self.kind == ET_EXEC else ():
            immediate = struct.pack("<Q", target)[:4]
            for s in self.code if target < 1 << 31 else ():
                at = self.data.find(immediate, s.offset, s.offset + s.size)
                while at >= 0:
                    if 0xB8 <= self.data[at - 1] <= 0xBF:
                        out[target].append(s.va + at - 1 - s.offset)
                    at = self.data.find(immediate, at + 1, s.offset + s.size)
        return out

    def _relative(self, opcode: bytes, targets: list[int], wanted: Callable[[int], bool]) -> list[tuple[int, int]]:
        """(site, target) of instructions `opcode disp32` whose target is wanted; `targets` (sorted) bound it."""
        if not targets:
            return []
        blocks = [(s, start) for s in self.code for start in range(s.offset, s.offset + s.size, BLOCK)]
        return shared_out(blocks, lambda block: self._relative_in(*block, opcode, targets, wanted))

    def _relative_in(
        self, s: Segment, start: int, opcode: bytes, targets: list[int], wanted: Callable[[int], bool]
    ) -> list[tuple[int, int]]:
        """Within a block the two upper bytes of the displacement towards a target take few values.

        They select in the regular expression's own loop, and little is left to look at in Python.
        """
        stop, slide = min(start + BLOCK, s.offset + s.size), s.va - s.offset
        uppers: set[int] = set()
        for t in targets:
            low, high = t - (stop + slide) - 8, t - (start + slide)
            if low >= -(1 << 31) and high < 1 << 31:
                uppers.update(u & 0xFFFF for u in range(low >> 16, (high >> 16) + 1))
        if not uppers:
            return []
        pattern = re.compile(opcode + rb"(..(?:" + _pairs(uppers) + rb"))", re.S)
        out = []
        for m in pattern.finditer(self.data, start, min(stop + 8, s.offset + s.size)):
            to = slide + m.end() + int.from_bytes(m[1], "little", signed=True)
            if wanted(to):
                out.append((slide + m.start(), to))
        return out

    def function_starts(self, sites: Iterable[int]) -> dict[int, int]:
        """Start of the function that holds each address, as far as it can be told.

        From the unwind table where it covers the code, else the nearest 16-aligned target of a direct call before it.
        """
        sites = sorted(set(sites))
        starts = self._unwind_starts() if sites else []
        if len(starts) << 12 < sum(s.size for s in self.code):  # a function in 4 KB at least, or the table is partial
            starts = sorted({*starts, *self._call_targets(sites)})
        out = {}
        for site in sites:
            i = bisect_right(starts, site) - 1
            if i >= 0 and site - starts[i] <= REACH:
                out[site] = starts[i]
        return out

    def _unwind_starts(self) -> list[int]:
        """Starts in .eh_frame_hdr (LSB Core, "Exception Frames"), if it has the sorted table that linkers write."""
        if not self.eh_frame_hdr:
            return []
        at, va = self.eh_frame_hdr
        if self.data[at + 1 : at + 4] != b"\x1b\x03\x3b":
            return []
        count = int.from_bytes(self.data[at + 8 : at + 12], "little")
        table = self.data[at + 12 : at + 12 + 8 * count]
        return [va + start for start, _ in struct.iter_unpack("<ii", table[: len(table) & ~7])]

    def _call_targets(self, sites: list[int]) -> set[int]:
        pages = {page for site in sites for page in range((site - REACH) >> 12, (site >> 12) + 1)}
        near = [page << 12 for page in sorted(pages)]
        return {to for _, to in self._relative(CALL, near, lambda to: to & 15 == 0 and to >> 12 in pages)}


def _pairs(uppers: set[int]) -> bytes:
    """A pattern for two bytes, little-endian, that are one of these numbers."""
    by_high: dict[int, list[int]] = {}
    for u in uppers:
        by_high.setdefault(u >> 8, []).append(u & 255)
    return b"|".join(
        b"[" + b"".join(re.escape(bytes([low])) for low in sorted(lows)) + b"]" + re.escape(bytes([high]))
        for high, lows in by_high.items()
    )
