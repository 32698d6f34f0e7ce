"""What the engine process and its owner say to each other: JSON lines on pipes.

Owner to engine: the `Job`, as one line on stdin, then `Command` lines. Engine to owner: `Tick` lines on stdout, at most
ten a second, and a last one with `state` `done` or `failed`. Nothing else is ever printed there.
"""

import subprocess
import sys
from typing import Literal

import msgspec

from ..model.live import Live


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the engine shall do.

    Attributes:
        sources: capture files in any order, `-` for stdin of the owner (passed on as `stdin_fd`).
        store: path of the store to write.
        speed: 0 as fast as possible, else a factor of the capture's own pace.
        follow: keep reading a file that is still being written.
        config: the user's configuration directory: profiles in `profiles/`, a table of models in `models.toml`.
        spool: directory for raw packets that have no capture file (stdin, compressed files).
        keylog: keys of TLS connections in `sources` (NSS key log).
        live: capture on this host instead of reading `sources`; `keeper_fd` is the socket of who starts capturers.
    """

    sources: tuple[str, ...] = ()
    store: str
    speed: float = 0.0
    follow: bool = False
    config: str | None = None
    spool: str | None = None
    stdin_fd: int | None = None
    live: Live | None = None
    keylog: str | None = None
    keeper_fd: int | None = None


class Command(msgspec.Struct, frozen=True):
    do: Literal["stop", "pause", "resume"]


class Counters(msgspec.Struct, kw_only=True):
    """Everything counted since the start. Every kind of loss has a place here.

    Attributes:
        tls_lost, tls_cut_bytes: records that the kernel's buffer had no room for, and bytes that were not sent.
        tls_failed: processes and files that cannot be watched. tls_ignored: connections without HTTP.
        tls_mirrored: connections seen at both ends on this host, and kept once.
        tls_processes, tls_probes: watched now.
        tls_closed: TLS connections of which the keys that there are open nothing.
        processes_unknown: connections of which nobody here seems to be an end.
        undecoded_bytes: taken in and kept, but not decoded when the capture was ended.
        raw_let_go: bytes of raw packets that were kept beside the store, and are no more.
    """

    packets: int = 0
    bytes: int = 0
    flows: int = 0
    exchanges: int = 0
    events: int = 0
    calls: int = 0
    turns: int = 0
    findings: int = 0
    gaps: int = 0
    lost_bytes: int = 0
    kernel_drops: int = 0
    undecoded_bytes: int = 0
    raw_let_go: int = 0
    truncated_packets: int = 0
    damaged: int = 0
    bytes_skipped: int = 0
    bodies_cut: int = 0
    desyncs: int = 0
    tls_lost: int = 0
    tls_cut_bytes: int = 0
    tls_failed: int = 0
    tls_ignored: int = 0
    tls_mirrored: int = 0
    tls_processes: int = 0
    tls_probes: int = 0
    tls_closed: int = 0
    processes_unknown: int = 0


class Tick(msgspec.Struct, kw_only=True):
    """State of the engine. `version` rises with each commit to the store: readers look again when it does.

    `progress` is 0..1 of the sources' bytes, None where their length is unknown. `now_us` is the capture time reached.
    `message` is one line for a person (an error when `state` is `failed`, a warning otherwise). `alarm` must not be
    missed as long as it is there. `behind_us` is how far a live capture's decoding is behind its packets, and
    `behind_bytes` how many of their bytes wait for it on the disk.
    """

    state: Literal["starting", "running", "paused", "done", "failed"]
    version: int = 0
    now_us: int = 0
    progress: float | None = None
    counters: Counters = msgspec.field(default_factory=Counters)
    message: str = ""
    notes: tuple[str, ...] = ()
    alarm: str = ""
    behind_us: int = 0
    behind_bytes: int = 0


_encode = msgspec.json.Encoder().encode
decode_tick = msgspec.json.Decoder(Tick).decode
decode_job = msgspec.json.Decoder(Job).decode
decode_command = msgspec.json.Decoder(Command).decode


def line(message: Job | Command | Tick) -> bytes:
    """One message as one line."""
    return _encode(message) + b"\n"


def spawn(job: Job) -> subprocess.Popen[bytes]:
    """Start an engine process for `job`. Its ticks come on `.stdout`; closing `.stdin` ends it."""
    keep = [fd for fd in (job.stdin_fd, job.keeper_fd) if fd is not None]
    process = subprocess.Popen(
        [sys.executable, "-m", "heron_tui.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=keep,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(line(job))
    process.stdin.flush()
    return process
