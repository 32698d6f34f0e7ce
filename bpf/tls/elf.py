"""What the finders ask of an x86-64 ELF file: segments, symbols, strings, and the code that refers to an address.

Layouts follow the System V ABI (gABI chapters 4 and 5, AMD64 supplement). Addresses are the file's own virtual
addresses; `offset` turns them into places in the file, which is what a uprobe takes.
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .sharing import shared_out

PT_LOAD, PT_GNU_EH_FRAME = 1, 0x6474E550
ET_EXEC, EM_X86_64, STT_FUNC = 2, 62, 2
SHT_SYMTAB, SHT_DYNSYM = 2, 11
PART = 4 << 20  # of code, for one process to search
HALF = 1 << 16


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

    def symbols(self, wanted: Sequence[str]) -> dict[str, int]:
        """Addresses of functions in the symbol tables, by name (versions ignored)."""
        out: dict[str, int] = {}
        for _, kind, _, _, at, size, link, _ in self.sections:
            if kind not in (SHT_SYMTAB, SHT_DYNSYM) or link >= len(self.sections) or len(out) == len(wanted):
                continue
            names, length = self.sections[link][4], self.sections[link][5]
            by_place = {}
            for name in wanted:
                place = next(finds(self.data, b"\0" + name.encode() + b"\0", names, names + length), None)
                if place is not None and name not in out:
                    by_place[place + 1 - names] = name
            if not by_place:
                continue
            table = self.data[at : at + size - size % 24]
            for name_at, info, _, _, value, _ in struct.iter_unpack("<IBBHQQ", table):
                if name_at in by_place and value and info & 15 == STT_FUNC:
                    out[by_place[name_at]] = value
        return out

    def has(self, text: bytes) -> bool:
        return any(True for s in self.constants for _ in finds(self.data, text, s.offset, s.offset + s.size))

    def strings(self, text: bytes, whole: bool = True) -> list[int]:
        """Addresses of NUL-terminated strings that are `text`, or (not whole) that end in it."""
        out = []
        for s in self.constants:
            for i in finds(self.data, text + b"\0", s.offset, s.offset + s.size):
                start = self.data.rfind(b"\0", max(s.offset, i - 256), i) + 1
                if not whole or start == i:
                    out.append(s.va + start - s.offset)
        return out

    def references(self, targets: Iterable[int]) -> dict[int, list[int]]:
        """Instructions that load each target: `mov r32, imm32` in fixed executables, else RIP-relative lea.

        Code is compiled for a fixed place or for any, so what is loaded as a number once is loaded so throughout.
        """
        out = {t: self._immediates(t) for t in targets}
        for low, high in ranges((t for t, sites in out.items() if not sites), HALF):
            for at, to in self.relative(is_lea, low, high):
                if to in out:
                    out[to].append(at - 3)
        return out

    def _immediates(self, target: int) -> list[int]:
        if self.kind != ET_EXEC or target >> 31:
            return []
        number, out = struct.pack("<I", target), []
        for s in self.code:
            for at in finds(self.data, number, s.offset, s.offset + s.size):
                if self.data[at - 1] & 0xF8 == 0xB8:
                    out.append(s.va + at - 1 - s.offset)
        return out

    def relative(self, fits: Callable[[bytes, int], bool], low: int, high: int) -> list[tuple[int, int]]:
        """(place, target) of displacements whose target lies from `low` to `high`.

        `fits(code, at)` says whether what stands before code[at] is the instruction meant.
        """
        parts = [(s, start) for s in self.code for start in range(s.offset, s.offset + s.size, PART)]
        return shared_out(parts, lambda part: self._relative_in(*part, fits, low, high))

    def _relative_in(
        self, s: Segment, start: int, fits: Callable[[bytes, int], bool], low: int, high: int
    ) -> list[tuple[int, int]]:
        """An instruction's place fixes the upper half of its displacement, but for 64 KB: that is what is sought."""
        stop, slide, out = min(start + PART, s.offset + s.size), s.va - s.offset, []
        for upper in range((low - stop - slide) >> 16, ((high - start - slide) >> 16) + 1):
            if not -HALF // 2 <= upper < HALF // 2:
                continue
            wanted, base = struct.pack("<h", upper), upper << 16
            first = max(start, low - base - HALF + 1 - slide, s.offset + 8)  # ends of instructions that may have it
            last = min(stop - 1, high - base - slide)
            code = self.data[first - 8 : last]
            at = code.find(wanted, 6)
            while at >= 0:
                if fits(code, at - 2):
                    end = slide + first - 8 + at + 2
                    to = end + base + int.from_bytes(code[at - 2 : at], "little")
                    if low <= to <= high:
                        out.append((end - 4, to))
                at = code.find(wanted, at + 1)
        return out


def is_lea(code: bytes, at: int) -> bool:
    return code[at - 2] == 0x8D and code[at - 1] & 0xC7 == 0x05  # ModRM: no base but RIP


def finds(data: mmap.mmap, text: bytes, start: int, stop: int) -> Iterator[int]:
    """Where `text` stands. (mmap.find compares byte by byte; a regular expression's search is six times as fast.)"""
    return (m.start() for m in re.compile(re.escape(text)).finditer(data, start, stop))


def ranges(numbers: Iterable[int], gap: int) -> Iterator[tuple[int, int]]:
    """Least and greatest of each group of numbers with no greater gap."""
    group: list[int] = []
    for n in sorted(numbers):
        if group and n - group[-1] > gap:
            yield group[0], group[-1]
            group = []
        group.append(n)
    if group:
        yield group[0], group[-1]
