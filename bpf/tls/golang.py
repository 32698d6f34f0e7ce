"""Go's crypto/tls, by the function table that every Go program carries (runtime/symtab.go, debug/gosym/pclntab.go)."""

from __future__ import annotations

import re
import struct

from . import x86
from .elf import Elf, finds
from .found import Found

BUILD_INFO = b"\xff Go buildinf:"
NAMES = {
    "crypto/tls.(*Conn).Read": "Conn.Read",
    "crypto/tls.(*Conn).Write": "Conn.Write",
    "crypto/tls.(*Conn).Close": "Conn.Close",
}
MAGICS = (b"\xf1\xff\xff\xff\0\0\x01\x08", b"\xf0\xff\xff\xff\0\0\x01\x08")  # Go 1.20 and later, Go 1.18
STACK_CHECK = b"\x66\x10"  # of `cmp rsp, [r14+0x10]`, or r12 in r12's place: r14 is the goroutine since Go 1.17
RET = 0xC3
START = 1 << 20


def find(elf: Elf) -> Found | None:
    """Conn.Read, Conn.Write and Conn.Close, with the places where the first two return."""
    if _build_info(elf) < 0:
        return None
    table = _table(elf)
    if table is None:
        return Found("go", "pclntab", refused="no function table of Go 1.18 or later")
    if not any(True for _ in finds(elf.data, b"crypto/tls.(*Conn).Write\0", table, len(elf.data))):
        return None
    bounds = _bounds(elf, table)
    missing = [name for name in NAMES if name not in bounds]
    if missing:
        return Found("go", "pclntab", refused="not in the function table: " + ", ".join(missing))
    functions, returns = {}, {}
    for name, (start, end) in bounds.items():
        code = elf.bytes_at(start, end - start)
        if STACK_CHECK not in code[:24]:
            return Found("go", "pclntab", refused=f"{name} does not begin as Go functions do")
        functions[NAMES[name]] = elf.offset(start)
        if name.endswith("Close"):
            continue
        instructions = list(x86.walk(code))
        if not instructions or instructions[-1].at + instructions[-1].size != len(code):
            return Found("go", "pclntab", refused=f"{name} could not be read as instructions")
        returns[NAMES[name]] = [elf.offset(start + i.at) for i in instructions if i.map == 0 and i.opcode == RET]
    return Found("go", "pclntab", functions, returns, library=_version(elf))


def _build_info(elf: Elf) -> int:
    """The linker puts it at the beginning of the data."""
    places = (p for s in elf.segments for p in finds(elf.data, BUILD_INFO, s.offset, s.offset + min(s.size, START)))
    return max(places, default=-1)


def _table(elf: Elf) -> int | None:
    for s in elf.segments:
        for magic in MAGICS:
            for at in finds(elf.data, magic, s.offset, s.offset + s.size):
                if _plausible(elf, at):
                    return at
    return None


def _plausible(elf: Elf, at: int) -> bool:
    if at + 72 > len(elf.data):
        return False
    count, _, _, names, *_, functions = struct.unpack_from("<8Q", elf.data, at + 8)
    return bool(0 < count < 1 << 22 and 72 <= names < functions < len(elf.data) - at)


def _bounds(elf: Elf, at: int) -> dict[str, tuple[int, int]]:
    """First and end address of each of our functions."""
    count, _, text, names, *_, functions = struct.unpack_from("<8Q", elf.data, at + 8)
    d = elf.data
    wanted = {}
    for name in NAMES:
        place = next(finds(d, b"\0" + name.encode() + b"\0", at + names, at + functions), None)
        if place is not None:
            wanted[place + 1 - at - names] = name
    if not any(s.va <= text < s.va + s.size for s in elf.code):  # not relocated yet, or no longer recorded (Go 1.26)
        text = elf.code[0].va if elf.code else 0
        text = next(
            (va for _, _, _, va, off, size, *_ in elf.sections if va >= text and _is_text(elf, off, size)), text
        )
    base = at + functions
    table = d[base : base + 8 * count + 4]
    out = {}
    for i in range(count):
        entry, info = struct.unpack_from("<II", table, 8 * i)
        if base + info + 8 > len(d):
            continue
        function = wanted.get(struct.unpack_from("<i", d, base + info + 4)[0])
        if function:
            out[function] = (text + entry, text + struct.unpack_from("<I", table, 8 * i + 8)[0])
    return out


def _is_text(elf: Elf, offset: int, size: int) -> bool:
    return size > 1 << 16 and any(s.offset <= offset < s.offset + s.size for s in elf.code)


def _version(elf: Elf) -> str:
    at = _build_info(elf)
    m = re.search(rb"go(1\.\d+(?:\.\d+)?)", elf.data[at : at + 256])
    return f"Go {m[1].decode()}" if m else "Go"
