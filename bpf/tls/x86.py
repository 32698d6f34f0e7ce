"""Lengths of x86-64 instructions, and which of them the kernel emulates under a uprobe.

Opcode maps: Intel SDM volume 2, appendix A. Emulated: `push reg`, `nop`, relative `jmp`, `call` and `jcc`
(arch/x86/kernel/uprobes.c: push_setup_xol_ops, branch_setup_xol_ops); everything else is single-stepped out of line,
which costs a second trap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3")
# One-byte opcodes without ModRM: size of the immediate. "z" is 4, or 2 after the prefix 66.
PLAIN = dict.fromkeys(range(256), 0)
PLAIN.update(dict.fromkeys(range(0x04, 0x40, 8), 1))
PLAIN.update(dict.fromkeys((0x6A, 0xA8, 0xCD, 0xEB, *range(0x70, 0x80), *range(0xB0, 0xB8), *range(0xE0, 0xE8)), 1))
PLAIN.update({0xC2: 2, 0xCA: 2, 0xC8: 3})
PLAIN.update(dict.fromkeys(range(0xA0, 0xA4), 8))
Z_SIZED = frozenset([*range(0x05, 0x40, 8), 0x68, 0xA9, *range(0xB8, 0xC0)])
MODRM = frozenset(
    op
    for op in range(256)
    if (op < 0x40 and op & 7 < 4)
    or (op >> 4 in (0x8, 0xD) and op not in (0xD4, 0xD5, 0xD6, 0xD7))
    or op in bytes.fromhex("63 69 6b c0 c1 c6 c7 f6 f7 fe ff")
)
MODRM_IMM8 = frozenset(bytes.fromhex("6b 80 83 c0 c1 c6"))
MODRM_IMMZ = frozenset(bytes.fromhex("69 81 c7"))
INVALID = frozenset(bytes.fromhex("06 07 0e 16 17 1e 1f 27 2f 37 3f 60 61 82 9a ce d4 d5 d6 ea"))
# Two-byte map (0F xx)
TWO_NO_MODRM = frozenset(
    [*bytes.fromhex("05 06 07 08 09 0b 77 a0 a1 a2 a8 a9 aa"), *range(0x30, 0x38), *range(0xC8, 0xD0)]
)
TWO_IMM8 = frozenset(bytes.fromhex("70 71 72 73 a4 ac ba c2 c4 c5 c6"))


class Instruction(NamedTuple):
    at: int  # index in the code
    size: int
    map: int  # 0 one-byte, 1 0F, 2 0F38, 3 0F3A
    opcode: int
    target: int | None  # of a relative branch, as an index in the code (may lie outside)


def decode(code: bytes, at: int) -> Instruction | None:
    """The instruction at an index, or None if it is cut off or not one."""
    try:
        return _decode(code, at)
    except IndexError:
        return None


def _decode(code: bytes, at: int) -> Instruction | None:
    i, narrow, rex = at, False, 0
    while code[i] in PREFIXES:
        narrow |= code[i] == 0x66
        i += 1
        if i - at > 14:
            return None
    if 0x40 <= code[i] <= 0x4F:
        rex = code[i]
        i += 1
    op, table = code[i], 0
    if op in (0xC4, 0xC5, 0x62):  # VEX, EVEX
        table = 1 if op == 0xC5 else code[i + 1] & (31 if op == 0xC4 else 7)
        i += {0xC5: 2, 0xC4: 3, 0x62: 4}[op]
        op = code[i]
        if table not in (1, 2, 3, 5, 6):
            return None
        has_modrm = not (table == 1 and op == 0x77)
        imm = int(table == 3 or (table == 1 and op in TWO_IMM8))
    elif op == 0x0F:
        i += 1
        op, table = code[i], 1
        if op in (0x38, 0x3A):
            table = 2 if op == 0x38 else 3
            i += 1
            op = code[i]
            has_modrm, imm = True, int(table == 3)
        elif 0x80 <= op <= 0x8F:
            has_modrm, imm = False, 4
        else:
            has_modrm, imm = op not in TWO_NO_MODRM, int(op in TWO_IMM8)
    else:
        if op in INVALID:
            return None
        z = 2 if narrow else 4
        has_modrm = op in MODRM
        if op in (0xE8, 0xE9):
            imm = 4
        elif 0xB8 <= op <= 0xBF and rex & 8:
            imm = 8
        elif has_modrm:
            imm = 1 if op in MODRM_IMM8 else z if op in MODRM_IMMZ else 0
            if op in (0xF6, 0xF7) and code[i + 1] & 0x30 == 0:
                imm = 1 if op == 0xF6 else z
        else:
            imm = z if op in Z_SIZED else PLAIN[op]
    i += 1
    if has_modrm:
        mod, rm = code[i] >> 6, code[i] & 7
        i += 1
        if mod != 3:
            if rm == 4:
                if mod == 0 and code[i] & 7 == 5:
                    i += 4
                i += 1
            elif mod == 0 and rm == 5:
                i += 4
            i += (0, 1, 4)[mod]
    end = i + imm
    if end > len(code):
        return None
    target = None
    if _is_branch(table, op):
        target = end + int.from_bytes(code[i:end], "little", signed=True)
    return Instruction(at, end - at, table, op, target)


def _is_branch(table: int, op: int) -> bool:
    if table == 1:
        return 0x80 <= op <= 0x8F
    return table == 0 and (op in (0xE8, 0xE9, 0xEB) or 0x70 <= op <= 0x7F or 0xE0 <= op <= 0xE3)


def walk(code: bytes, start: int = 0) -> Iterator[Instruction]:
    """Instructions one after another, until one cannot be decoded."""
    while start < len(code):
        ins = decode(code, start)
        if ins is None:
            return
        yield ins
        start += ins.size


def is_emulated(code: bytes) -> bool:
    """Whether the kernel emulates the first instruction of `code` under a uprobe."""
    ins = decode(code, 0)
    if ins is None:
        return False
    if ins.map == 1:
        return 0x80 <= ins.opcode <= 0x8F
    plain = code[0] not in PREFIXES
    return ins.map == 0 and (
        (0x50 <= ins.opcode <= 0x57 and plain) or ins.opcode in (0x90, 0xE8, 0xE9, 0xEB) or 0x70 <= ins.opcode <= 0x7F
    )
