"""Executables where agents get installed, looked into before anybody runs them.

A child of its own, at the lowest priority, which ends when it has looked at all. Only large executables: an agent that
carries its TLS stack is one; what loads libssl.so is known from the library.
"""

from __future__ import annotations

import glob
import json
import os
import pwd
import stat
from collections.abc import Iterator
from typing import Any

from . import privileges
from .locating import LARGE, answer

# below a home directory, and below the places of the system; `*` is one name
HOME = """
bin .local/bin .bun/bin .deno/bin .cargo/bin .opencode/bin .claude/local .local/share/claude/versions .volta/bin
.nvm/versions/node/*/bin .volta/tools/image/node/*/bin .fnm/node-versions/*/installation/bin
.local/share/mise/installs/*/*/bin
.local/share/uv/python/*/bin .local/share/uv/tools/*/bin .local/pipx/venvs/*/bin .local/share/pipx/venvs/*/bin
""".split()
HOME_MODULES = """
.local/lib/node_modules .npm-global/lib/node_modules .nvm/versions/node/*/lib/node_modules
.bun/install/global/node_modules .claude/local/node_modules .volta/tools/image/packages/*/lib/node_modules
.local/share/mise/installs/*/*/lib/node_modules
""".split()
SYSTEM = "/usr/local/bin /usr/bin /opt /opt/*/bin /usr/local/lib/nodejs/*/bin".split()
SYSTEM_MODULES = "/usr/lib/node_modules /usr/local/lib/node_modules /opt/*/lib/node_modules".split()
DEPTH = 8  # of directories below node_modules
MOST_DIRECTORIES, MOST_FILES = 20_000, 64


class Installed:
    """Starts the child. `uids`: whose home directories, None for everybody's."""

    def __init__(self, uids: list[int] | None) -> None:
        self.fd, answers = os.pipe()
        helper = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.fd)
            _search(helper, uids, answers)
        os.close(answers)
        self._rest = b""
        self.over = False

    def answers(self) -> list[dict[str, Any]]:
        """What has come in, as the locator's answers, with `path`; call it when `fd` is readable."""
        got = os.read(self.fd, 1 << 16)
        self.over = not got
        *lines, self._rest = (self._rest + got).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        privileges.end(self._pid)


def _search(helper: int, uids: list[int] | None, answers: int) -> None:
    """The child's whole life."""
    privileges.begin_child(helper)
    privileges.last_in_line()
    for path in executables(_homes(uids)):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError:
            continue
        said = answer(0, fd)
        os.close(fd)
        if said["found"]:
            os.write(answers, json.dumps({**said, "path": path}).encode() + b"\n")
    os._exit(0)


def _homes(uids: list[int] | None) -> list[str]:
    people = [p for p in pwd.getpwall() if (p.pw_uid in uids if uids else p.pw_dir.startswith(("/home/", "/root")))]
    return sorted({p.pw_dir for p in people if p.pw_dir != "/"})


def executables(homes: list[str]) -> Iterator[str]:
    """Large executables, each file once, those used last first."""
    found: dict[tuple[int, int], tuple[float, str]] = {}
    left = MOST_DIRECTORIES
    folders = [*SYSTEM, *(f"{home}/{below}" for home in homes for below in HOME)]
    modules = [*SYSTEM_MODULES, *(f"{home}/{below}" for home in homes for below in HOME_MODULES)]
    for depth, patterns in ((0, folders), (DEPTH, modules)):
        for top in [d for pattern in patterns for d in glob.glob(pattern)]:
            left = _into(top, depth, left, found)
    yield from (path for _, path in sorted(found.values(), reverse=True)[:MOST_FILES])


def _into(folder: str, depth: int, left: int, found: dict[tuple[int, int], tuple[float, str]]) -> int:
    """Gathers what is in a directory, and below it; returns how many directories may still be looked into."""
    below = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.path)
                        continue
                    info = entry.stat()
                except OSError:
                    continue
                if stat.S_ISREG(info.st_mode) and info.st_mode & 0o111 and info.st_size >= LARGE:
                    found[info.st_dev, info.st_ino] = max(info.st_atime, info.st_mtime), os.path.realpath(entry.path)
    except OSError:
        return left
    left -= 1
    for path in below if depth else ():
        if left <= 0:
            break
        left = _into(path, depth - 1, left, found)
    return left
