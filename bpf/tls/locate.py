#!/usr/bin/python3
"""Find the functions of an ELF file through which TLS plaintext passes, stripped or not. Standard library only.

No byte signatures of particular builds: symbols, and where there are none, the structure of the library's error
reports. An ambiguous answer is refused, and says so.
"""

from __future__ import annotations

from . import error_sites, golang, openssl, x86
from .elf import Elf
from .found import Found

GNUTLS = ("gnutls_record_send", "gnutls_record_recv", "gnutls_deinit")
# Stacks that are recognised and cannot be read: (marker, stack, why)
OTHERS = (
    (b"PR_Write\0", b"SSL_ImportFD\0", "nss", "Mozilla's NSS is not supported"),
    (
        b"sun/security/ssl/SSLSocketImpl",
        b"JVM_",
        "java",
        "Java's own TLS is compiled at run time: there is no place to stand",
    ),
)


def locate(fd: int) -> list[Found]:
    """All TLS stacks in an open file; empty if there is none. Raises elf.NotElf."""
    with Elf(fd) as elf:
        found = [f for f in _all(elf) if f]
        for f in found:
            f.cheap = bool(f.functions) and all(x86.is_emulated(elf.data[o : o + 16]) for o in _carrying(f))
    return found


def _carrying(found: Found) -> list[int]:
    """Places that are passed for each piece of data (and not once a connection)."""
    rare = (*openssl.OTHERS, "gnutls_deinit", "Conn.Close")
    return [o for name, o in found.functions.items() if name not in rare] + [
        o for rs in found.returns.values() for o in rs
    ]


def _all(elf: Elf) -> list[Found | None]:
    exported = openssl.by_symbols(elf)
    names = {} if exported else openssl.func_name_strings(elf)
    sources = error_sites.strings(elf)
    if exported:
        sources.pop(error_sites.SSL_SOURCE, None)
    targets = [va for group in (names, sources) for vas in group.values() for va in vas]
    refs = elf.references(targets) if targets else {}
    found = [
        exported,
        openssl.by_func_names(elf, names, refs),
        error_sites.boringssl(elf, sources, refs),
        error_sites.aws_lc(elf, sources, refs),
        _gnutls(elf),
        golang.find(elf),
    ]
    if not any(found):
        found += [Found(stack, "strings", refused=why) for a, b, stack, why in OTHERS if elf.has(a) and elf.has(b)]
    if error_sites.AEAD_SOURCE not in sources and elf.has(b"/rustls-0.") and elf.has(b"TLS13"):  # beside OpenSSL, too
        why = "rustls without AWS-LC (ring, or another provider) is not supported"
        found.append(Found("rustls", "strings", refused=why))
    return found


def _gnutls(elf: Elf) -> Found | None:
    symbols = elf.symbols(GNUTLS)
    if not all(name in symbols for name in GNUTLS[:2]):
        return None
    return Found("gnutls", "symbols", {name: elf.offset(va) for name, va in symbols.items()}, library="GnuTLS")
