"""`live` and `record`: flags to a `Live`, and who runs with which rights. The roof's second half."""

import argparse
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import config
from ..core.errors import HeronError, PrivilegeError, UsageError
from ..core.paths import config_dir, shipped
from ..model.live import DEFAULT_FILTER, Live, Missing
from ..privileged import asking
from .arguments import Parser, check_screen
from .screen import look_at

if TYPE_CHECKING:
    from .. import tui
    from ..engine.live import LiveCapture

EVERYWHERE = ("any",) if sys.platform == "linux" else ("lo0", "en0")
MEND = "run: sudo heron-tui"


def live(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui live",
        description="What agents on this host do, as they do it.",
        epilog=f"Default: the TLS of your processes, and packets of all interfaces that fit `{DEFAULT_FILTER}`.",
    )
    options(parser)
    parser.add_argument(
        "--store", type=Path, metavar="PATH", help="keep the results in this store (default: a new one)"
    )
    args = parser.parse_args(arguments)
    wanted = read(args)
    check_screen(piped=False)
    with Keeper() as keeper:
        wanted = possible(wanted, keeper)
        from .. import tui
        from ..engine.protocol import Job
        from ..store import catalog

        settings = config.load(config_dir(), os.environ)
        store = args.store or catalog.new_path("live")
        job = Job(store=str(store), live=wanted, keeper_fd=keeper.fileno(), config=str(config_dir()))
        try:
            begins = Capturing(keeper)
            return tui.run(job, store, title=wanted.title, settings=settings, another=look_at, capturing=begins)
        finally:
            catalog.tidy_by(settings)


def record(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui record", description="Capture into a pcapng file: no screen, no analysis. ctrl-c ends it."
    )
    options(parser, write_needed=True)
    parser.add_argument("--duration", type=_seconds, metavar="SECONDS", help="end by itself after that time")
    args = parser.parse_args(arguments)
    wanted = read(args)
    stops: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: stops.append(caught))
    ends = time.monotonic() + args.duration if args.duration else float("inf")
    with Keeper() as keeper:
        wanted = possible(wanted, keeper)
        from ..engine.recording import record as run

        print(f"heron-tui: recording {wanted.title} into {wanted.write}; ctrl-c ends it", file=sys.stderr)
        done = run(wanted, keeper, lambda: bool(stops) or time.monotonic() >= ends, _tell)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for line in done.said():
        print(f"heron-tui: {line}", file=sys.stderr)
    print(f"heron-tui: {counts(done)}", file=sys.stderr)
    return 0


def doctor(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui doctor", description="What live capture needs, and how to mend what is missing.")
    parser.add_argument("--probe", action="store_true", help="let local TLS clients talk, and say which were seen")
    args = parser.parse_args(arguments)
    from ..doctor import checks

    missing = 0
    for check in checks():
        print(check)
        missing += check.state == "missing"
    if args.probe:
        from ..doctor.probing import probe

        with Keeper() as keeper:
            for name, seen in probe(keeper):
                words = {None: "· not installed", True: "✓ seen", False: "✗ not seen"}[seen]
                print(f"{words:<16} {name}", flush=True)
                missing += seen is False
    return 1 if missing else 0


def options(parser: "argparse.ArgumentParser | argparse._ArgumentGroup", *, write_needed: bool = False) -> None:
    add = parser.add_argument
    add(
        "-i",
        dest="interfaces",
        metavar="IFACE",
        action="append",
        default=[],
        help="packets of this interface (may be repeated)",
    )
    add("-f", dest="filter", metavar="FILTER", help="only packets that fit this libpcap filter (man pcap-filter)")
    tls = parser.add_mutually_exclusive_group()
    tls.add_argument(
        "--tls", action="store_true", default=None, help="plaintext of TLS: an error where it cannot be had"
    )
    tls.add_argument("--no-tls", dest="tls", action="store_false", help="packets only")
    add("--no-packets", action="store_true", help="TLS only")
    add(
        "--pid",
        dest="pids",
        metavar="N",
        type=int,
        action="append",
        default=[],
        help="TLS of this process and its children",
    )
    add(
        "--exe", dest="exes", metavar="GLOB", action="append", default=[], help="TLS of processes whose executable fits"
    )
    add("--all-users", action="store_true", help="TLS of all processes, not only yours")
    add("-w", dest="write", metavar="FILE", required=write_needed, help="write what is seen to this pcapng file")


def chosen(args: argparse.Namespace) -> str | None:
    """An option of live captures that was given."""
    flags = {
        "-i": args.interfaces,
        "-f": args.filter,
        "--tls": args.tls,
        "--no-tls": args.tls is False,
        "--no-packets": args.no_packets,
        "--pid": args.pids,
        "--exe": args.exes,
        "--all-users": args.all_users,
        "-w": args.write,
    }
    return next((flag for flag, given in flags.items() if given), None)


def read(args: argparse.Namespace) -> Live:
    """What the flags ask for. Raises UsageError where they contradict each other."""
    if args.no_packets and (args.interfaces or args.filter):
        raise UsageError("--no-packets leaves nothing for -i and -f: drop one of them")
    if args.no_packets and args.tls is False:
        raise UsageError("--no-packets with --no-tls leaves nothing to capture")
    if args.tls is False and (args.pids or args.exes or args.all_users):
        raise UsageError("--pid, --exe and --all-users choose processes for TLS: drop --no-tls")
    if any(pid <= 0 for pid in args.pids):
        raise UsageError("--pid wants the number of a process")
    named = bool(args.interfaces)
    interfaces = () if args.no_packets else tuple(dict.fromkeys(args.interfaces)) or EVERYWHERE
    return Live(
        interfaces=interfaces,
        filter=args.filter if args.filter is not None else "" if named else DEFAULT_FILTER,
        tls=args.tls is not False,
        pids=tuple(args.pids),
        exes=tuple(args.exes),
        all_users=args.all_users,
        must_packets=named or args.filter is not None or args.tls is False,
        must_tls=bool(args.tls or args.no_packets or args.pids or args.exes or args.all_users),
        write=str(Path(args.write).absolute()) if args.write else None,
    )


def possible(wanted: Live, keeper: socket.socket) -> Live:
    """What of it can be had here, said on stderr where that is less. Before any screen and any file.

    Raises:
        HeronError: nothing, or not what was asked for by name.
    """
    had, refused = _had(wanted, keeper)
    for missing in refused:
        print(f"heron-tui: {_mended(missing)}", file=sys.stderr)
    return had


def _had(wanted: Live, keeper: socket.socket) -> tuple[Live, list[HeronError]]:
    """What of it can be had here, and why the rest cannot. Raises as `possible`."""
    refused: list[HeronError] = []
    interfaces: list[str] = []
    for interface in wanted.interfaces:
        try:
            asking.check(keeper, {"want": "packets", "interface": interface, "filter": wanted.filter})
            interfaces.append(interface)
        except HeronError as error:
            refused.append(error)
            if wanted.must_packets or error.exit_code == 2:
                raise _mended(error) from None
    tls = wanted.tls
    if tls:
        try:
            asking.check(
                keeper, {"want": "tls", "pids": wanted.pids, "exes": wanted.exes, "all_users": wanted.all_users}
            )
        except HeronError as error:
            tls = False
            refused.append(error)
            if wanted.must_tls:
                raise _mended(error) from None
    if not interfaces and not tls:
        raise _mended(refused[0] if len(refused) == 1 else _both(refused))
    return replace(wanted, interfaces=tuple(interfaces), tls=tls), refused


def _both(refused: list[HeronError]) -> HeronError:
    kinds = {type(error) for error in refused}
    kind = PrivilegeError if PrivilegeError in kinds else type(refused[0])
    return kind("; ".join(map(str, refused)))


def _mended(error: HeronError) -> HeronError:
    if not isinstance(error, PrivilegeError):
        return error
    words = [word for word in sys.argv[1:2] if word in ("live", "record", "serve", "doctor")]
    command = " ".join(words) or "live"
    dumpcap = (
        "; for packets alone: sudo usermod -aG wireshark $USER, and log in again" if "packets" in str(error) else ""
    )
    return PrivilegeError(f"{error}: {MEND} {command}{dumpcap}")


class Capturing:
    """Live captures from a screen that shows a file or a store.

    Args:
        keeper: who starts capturers; None: one is started when it is first needed, with the rights that there are then.
    """

    usual = Live(interfaces=EVERYWHERE, filter=DEFAULT_FILTER)

    def __init__(self, keeper: socket.socket | None = None) -> None:
        self._keeper = keeper

    def missing(self) -> Missing:
        tls, packets = "", ""
        try:
            asking.check(self._held(), {"want": "tls", "pids": (), "exes": (), "all_users": False})
        except HeronError as error:
            tls = str(_mended(error))
        try:
            asking.check(self._held(), {"want": "packets", "interface": EVERYWHERE[0], "filter": DEFAULT_FILTER})
        except HeronError as error:
            packets = str(_mended(error))
        return Missing(packets=packets, tls=tls)

    def begin(self, live: Live, /) -> "tui.Looking":
        from ..engine.protocol import Job
        from ..store import catalog

        had, _ = _had(live, self._held())  # what cannot be had is in the notes of the capture
        store = catalog.new_path("live")
        job = Job(store=str(store), live=had, keeper_fd=self._held().fileno(), config=str(config_dir()))
        return job, store, had.title

    def _held(self) -> socket.socket:
        if self._keeper is None:
            self._keeper = asking.start_keeper(shipped("bpf") / "helper.py")
        return self._keeper


class Keeper:
    """Starts the keeper with the rights that there are, and gives up root. Closing it ends what it started."""

    def __enter__(self) -> socket.socket:
        self._socket = asking.start_keeper(shipped("bpf") / "helper.py")
        asking.give_up_root()
        return self._socket

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def counts(done: "LiveCapture") -> str:
    """Packets, bytes and everything lost, on one line."""
    recording = done.recording
    parts = [f"{recording.packets:,} packets, {recording.size:,} bytes written" if recording else "nothing written"]
    parts.append(f"{sum(program.dropped for program in done.programs):,} packets dropped by the kernel")
    if plaintext := done.plaintext:
        parts.append(
            f"TLS: {plaintext.processes} processes watched, {plaintext.lost_records:,} records lost, "
            f"{plaintext.cut_bytes:,} bytes cut, {plaintext.failed.total()} not to be watched"
        )
    return "; ".join(parts)


def _tell(done: "LiveCapture") -> None:
    if done.alarm:
        print(f"\nheron-tui: {done.alarm}", file=sys.stderr)
    if sys.stderr.isatty():
        print(f"\r\x1b[K{counts(done)}", end="", file=sys.stderr, flush=True)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(text)
    return value
