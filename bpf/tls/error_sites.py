"""BoringSSL and AWS-LC without symbols, by their error sites.

OPENSSL_PUT_ERROR(library, reason) passes the source file, the line and the reason code. Code that loads the address of
the file's name therefore has two small constants beside it, and the set of reasons tells which function it is. Reason
codes are part of the libraries' API (SSL_R_*, CIPHER_R_*) and do not change; lines and registers do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .elf import Elf
from .found import Found
from .starts import function_starts

SSL_SOURCE, AEAD_SOURCE = b"/ssl/ssl_lib.cc", b"/crypto/fipsmodule/cipher/aead.c"
SHOULD_NOT, BAD_LENGTH, UNINITIALIZED = 66, 111, 226
BAD_DECRYPT, BUFFER_TOO_SMALL, OUTPUT_ALIASES, TOO_LARGE = 101, 103, 115, 117
BEFORE, AFTER = 24, 30  # bytes around the lea in which the two constants are loaded
NEAR = 80  # lines of ssl_lib.cc between SSL_read and SSL_write
ADJACENT = 0x200  # bytes
NUMBER = re.compile(
    rb"[\xb8-\xbf](....)|\x6a(.)\x41?[\x58-\x5f]", re.S
)  # mov r32, imm32; optimised for size: push, pop


@dataclass
class Function:
    start: int
    sites: list[list[int]]  # the small constants at each of its error sites

    @property
    def reasons(self) -> set[int]:
        return {n for site in self.sites for n in site}

    @property
    def line(self) -> int:
        """Of its first error site: a line number is the greatest constant there."""
        return min(max(site, default=0) for site in self.sites)


def strings(elf: Elf) -> dict[bytes, list[int]]:
    """Where the names of the two source files stand."""
    found = {source: elf.strings(source, whole=False) for source in (SSL_SOURCE, AEAD_SOURCE)}
    return {source: places for source, places in found.items() if places}


def _sites(elf: Elf, names: list[int], refs: dict[int, list[int]]) -> dict[int, list[int]]:
    """The small constants beside each reference to a source file's name."""
    out = {}
    for site in (site for va in names for site in refs[va]):
        code = elf.bytes_at(site - BEFORE, BEFORE + AFTER)
        numbers = (int.from_bytes(m[1] or m[2], "little") for m in NUMBER.finditer(code))
        out[site] = [n for n in numbers if 0 < n < 20000]
    return out


def _functions(elf: Elf, sites: dict[int, list[int]]) -> list[Function]:
    out: dict[int, Function] = {}
    for site, start in function_starts(elf, sites).items():
        out.setdefault(start, Function(start, [])).sites.append(sites[site])
    return list(out.values())


def boringssl(elf: Elf, names: dict[bytes, list[int]], refs: dict[int, list[int]]) -> Found | None:
    """SSL_write alone has BAD_LENGTH; SSL_read is the last function before it with a single site, SHOULD_NOT."""
    if not names.get(SSL_SOURCE):
        return None
    sites = _sites(elf, names[SSL_SOURCE], refs)
    lines = [max(numbers) for numbers in sites.values() if BAD_LENGTH in numbers]
    near = {s: ns for s, ns in sites.items() if any(abs(n - line) < NEAR for n in ns for line in lines)}
    functions = _functions(elf, near)
    writes = [f for f in functions if {SHOULD_NOT, BAD_LENGTH, UNINITIALIZED} <= f.reasons]
    if len(writes) != 1:
        return Found("boringssl", "error-sites", refused=f"SSL_write has {len(writes)} candidates")
    line = writes[0].line
    reads = [f for f in functions if len(f.sites) == 1 and SHOULD_NOT in f.reasons and line - NEAR < f.line < line]
    best = max((f.line for f in reads), default=0)
    reads = sorted((f for f in reads if f.line == best), key=lambda f: f.start)
    if len(reads) == 2 and reads[1].start - reads[0].start < ADJACENT:
        del reads[1]  # SSL_peek, which follows in the source: what both call was built into both
    if len(reads) != 1:
        return Found("boringssl", "error-sites", refused=f"SSL_read has {len(reads)} candidates")
    places = {"SSL_write": elf.offset(writes[0].start), "SSL_read": elf.offset(reads[0].start)}
    return Found("boringssl", "error-sites", places, library="BoringSSL")


def aws_lc(elf: Elf, names: dict[bytes, list[int]], refs: dict[int, list[int]]) -> Found | None:
    """rustls on AWS-LC: EVP_AEAD_CTX_seal and _open are called once for each TLS record."""
    if not names.get(AEAD_SOURCE) or not elf.has(b"rustls"):
        return None
    functions = _functions(elf, _sites(elf, names[AEAD_SOURCE], refs))
    seal = [f for f in functions if {TOO_LARGE, BUFFER_TOO_SMALL, OUTPUT_ALIASES} <= f.reasons]
    opens = [
        f
        for f in functions
        if {BAD_DECRYPT, BUFFER_TOO_SMALL, OUTPUT_ALIASES} <= f.reasons and TOO_LARGE not in f.reasons
    ]
    if len(seal) != 1 or len(opens) != 1:
        why = f"EVP_AEAD_CTX_seal has {len(seal)} candidates, EVP_AEAD_CTX_open {len(opens)}"
        return Found("aws-lc", "error-sites", refused=why)
    places = {"EVP_AEAD_CTX_seal": elf.offset(seal[0].start), "EVP_AEAD_CTX_open": elf.offset(opens[0].start)}
    return Found("aws-lc", "error-sites", places, library="rustls on AWS-LC")
