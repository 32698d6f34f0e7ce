"""Which process holds a client's port, from /proc alone: the truth about processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def owner(port: int) -> dict[str, Any] | None:
    """The process whose socket has this local port, in this network namespace."""
    inode = next((inode for local, inode in _sockets() if local == port), None)
    if inode is None:
        return None
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if any(link.readlink().name == f"socket:[{inode}]" for link in (place / "fd").iterdir()):
                return _told(place)
        except OSError:
            continue
    return None


def _sockets() -> list[tuple[int, str]]:
    """Local port and inode of each TCP socket."""
    found = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            words = line.split()
            found.append((int(words[1].rpartition(":")[2], 16), words[9]))
    return [(port, inode) for port, inode in found if inode != "0"]


def _told(place: Path) -> dict[str, Any]:
    status = (place / "stat").read_text()
    return {
        "pid": int(place.name),
        "ppid": int(status.rpartition(")")[2].split()[1]),
        "comm": (place / "comm").read_text().strip(),
        "exe": str((place / "exe").readlink()),
        "cmdline": (place / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1],
    }
