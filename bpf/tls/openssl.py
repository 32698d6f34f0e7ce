"""OpenSSL 1.1 and 3: exported (libssl.so, Node) or static and stripped (Codex)."""

from __future__ import annotations

from . import x86
from .elf import Elf, finds
from .found import Found
from .starts import function_starts

PLAIN = ("SSL_read", "SSL_write")
EXTENDED = ("SSL_read_ex", "SSL_write_ex")
INNER = ("ssl_read_internal", "ssl_write_internal")
OTHERS = ("SSL_do_handshake", "SSL_free", "SSL_clear")
BODY = 256  # bytes in which a thin wrapper makes its first call


def by_symbols(elf: Elf) -> Found | None:
    """The exported functions, or the one pair behind them.

    SSL_read and SSL_read_ex are thin: each calls ssl_read_internal, and so for writing. That pair sees what all four
    see, so it needs half the probes; and a local function has no landing pad: it often begins with a push.
    """
    symbols = elf.symbols((*PLAIN, *EXTENDED, *OTHERS))
    if not all(name in symbols for name in PLAIN):
        return None
    if not all(name in symbols for name in EXTENDED):  # BoringSSL has no _ex pair, OpenSSL before 1.1.1 neither
        stack = "boringssl" if elf.has(b"/ssl/ssl_lib.cc\0") or elf.has(b"BoringSSL") else "openssl"
        return Found(stack, "symbols", _offsets(elf, symbols), library=version(elf))
    inner = {}
    for name, plain, extended in zip(INNER, PLAIN, EXTENDED):
        first = next(iter(_calls(elf, symbols[extended])), None)
        if first is not None and first in _calls(elf, symbols[plain]):
            inner[name] = first
    rest = {name: symbols[name] for name in OTHERS if name in symbols}
    if len(set(inner.values())) == len(INNER):  # where the pair is inlined, both begin by calling something else
        return Found("openssl", "callee", _offsets(elf, {**inner, **rest}), library=version(elf))
    return Found("openssl", "symbols", _offsets(elf, symbols), library=version(elf))


def _offsets(elf: Elf, addresses: dict[str, int]) -> dict[str, int]:
    return {name: elf.offset(va) for name, va in addresses.items()}


def _calls(elf: Elf, va: int) -> list[int]:
    """Targets of direct calls and tail jumps in a thin wrapper, in order."""
    out = []
    for ins in x86.walk(elf.bytes_at(va, BODY)):
        if ins.map == 0 and ins.opcode in (0xE8, 0xE9) and ins.target is not None:
            out.append(va + ins.target)
        if ins.map == 0 and ins.opcode == 0xCC:  # padding: the function is over
            break
    return out


def func_name_strings(elf: Elf) -> dict[str, list[int]]:
    """Where the names stand that OpenSSL 3 passes to ERR_set_debug(file, line, __func__)."""
    writes = elf.strings(b"ssl_write_internal")
    others = ("ssl_read_internal", "SSL_do_handshake")
    return {"ssl_write_internal": writes, **{name: elf.strings(name.encode()) for name in others}} if writes else {}


def by_func_names(elf: Elf, strings: dict[str, list[int]], refs: dict[int, list[int]]) -> Found | None:
    """Stripped OpenSSL 3: the function that refers to the string "ssl_write_internal" is that function."""
    if not strings:
        return None
    starts = function_starts(elf, [site for vas in strings.values() for va in vas for site in refs[va]])
    functions, problems = {}, []
    for name, vas in strings.items():
        candidates = {starts[site] for va in vas for site in refs[va] if site in starts}
        if len(candidates) == 1:
            functions[name] = elf.offset(candidates.pop())
        elif name in INNER:
            problems.append(f"{name} has {len(candidates)} candidates")
    if problems:
        return Found("openssl", "func-names", refused="; ".join(problems))
    return Found("openssl", "func-names", functions, library=version(elf))


def version(elf: Elf) -> str | None:
    """The library's name for itself, for example "OpenSSL 3.0.17"."""
    for prefix in (b"OpenSSL 3.", b"OpenSSL 1.1."):
        for s in elf.constants:
            for i in finds(elf.data, prefix, s.offset, s.offset + s.size):
                words = elf.data[i : i + 40].split(b"\0")[0].split(b" ")
                if len(words) > 1 and words[1][:1].isdigit() and words[1].count(b".") == 2:
                    return (words[0] + b" " + words[1]).decode("ascii", "replace")
    return "BoringSSL" if elf.has(b"BoringSSL") else None
