"""The files that carry TLS, and the probes in them: one set for each (device, inode), whoever runs it."""

from __future__ import annotations

import glob
import os
import re
import time
from dataclasses import dataclass, field
from typing import Any

from . import probes as perf
from . import protocol
from .elf import Elf, NotElf
from .hooks import HOOKS
from .locating import Locator, key_of
from .processes import Mapping, Process, mapped_files
from .program import Program

# What the distribution installs is looked into by name; what came otherwise (node_modules, a venv, /opt) always.
SYSTEM = ("/usr/lib/", "/usr/lib64/", "/lib/", "/lib64/", "/usr/libexec/")
BY_NAME = re.compile(r"ssl|tls|crypto|python|node|cronet|conscrypt", re.I)
LINKER = re.compile(r"^(ld-linux|ld-musl|ld-2\.|ld\.so)")
INSTALLED = [
    f"{d}/{name}" for d in ("/usr/lib/*", "/usr/lib64", "/usr/lib") for name in ("libssl.so.*", "libgnutls.so.*")
]
LIBRARIES_CHANGED = "_dl_debug_state"  # what dynamic linkers call for debuggers (SVR4 r_brk; glibc and musl)
KEPT_ANSWERS = 1024
UNUSED_S, GRACE_S = 600, 2  # an agent that is run again and again finds its probes in place
SETTLING_NS = 2_000_000_000


@dataclass
class File:
    """`found` is None until the locator has answered. `lasting`: probes stay when no process has it mapped."""

    number: int
    key: tuple[int, ...]
    path: str
    fd: int
    lasting: bool
    pids: set[int] = field(default_factory=set)
    found: list[dict[str, Any]] | None = None
    seconds: float | None = None
    probes: list[int] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    attached_at: int = 0
    unused_since: float | None = None


class Files:
    def __init__(self, program: Program, locator: Locator, outlet: protocol.Outlet) -> None:
        self._program, self._locator, self._outlet = program, locator, outlet
        self._uprobes = perf.Uprobes()
        self._by_inode: dict[tuple[int, ...], File] = {}
        self._by_number: dict[int, File] = {}
        self._of_pid: dict[int, set[int]] = {}
        self._looked_at: dict[int, set[tuple[str, int]]] = {}
        self._answers: dict[tuple[int, ...], list[dict[str, Any]]] = {}
        self._linkers: dict[tuple[int, int], int | None] = {}
        self._next = 1
        self.failed = 0

    # -- what is asked of it

    @property
    def waiting(self) -> int:
        """Files that the locator has not answered for."""
        return sum(f.found is None for f in self._by_number.values())

    @property
    def probe_count(self) -> int:
        return sum(len(f.probes) for f in self._by_number.values())

    @property
    def in_use(self) -> int:
        """Files with TLS that a watched process has mapped."""
        return sum(bool(f.probes and f.pids) for f in self._by_number.values())

    def library(self, pid: int, stack: str) -> str | None:
        """What the file that carries this stack in this process calls itself, if only one does."""
        names = {
            found["library"] or os.path.basename(f.path)
            for number in self._of_pid.get(pid, ())
            if (f := self._by_number.get(number))
            for found in f.found or ()
            if found["stack"] == stack and stack in f.attached
        }
        return names.pop() if len(names) == 1 else None

    def settling(self, pid: int) -> bool:
        """Whether probes have just come into this process: the beginnings of its connections may have gone by."""
        newest = max(
            (self._by_number[n].attached_at for n in self._of_pid.get(pid, ()) if n in self._by_number), default=0
        )
        return time.monotonic_ns() - newest < SETTLING_NS

    # -- what happens

    def attach_installed(self) -> None:
        """The distribution's libraries, before anybody uses them: a short-lived process leaves no time."""
        for path in sorted({os.path.realpath(p) for pattern in INSTALLED for p in glob.glob(pattern)}):
            self._file(path, path, None, lasting=True)
        for mapping in mapped_files(os.getpid()):
            if LINKER.match(os.path.basename(mapping.path)):
                self._linker(mapping)

    def look(self, process: Process) -> None:
        """Attach to what a process has mapped. May be called again and again."""
        pid = process.pid
        seen = self._looked_at.get(pid)
        if seen is None:
            seen = self._looked_at[pid] = set()
            if process.exe:
                self._file(process.exe, f"/proc/{pid}/exe", pid, lasting=False)
        try:
            mappings = mapped_files(pid)
        except (ProcessLookupError, FileNotFoundError):
            return
        except OSError as e:
            self._fail(pid, process.exe, None, f"cannot read its memory map: {e.strerror}")
            return
        for mapping in mappings:
            key = mapping.device, mapping.inode
            if key in seen:
                continue
            seen.add(key)
            name = os.path.basename(mapping.path)
            if LINKER.match(name):
                self._linker(mapping)
            elif mapping.path.startswith("/") and mapping.path != process.exe and self._worth_it(mapping.path, name):
                self._file(mapping.path, mapping.link, pid, lasting=True)

    def forget(self, pid: int) -> None:
        """The process has ended or executed another file."""
        self._looked_at.pop(pid, None)
        for number in self._of_pid.pop(pid, ()):
            if number in self._by_number:
                self._by_number[number].pids.discard(pid)

    def answered(self, fd: int) -> None:
        """The locator has something to say."""
        for answer in self._locator.answers(fd):
            file = self._by_number.get(answer["number"])
            if file is None or file.found is not None:
                continue
            if answer.get("error"):
                self._fail(min(file.pids, default=None), file.path, None, answer["error"])
            file.seconds = answer.get("seconds")
            self._settle(file, answer["found"])

    def installed(self, answer: dict[str, Any]) -> None:
        """What an executable holds that may not run yet. What was refused is said when it does.

        Go programs, which want a probe at each return, wait for that, too: the kernel takes its time to remove probes.
        """
        found, key = answer["found"], tuple(answer["key"])
        self._remember(key, found)
        if any(not one["refused"] and not one["returns"] for one in found):
            self._file(answer["path"], answer["path"], None, lasting=True, only=key)

    def drop_overwritten(self) -> None:
        """Take probes out of a file that is being written to: its instructions are about to be others.

        Call it often. (Whoever replaces a file by a new one, as package managers do, leaves the old one as it was.)
        """
        for file in [f for f in self._by_number.values() if f.probes and key_of(os.fstat(f.fd)) != f.key]:
            self._drop(file)

    def tick(self, now: float) -> None:
        """Let go of files that nobody runs any more."""
        for file in list(self._by_number.values()):
            if file.found is None or file.pids:
                file.unused_since = None
                continue
            file.unused_since = file.unused_since or now
            stay = (
                os.fstat(file.fd).st_nlink > 0 and file.probes and (file.lasting or now - file.unused_since < UNUSED_S)
            )
            if not stay and now - file.unused_since > GRACE_S:
                self._drop(file)

    # -- how

    def _worth_it(self, path: str, name: str) -> bool:
        return bool(BY_NAME.search(name)) or not path.startswith(SYSTEM)

    def _file(self, path: str, link: str, pid: int | None, lasting: bool, only: tuple[int, ...] | None = None) -> None:
        """Attach to what a path leads to. `only`: if it is still the same file."""
        try:
            fd = os.open(link, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:  # the process has ended, or has unmapped it
            return
        except OSError as e:
            self._fail(pid, path, None, f"cannot open: {e.strerror}")
            return
        key = key_of(os.fstat(fd))
        if only is not None and key != only:
            os.close(fd)
            return
        file = self._by_inode.get(key[:2])
        if file and file.key != key:
            self._drop(file)
            file = None
        if file is None:
            file = File(self._next, key, path, fd, lasting)
            self._next += 1
            self._by_number[file.number] = self._by_inode[key[:2]] = file
            if key in self._answers:
                self._settle(file, self._answers[key])
            else:
                self._locator.ask(file.number, fd)
        else:
            os.close(fd)
            file.lasting |= lasting
            if file.found is None and key in self._answers:
                self._settle(file, self._answers[key])
        if pid is not None:
            file.pids.add(pid)
            self._of_pid.setdefault(pid, set()).add(file.number)

    def _settle(self, file: File, found: list[dict[str, Any]]) -> None:
        file.found = found
        self._remember(file.key, found)
        for one in found:
            if one["refused"]:
                self._fail(min(file.pids, default=None), file.path, one["stack"], one["refused"])
            else:
                self._attach(file, one)

    def _remember(self, key: tuple[int, ...], found: list[dict[str, Any]]) -> None:
        self._answers[key] = found
        if len(self._answers) > KEPT_ANSWERS:
            self._answers.pop(next(iter(self._answers)))

    def _attach(self, file: File, found: dict[str, Any]) -> None:
        path, stack, probes = f"/proc/self/fd/{file.fd}", found["stack"], []
        try:
            # the handshake last: whoever is seen making one has all other probes too
            for name, offset in sorted(found["functions"].items(), key=lambda pair: "handshake" in pair[0]):
                hook = HOOKS[stack, name]
                # returns first: an entry without its return would leave a call open
                if hook.at_return and name in found["returns"]:
                    for place in found["returns"][name]:
                        probes.append(self._uprobes.attach(self._program.programs[hook.at_return], path, place))
                elif hook.at_return:
                    probes.append(
                        self._uprobes.attach(self._program.programs[hook.at_return], path, offset, at_return=True)
                    )
                probes.append(self._uprobes.attach(self._program.programs[hook.entry], path, offset))
        except OSError as e:
            for fd in probes:
                os.close(fd)
            self._fail(min(file.pids, default=None), file.path, stack, f"the kernel refused a probe: {e.strerror}")
            return
        file.probes += probes
        file.attached.append(stack)
        file.attached_at = time.monotonic_ns()
        self._outlet.say(
            protocol.ATTACHED,
            file=file.path,
            stack=stack,
            library=found["library"],
            how=found["how"],
            functions=sorted(found["functions"]),
            probes=len(probes),
            seconds=file.seconds,
            cheap=found["cheap"],
            pids=sorted(file.pids),
        )

    def _linker(self, mapping: Mapping) -> None:
        """Learn of libraries that a running process loads."""
        try:
            fd = os.open(mapping.link, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            stat = os.fstat(fd)
            key = stat.st_dev, stat.st_ino
            if key in self._linkers:
                return
            self._linkers[key] = None
            with Elf(fd) as elf:
                address = elf.symbols([LIBRARIES_CHANGED]).get(LIBRARIES_CHANGED)
                if address is not None:
                    program = self._program.programs["on_libraries"]
                    self._linkers[key] = self._uprobes.attach(program, f"/proc/self/fd/{fd}", elf.offset(address))
        except (OSError, NotElf, KeyError) as e:
            self._fail(None, mapping.path, None, f"libraries loaded later by its processes are found with delay: {e}")
        finally:
            os.close(fd)

    def _fail(self, pid: int | None, path: str | None, stack: str | None, reason: str) -> None:
        self.failed += 1
        self._outlet.say(protocol.FAILED, pid=pid, file=path, stack=stack, reason=reason)

    def _drop(self, file: File) -> None:
        for fd in file.probes:
            os.close(fd)
        os.close(file.fd)
        self._by_number.pop(file.number, None)
        if self._by_inode.get(file.key[:2]) is file:
            del self._by_inode[file.key[:2]]
        for pid in file.pids:
            self._of_pid.get(pid, set()).discard(file.number)
