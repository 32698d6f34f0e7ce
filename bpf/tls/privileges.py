"""What the helper gives up, and what it keeps because processes that start later must be attached too."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import stat
import struct

# linux/capability.h
DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN, PERFMON, BPF, CHECKPOINT_RESTORE = 2, 19, 21, 38, 39, 40
# open other users' files · read their /proc/PID/{maps,exe,root} · perf_event_open for uprobes · BPF maps and programs
KEPT = (DAC_READ_SEARCH, SYS_PTRACE, SYS_ADMIN, PERFMON, BPF, CHECKPOINT_RESTORE)
LAST_KNOWN = 63
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522
SYS_IOPRIO_SET, IOPRIO_IDLE = 251, 3 << 13  # x86-64; ioprio_set(2)

libc = ctypes.CDLL(None, use_errno=True)


def effective() -> int:
    """The effective capabilities as a bit set."""
    with open("/proc/self/status", encoding="ascii") as f:
        for line in f:
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0


def may_attach() -> bool:
    """CAP_SYS_ADMIN: CAP_BPF and CAP_PERFMON do not suffice for uprobes on files."""
    return bool(effective() >> SYS_ADMIN & 1)


def die_with(parent: int) -> None:
    """End when the parent does. Exits at once if it has gone already."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(0)


def begin_child(helper: int) -> None:
    """A forked child's first steps: it ends with the helper, reads and prints nothing, and keeps what `drop` keeps."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    die_with(helper)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    drop()


def drop() -> None:
    """Keep six capabilities; no new ones, no core dumps, no files. Raises OSError."""
    for cap in range(LAST_KNOWN + 1):
        if cap not in KEPT:
            libc.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    kept = sum(1 << cap for cap in KEPT) & effective()
    head = struct.pack("<Ii", CAPABILITY_VERSION_3, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    if libc.capset(head, struct.pack("<6I", low, low, 0, high, high, 0)):
        code = ctypes.get_errno()
        raise OSError(code, f"capset: {os.strerror(code)}")
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not stat.S_ISREG(os.fstat(1).st_mode) and not stat.S_ISREG(os.fstat(2).st_mode):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def last_in_line() -> None:
    """Take only the processor time and the disk time that nobody else wants."""
    os.nice(19)
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    libc.syscall(SYS_IOPRIO_SET, 1, 0, IOPRIO_IDLE)


def end(child: int) -> None:
    """Kill a child, if it still runs, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)


def more_descriptors(wanted: int = 65536) -> None:
    """A probe is a descriptor."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
