"""A mount namespace of the helper's own: what BCC looks for is put where it looks, and nobody else sees it.

BCC reads /lib/modules/$(uname -r)/{build,source} and tracefs, and may unpack headers below /tmp. Any recent kernel
headers do: the programs touch no kernel structure but pt_regs.
"""

from __future__ import annotations

import ctypes
import os
import re

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV, MS_NOEXEC = 16384, 1 << 18, 2, 4, 8
TRACEFS = "/sys/kernel/tracing"
MODULES = "/lib/modules"

libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def _mount(kind: str, where: str) -> None:
    flags = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _check(libc.mount(b"heron-tui", where.encode(), kind.encode(), flags, None), f"mount {kind} on {where}")


def enter() -> None:
    """Own mounts (private to this process) and no network. Raises OSError."""
    _check(libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")
    _mount("tmpfs", "/tmp")
    if not os.path.isdir(f"{TRACEFS}/events"):
        _mount("tracefs", TRACEFS)


def tracepoint_exists(category: str, name: str) -> bool:
    return os.path.exists(f"{TRACEFS}/events/{category}/{name}/format")


def tracepoint_has(category: str, name: str, field: str) -> bool:
    try:
        with open(f"{TRACEFS}/events/{category}/{name}/format", encoding="ascii") as f:
            return field in f.read()
    except OSError:
        return False


def provide_headers() -> str | None:
    """Make BCC find kernel headers; the directory it will use, or None if there are none on this machine.

    The running kernel's own, else the newest that are installed.
    """
    release = os.uname().release
    own = f"{MODULES}/{release}/build"
    if os.path.isdir(f"{own}/include"):
        return os.path.realpath(own)
    pairs = _installed()
    if not pairs:
        return "/sys/kernel/kheaders.tar.xz" if os.path.exists("/sys/kernel/kheaders.tar.xz") else None
    build, source = pairs[-1]
    _mount("tmpfs", MODULES)
    os.mkdir(f"{MODULES}/{release}")
    os.symlink(build, f"{MODULES}/{release}/build")
    os.symlink(source, f"{MODULES}/{release}/source")
    return build


def _installed() -> list[tuple[str, str]]:
    """(build, source) directories of installed headers, oldest first."""
    found: dict[str, str] = {}
    for version in _listed(MODULES):
        build = os.path.realpath(f"{MODULES}/{version}/build")
        source = os.path.realpath(f"{MODULES}/{version}/source")
        found[build] = source if os.path.isdir(source) else build
    for name in _listed("/usr/src"):
        if name.startswith("linux-headers-") and not name.endswith("-common"):
            build = f"/usr/src/{name}"
            common = "/usr/src/" + re.sub(
                r"-[a-z0-9]+$", "-common", name
            )  # Debian keeps what architectures share apart
            found.setdefault(build, common if os.path.isdir(common) else build)
    for name in _listed("/usr/src/kernels"):
        found.setdefault(f"/usr/src/kernels/{name}", f"/usr/src/kernels/{name}")
    whole = [(b, s) for b, s in found.items() if _usable(b, s)]
    return sorted(whole, key=lambda pair: [int(n) for n in re.findall(r"\d+", os.path.basename(pair[0]))])


def _usable(build: str, source: str) -> bool:
    return os.path.exists(f"{source}/include/linux/kconfig.h") and os.path.exists(
        f"{build}/include/generated/autoconf.h"
    )


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
