"""The process behind a TCP connection of this host: from the kernel's table of sockets, then from who holds the socket.

Linux only; elsewhere nothing is found. A process of another user is seen by root alone.
"""

import os
import pwd
import socket
import struct
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path

from ..core.provenance import arguments
from ..model.flow import Process

Ends = tuple[str, int, str, int]
"""Address and port of the socket's own end, then of its peer."""

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
_REQUEST = struct.Struct("=IHHII")
_INET = struct.Struct("=BBBBI")
_INODE_AT = 16 + 68
PROC = Path("/proc")


class Sockets:
    """Finds sockets and their holders. Not for several threads at once."""

    def __init__(self) -> None:
        self._likely: dict[int, None] = {}
        self._netlink: socket.socket | None = None
        if hasattr(socket, "AF_NETLINK"):
            try:
                self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
                self._netlink.settimeout(0.2)
            except OSError:
                self._netlink = None

    def close(self) -> None:
        if self._netlink:
            self._netlink.close()

    def inode(self, ends: Ends) -> int:
        """The socket's inode, in this network namespace; 0 where there is none."""
        if self._netlink is None:
            return 0
        here, here_port, there, there_port = ends
        one, two = ip_address(here), ip_address(there)
        tries = [(socket.AF_INET if one.version == 4 else socket.AF_INET6, one.packed, two.packed)]
        if one.version == 4:  # of a socket that speaks both, as ::ffff:a.b.c.d
            mapped = bytes(10) + b"\xff\xff"
            tries.append((socket.AF_INET6, mapped + one.packed, mapped + two.packed))
        for family, source, target in tries:
            if found := self._ask(family, source, here_port, target, there_port):
                return found
        return 0

    def _ask(self, family: int, source: bytes, source_port: int, target: bytes, target_port: int) -> int:
        assert self._netlink is not None
        ends = struct.pack("!HH16s16s", source_port, target_port, source, target) + struct.pack("=I", 0) + b"\xff" * 8
        body = _INET.pack(family, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF) + ends
        head = _REQUEST.pack(_REQUEST.size + len(body), SOCK_DIAG_BY_FAMILY, 1, 1, 0)
        try:
            self._netlink.send(head + body)
            answer = self._netlink.recv(8192)
        except OSError:
            return 0
        if len(answer) < _INODE_AT + 4 or struct.unpack_from("=H", answer, 4)[0] != SOCK_DIAG_BY_FAMILY:
            return 0
        return int(struct.unpack_from("=I", answer, _INODE_AT)[0])

    def elsewhere(self, wanted: set[Ends]) -> dict[Ends, int]:
        """Inodes of sockets in other network namespaces, as far as this user may look: each table is read once."""
        found: dict[Ends, int] = {}
        seen = {_link(PROC / "self/ns/net")}
        for pid in _pids():
            space = _link(PROC / str(pid) / "ns/net")
            if space is None or space in seen:
                continue
            seen.add(space)
            for name in ("tcp", "tcp6"):
                found |= {ends: inode for ends, inode in _table(PROC / str(pid) / "net" / name) if ends in wanted}
        return found

    def holders(self, inodes: set[int]) -> dict[int, int]:
        """Which process holds which socket; likely ones are looked at first, and only as many as it takes.

        A socket that a parent shares with its child is the child's: it has the higher pid and was started for it.
        """
        left = {f"socket:[{inode}]": inode for inode in inodes}
        found: dict[int, int] = {}
        others = sorted((pid for pid in _pids() if pid not in self._likely), reverse=True)
        for pid in [*sorted(self._likely, reverse=True), *others]:
            if not left:
                break
            mine = _held(pid, left)
            for link in mine:
                found[left.pop(link)] = pid
            if mine:
                self._likely.pop(pid, None)
                self._likely[pid] = None
                if len(self._likely) > 64:
                    del self._likely[next(iter(self._likely))]
        return found


def _held(pid: int, links: Iterable[str]) -> list[str]:
    wanted = set(links)
    found: list[str] = []
    try:
        with os.scandir(PROC / str(pid) / "fd") as entries:
            for entry in entries:
                try:
                    link = os.readlink(entry.path)  # noqa: PTH115 - `socket:[1]` is no path
                except OSError:
                    continue
                if link in wanted:
                    wanted.discard(link)
                    found.append(link)
    except OSError:
        return found
    return found


def _pids() -> Iterator[int]:
    try:
        return (int(name) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208 - strings are what is wanted
    except OSError:
        return iter(())


def _link(path: Path) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115 - `socket:[1]` is no path
    except OSError:
        return None


def _table(path: Path) -> Iterator[tuple[Ends, int]]:
    try:
        lines = path.read_text().splitlines()[1:]
    except OSError:
        return
    for line in lines:
        parts = line.split()
        if len(parts) > 9:
            yield (*_hex_end(parts[1]), *_hex_end(parts[2])), int(parts[9])


def _hex_end(text: str) -> tuple[str, int]:
    """`0100007F:1F90` as the kernel prints it: words in the host's byte order."""
    address, _, port = text.partition(":")
    raw = bytes.fromhex(address)
    packed = b"".join(struct.pack("!I", word) for word in struct.unpack(f"={len(raw) // 4}I", raw))
    found = ip_address(packed)
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found), int(port, 16)


def process(pid: int) -> Process | None:
    """What /proc says of a process that runs."""
    place = PROC / str(pid)
    try:
        stat = (place / "stat").read_text(errors="replace")
        owner = place.stat().st_uid
        cmdline = (place / "cmdline").read_bytes().decode("utf-8", "replace").rstrip("\0").split("\0")
        groups = (place / "cgroup").read_text(errors="replace")
    except OSError:
        return None
    comm, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    try:
        user = pwd.getpwuid(owner).pw_name
    except KeyError:
        user = str(owner)
    return Process(
        pid=pid,
        comm=comm,
        exe=_link(place / "exe"),
        start_us=_boot_us() + int(fields[19]) * 1_000_000 // os.sysconf("SC_CLK_TCK"),
        ppid=int(fields[1]),
        user=user,
        cmdline=arguments(cmdline),
        container=_container(groups),
    )


def _boot_us() -> int:
    for line in (PROC / "stat").read_text().splitlines():
        if line.startswith("btime "):
            return int(line.split()[1]) * 1_000_000
    return 0


def _container(groups: str) -> str | None:
    """The 64 hex digits that container engines put into a cgroup's path."""
    for part in groups.replace("-", "/").replace(".", "/").replace("\n", "/").split("/"):
        if len(part) == 64 and all(letter in "0123456789abcdef" for letter in part):
            return part
    return None
