"""Compiles ssl.bpf.c with BCC and loads it."""

from __future__ import annotations

import ctypes
import mmap
import os
from typing import Any

from . import namespace
from .hooks import HOOKS

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "ssl.bpf.c")
with open(SOURCE, encoding="utf-8") as _file:  # before the helper's own /tmp hides a checkout below it
    TEXT = _file.read()
LOST, RECORDS, IGNORED_BYTES, CUT_BYTES = range(4)  # as in ssl.bpf.c


class Trouble(Exception):
    """The helper cannot work here. Carries a code of the protocol, words, and the way out."""

    def __init__(self, code: str, text: str, mend: str, status: int = 4) -> None:
        super().__init__(text)
        self.code, self.text, self.mend, self.status = code, text, mend, status


class Program:
    """The loaded programs and their maps.

    `uids`: whose processes are seen, None for all. `listed`: only processes in a list that the helper keeps.
    """

    def __init__(self, uids: list[int] | None, listed: bool, ring_bytes: int) -> None:
        bcc = _import_bcc()
        self.bcc_version = str(getattr(bcc, "__version__", "unknown"))
        self.headers = namespace.provide_headers()
        if self.headers is None:
            raise Trouble(
                "no-headers",
                "no kernel headers: BCC needs some to compile, and any recent ones do",
                "Debian: apt-get install linux-headers-amd64 · Ubuntu: linux-headers-generic · Fedora: kernel-devel",
            )
        flags = ["-Wno-everything", f"-DRING_PAGES={ring_bytes // mmap.PAGESIZE}"]
        if listed:
            flags.append("-DWATCH_LIST")
        elif uids is not None:
            flags.append("-DWATCH_UIDS(u)=(" + "||".join(f"(u)=={int(uid)}" for uid in uids) + ")")
        recv = namespace.tracepoint_exists("tcp", "tcp_rcv_space_adjust")
        send = recv and namespace.tracepoint_has("sock", "sock_send_length", "sk")
        self.addresses = "recv+send" if send else "recv" if recv else "none"
        flags += ["-DHAVE_RECV"] * recv + ["-DHAVE_SEND"] * send
        try:
            self._bpf = bcc.BPF(text=TEXT, cflags=flags)
            names = {name for hook in HOOKS.values() for name in hook if name} | {"on_libraries"}
            self.programs: dict[str, int] = {n: self._bpf.load_func(n, bcc.BPF.KPROBE).fd for n in names}
        except Exception as e:  # BCC raises just this; what it printed is on stderr
            raise Trouble(
                "no-load",
                f"the kernel or BCC refused the program: {e}",
                "look at the lines above; kernel 5.8 or later is needed",
            ) from e
        self.ring_fd: int = self._bpf["ring"].map_fd

    def counts(self, what: int) -> list[int]:
        """A counter on each CPU."""
        return [int(n) for n in self._bpf["counts"][ctypes.c_int(what)]]

    def ignore(self, conn: int) -> None:
        """Copy nothing more of this connection."""
        table = self._bpf["ignored"]
        table[table.Key(conn)] = table.Leaf(1)

    def forget(self, conn: int, ptr: int, pid: int) -> None:
        """The pointer of a process that is no more; a newer connection at the same place is left alone."""
        table = self._bpf["conns"]
        key = table.Key(ptr, pid)
        try:
            if table[key].id == conn:
                del table[key]
        except KeyError:
            pass

    def watch(self, pid: int, on: bool) -> None:
        """Put a process on the list, or take it off."""
        table = self._bpf["listed"]
        key = table.Key(pid)
        if on:
            table[key] = table.Leaf(1)
        else:
            try:
                del table[key]
            except KeyError:
                pass


def _import_bcc() -> Any:
    try:
        import bcc
    except ImportError as e:
        raise Trouble(
            "no-bcc",
            f"the system's Python has no BCC ({e})",
            "Debian, Ubuntu: apt-get install python3-bpfcc · Fedora: dnf install python3-bcc · Arch: python-bcc",
        ) from e
    if not hasattr(bcc, "BPF"):
        raise Trouble(
            "wrong-bcc",
            f"the module bcc at {bcc.__file__} is not the BPF Compiler Collection (PyPI's bcc is another project)",
            "uninstall it, and install the distribution's: python3-bpfcc (Debian, Ubuntu) or python3-bcc (Fedora)",
        )
    return bcc
