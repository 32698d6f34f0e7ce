"""The helper's life: load, attach to what runs, read the ring, follow processes, end."""

from __future__ import annotations

import heapq
import os
import select
import signal
import sys
import time

from . import namespace, privileges, processes, program, protocol, records
from .files import Files
from .hooks import STACKS
from .installed import Installed
from .locating import Locator
from .processes import Process, Selection
from .program import Program, Trouble
from .protocol import Outlet
from .ring import Ring
from .talks import Talks

IDLE_S, BUSY_S = 0.05, 0.01
RESCANS_NS = (30_000_000, 150_000_000, 600_000_000, 2_000_000_000)  # after exec: libraries of a linker not known yet
SECOND_NS = 1_000_000_000
LAST_ROUNDS = 64  # of at most 4 MiB each, when the end is asked for
STDIN, STDOUT = 0, 1


class Stop(BaseException):
    """The end was asked for while a write was waiting for a reader."""


class Stopper:
    """SIGTERM and SIGINT. What was being written is finished first, unless nobody reads it."""

    def __init__(self, outlet: Outlet) -> None:
        self.asked = False
        self._outlet = outlet
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.asked = True
        if self._outlet.writing:
            raise Stop


def run(selection: Selection, ring_bytes: int) -> int:
    """Returns the exit code."""
    outlet = Outlet(STDOUT)
    stopper = Stopper(outlet)
    helper: Helper | None = None
    try:
        privileges.die_with(os.getppid())
        helper = Helper(selection, ring_bytes, outlet)
        helper.serve(stopper)
    except Trouble as e:
        print(f"heron-tui TLS helper: {e.text}. {e.mend}", file=sys.stderr)
        try:
            outlet.say(protocol.TROUBLE, code=e.code, text=e.text, mend=e.mend, fatal=True)
            outlet.flush()
        except BrokenPipeError:
            pass
        return e.status
    except (Stop, BrokenPipeError):
        pass
    finally:
        if helper:
            helper.locator.close()
            helper.installed.close()
    return 0


def _prepare() -> None:
    if sys.platform != "linux":
        raise Trouble(
            "not-linux", "TLS plaintext is read by eBPF, which only Linux has", "capture packets instead: --no-tls"
        )
    if not privileges.may_attach():
        raise Trouble("no-privilege", "uprobes need root (CAP_SYS_ADMIN)", "start with sudo", status=3)
    try:
        namespace.enter()
    except OSError as e:
        raise Trouble(
            "no-privilege", f"cannot make a mount namespace: {e}", "start with sudo, outside of a container", status=3
        ) from e
    privileges.more_descriptors()


class Helper:
    def __init__(self, selection: Selection, ring_bytes: int, outlet: Outlet) -> None:
        _prepare()
        self._selection, self._outlet = selection, outlet
        self.locator = Locator()
        uids = None if selection.uids is None else sorted(selection.uids)
        self.installed = Installed(uids)
        self._program = Program(uids, selection.listed, ring_bytes)
        try:
            self._ring = Ring(self._program.ring_fd, ring_bytes)
            self._files = Files(self._program, self.locator, outlet)
        except OSError as e:
            raise Trouble(
                "no-ring", f"the kernel's buffer or its uprobes cannot be used: {e}", "kernel 5.8 or later is needed"
            ) from e
        self._talks = Talks(outlet, self._program.ignore, self._files)
        self._processes: dict[int, Process] = {}
        self._taken: set[int] = set()
        self._rescans: list[tuple[int, int]] = []
        self._ready = False
        self._probes = -1
        self._lost = 0
        self._peak = 0
        self._next_tick = 0
        self._offset = 0
        self._clock()
        outlet.say(
            protocol.HELLO,
            version=protocol.VERSION,
            pid=os.getpid(),
            kernel=os.uname().release,
            bcc=self._program.bcc_version,
            headers=self._program.headers,
            ring_bytes=ring_bytes,
            watch={
                "all_users": selection.uids is None,
                "uids": uids or [],
                "pids": sorted(selection.pids),
                "exes": list(selection.globs),
            },
            addresses=self._program.addresses,
        )
        if self._program.addresses == "none":
            outlet.say(
                protocol.TROUBLE,
                code="no-addresses",
                text="this kernel has no tracepoint that tells a connection's addresses: they stay unknown",
                mend="kernel 4.16 or later is needed",
                fatal=False,
            )
        outlet.flush()

    def serve(self, stopper: Stopper) -> None:
        """Until told to stop, by a signal or by the end of stdin. Raises BrokenPipeError when nobody reads any more."""
        self._files.attach_installed()
        for pid in processes.running():
            self._consider(pid)
        privileges.drop()
        poll = select.epoll()
        poll.register(self._program.ring_fd, select.EPOLLIN)
        for fd in (*self.locator.fds, self.installed.fd):
            poll.register(fd, select.EPOLLIN)
        poll.register(STDOUT, select.EPOLLERR)
        self._watch_stdin(poll)
        busy = True
        while not stopper.asked:
            for fd, event in poll.poll(BUSY_S if busy else IDLE_S):
                if fd in self.locator.fds:
                    self._hear_of_functions(fd)
                elif fd == self.installed.fd:
                    self._hear_of_installed(poll)
                elif fd == STDIN and not self._stdin_alive():
                    stopper.asked = True
                elif fd == STDOUT and event & (select.EPOLLERR | select.EPOLLHUP):
                    raise BrokenPipeError
            busy = self._drain()
            self._files.drop_overwritten()
            now = time.monotonic_ns()
            while self._rescans and self._rescans[0][0] <= now:
                self._look(heapq.heappop(self._rescans)[1])
            if not self._ready and not self._files.waiting:
                self._say_ready()
            if now >= self._next_tick:
                self._tick(now)
            self._outlet.flush()
        for _ in range(LAST_ROUNDS):  # what the kernel has gathered so far
            if not self._drain():
                break
        self._outlet.flush()

    # -- the ring

    def _drain(self) -> bool:
        """Whether there was anything."""
        waiting = self._ring.waiting
        self._peak = max(self._peak, waiting)
        data, head, offset, talks = self._ring.data, records.HEAD, self._offset, self._talks
        for at in self._ring.records():
            conn, ktime, place, ptr, pid, n, kind, direction, stack, first, _ = head.unpack_from(data, at)
            when = ktime + offset
            if kind in (records.DATA, records.CUT):
                if not talks.knows(conn):  # the record that began it was lost
                    talks.begin(conn, ptr, self._process(pid, "", 0), STACKS.get(stack, "openssl"), False, when)
                start = at + head.size
                payload = bytes(data[start : start + n]) if kind == records.DATA else None
                talks.data(conn, records.Piece(place, when, direction, payload, n, bool(first)))
            elif kind == records.CONN:
                began = records.began(data, at)
                process = self._process(pid, began.comm, began.uid)
                talks.begin(conn, ptr, process, STACKS.get(stack, "openssl"), began.fresh, when)
            elif kind == records.ADDRESS:
                talks.address(conn, records.address(data, at))
            elif kind == records.GONE:
                talks.gone(conn, when)
            elif kind == records.SOCKET_CLOSED:
                talks.socket_closed(conn, when)
            elif kind == records.EXEC:
                self._over(pid, when)
                self._consider(pid)
                now = time.monotonic_ns()
                for wait in RESCANS_NS:
                    heapq.heappush(self._rescans, (now + wait, pid))
            elif kind == records.LIBRARIES:
                self._look(pid)
            elif kind == records.EXIT:
                self._over(pid, when)
                talks.exited(pid, when)
                self._taken.discard(pid)
                self._processes.pop(pid, None)
        return bool(waiting)

    # -- processes

    def _consider(self, pid: int) -> None:
        """A process that runs, or that has executed a file: is it watched, and what does it carry?"""
        process = processes.read(pid)
        if process is None or process.exe is None or pid == os.getpid() or process.ppid == os.getpid():
            return
        parents = {process.ppid, *(parent for parent, _, _ in process.parents)}
        taken = self._selection.takes(process, bool(parents & (self._taken | self._selection.pids)))
        if self._selection.listed:
            self._program.watch(pid, taken)
        if not taken:
            self._taken.discard(pid)
            return
        self._taken.add(pid)
        self._processes[pid] = process
        self._files.look(process)

    def _look(self, pid: int) -> None:
        process = self._processes.get(pid)
        if process is None:
            self._consider(pid)
        elif pid in self._taken:
            self._files.look(process)

    def _process(self, pid: int, comm: str, uid: int) -> Process:
        """Whose connection it is; what the kernel told, if it has ended before it could be looked at."""
        known = self._processes.get(pid)
        if known is None:
            known = processes.read(pid) or Process(pid, 0, 0, uid, comm, None, (), "", ())
            self._processes[pid] = known
        return known

    def _over(self, pid: int, when: int) -> None:
        for conn, ptr in self._talks.process_over(pid, when):
            self._program.forget(conn, ptr, pid)
        self._files.forget(pid)
        self._processes.pop(pid, None)

    def _hear_of_functions(self, fd: int) -> None:
        try:
            self._files.answered(fd)
        except EOFError:
            raise Trouble(
                "no-search", "the process that looks for TLS functions has ended", "start the capture again"
            ) from None

    def _hear_of_installed(self, poll: select.epoll) -> None:
        for answer in self.installed.answers():
            self._files.installed(answer)
        if self.installed.over:
            poll.unregister(self.installed.fd)

    # -- once a second

    def _tick(self, now: int) -> None:
        self._next_tick = now + SECOND_NS
        self._clock()
        self._files.tick(now / SECOND_NS)
        self._talks.tick(now + self._offset)
        lost = self._program.counts(program.LOST)
        if sum(lost) != self._lost:
            self._lost = sum(lost)
            self._outlet.say(protocol.LOST, records=self._lost, per_cpu=lost)
        probes = self._files.probe_count
        if self._ready and probes == 0 != self._probes:
            self._outlet.say(
                protocol.TROUBLE,
                code="no-probes",
                text="no probe is attached: nothing that carries TLS was found, or all of it was refused",
                mend="watch other processes (--all-users, --pid, --exe), or look at what FAILED",
                fatal=False,
            )
        self._probes = probes if self._ready else -1
        self._outlet.say(
            protocol.STATS,
            time=now + self._offset,
            probes=probes,
            files=self._files.in_use,
            processes=len(self._taken),
            conns=self._talks.open,
            records=sum(self._program.counts(program.RECORDS)),
            bytes=self._talks.bytes,
            lost_records=self._lost,
            cut_bytes=sum(self._program.counts(program.CUT_BYTES)),
            ignored_conns=self._talks.ignored,
            ignored_bytes=self._talks.ignored_bytes + sum(self._program.counts(program.IGNORED_BYTES)),
            failed=self._files.failed,
            ring_bytes=self._ring.size,
            ring_peak=self._peak,
        )

    def _say_ready(self) -> None:
        self._ready = True
        self._next_tick = 0
        files = self._files
        self._outlet.say(protocol.READY, processes=len(self._taken), files=files.in_use, probes=files.probe_count)

    def _clock(self) -> None:
        """From the kernel's monotonic time to the time of day."""
        self._offset = time.clock_gettime_ns(time.CLOCK_REALTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)

    # -- the parent

    def _watch_stdin(self, poll: select.epoll) -> None:
        try:
            poll.register(STDIN, select.EPOLLIN | select.EPOLLHUP)
        except (
            PermissionError
        ):  # a regular file or /dev/null, which never ends: the pipe and the parent's death still do
            pass

    def _stdin_alive(self) -> bool:
        return bool(os.read(STDIN, 4096))
