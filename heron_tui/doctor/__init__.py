"""`heron-tui doctor`: what live capture needs, whether it is here, and how to mend what is not."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..privileged import programs

LEAST_KERNEL = (5, 8)
DEBIAN = "sudo apt install"
BCC_TEST = """
import sys
try:
    import bcc
except ImportError:
    sys.exit(3)
print(getattr(bcc, "__version__", "?"), end="")
sys.exit(0 if hasattr(bcc, "BPF") else 4)
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One line. `state`: `ok`, `missing` (something does not work without it), `note`. `mend`: what to do."""

    name: str
    state: Literal["ok", "missing", "note"]
    words: str
    mend: str = ""

    def __str__(self) -> str:
        sign = {"ok": "✓", "missing": "✗", "note": "·"}[self.state]
        return f"{sign} {self.name:<14} {self.words}" + (f"\n  {'':<14} → {self.mend}" if self.mend else "")


def checks() -> Iterator[Check]:
    """All lines, in the order in which things are needed."""
    if sys.platform == "linux":
        yield kernel()
        yield btf()
        yield headers()
        yield bcc()
    else:
        yield Check("TLS", "note", "reading TLS needs Linux; packets are captured here too")
    yield rights()
    yield capturer("dumpcap")
    yield capturer("tcpdump")
    yield tshark()
    yield terminal()


def kernel() -> Check:
    release = platform.release()
    found = re.match(r"(\d+)\.(\d+)", release)
    if found and (int(found[1]), int(found[2])) >= LEAST_KERNEL:
        return Check("kernel", "ok", release)
    return Check("kernel", "missing", release, "TLS needs Linux 5.8 or newer (BPF ring buffer)")


def btf() -> Check:
    if Path("/sys/kernel/btf/vmlinux").exists():
        return Check("BTF", "ok", "/sys/kernel/btf/vmlinux")
    return Check("BTF", "note", "the kernel has no type information; heron-tui does without it")


def headers() -> Check:
    release = platform.release()
    exact = Path("/lib/modules") / release / "build"
    if exact.exists() or Path("/sys/kernel/kheaders.tar.xz").exists():
        return Check("kernel headers", "ok", f"of this kernel ({release})")
    others = sorted(place.name for place in Path("/usr/src").glob("linux-headers-*") if "common" not in place.name)
    if others:
        return Check("kernel headers", "ok", f"{others[-1]}: not of this kernel, but any recent ones do")
    return Check("kernel headers", "missing", "none", f"{DEBIAN} linux-headers-amd64 (Ubuntu: linux-headers-generic)")


def bcc() -> Check:
    mend = f"{DEBIAN} python3-bpfcc (Fedora: python3-bcc, Arch: python-bcc); the bcc of PyPI is another thing"
    try:
        python = programs.python()
    except programs.Refused as refused:
        return Check("bcc", "missing", str(refused), mend)
    done = subprocess.run([python, "-I", "-c", BCC_TEST], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return Check("bcc", "ok", f"{done.stdout} for {python}")
    if done.returncode == 4:
        return Check("bcc", "missing", f"{python} has another package of that name", mend)
    return Check("bcc", "missing", f"{python} has none", mend)


def rights() -> Check:
    if programs.may_trace():
        return Check("rights", "ok", "root: TLS and packets")
    return Check("rights", "note", "not root: no TLS of other processes", "sudo heron-tui live")


def capturer(name: str) -> Check:
    path = programs.find(name)
    package = "wireshark-common" if name == "dumpcap" else "tcpdump"
    if path is None:
        return Check(name, "note", "not installed; one of dumpcap and tcpdump is enough", f"{DEBIAN} {package}")
    try:
        programs.packets({"interface": "lo" if sys.platform == "linux" else "lo0", "tool": name})
    except programs.Refused as refused:
        mend = "sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER, then log in again"
        return Check(name, "note", f"{path}: {refused}", mend if name == "dumpcap" else "sudo heron-tui live")
    return Check(name, "ok", f"{path}, may capture")


def tshark() -> Check:
    path = shutil.which("tshark")
    if path:
        return Check("tshark", "ok", path)
    return Check(
        "tshark", "note", "not installed: only Wireshark's dissection of a packet needs it", f"{DEBIAN} tshark"
    )


def terminal() -> Check:
    term = os.environ.get("TERM", "")
    if term in ("", "dumb"):
        return Check(
            "terminal", "missing", f"TERM={term or '(not set)'}", "the screen needs a terminal; query does not"
        )
    colours = "24-bit colour" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours or fewer"
    return Check("terminal", "ok", f"{term}, {colours}")
