"""Flags that several commands share, and what is said of them before anything starts."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..core.beginnings import LONGEST, may_be_capture
from ..core.errors import SourceError, UsageError

SQLITE_MAGIC = b"SQLite format 3\x00"


class Parser(argparse.ArgumentParser):
    """Usage errors as one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see: {self.prog} --help)")


def capture_arguments(parser: argparse.ArgumentParser) -> None:
    source_arguments(parser)
    parser.add_argument("--theme", metavar="NAME", help="dark, light, 16, plain, or one of your own")


def source_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="captures (pcap, pcapng, gzip, zstd), a store, or - for stdin"
    )
    parser.add_argument("--demo", action="store_true", help="a bundled capture of real agents")
    keylog_argument(parser)
    parser.add_argument(
        "--store", type=Path, metavar="PATH", help="keep the results in this store (default: a new one)"
    )
    parser.add_argument("--follow", action="store_true", help="keep reading a file that is still being written")


def keylog_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keylog", type=Path, metavar="FILE", help="keys of TLS connections in the captures (SSLKEYLOGFILE)"
    )


def check_screen(*, piped: bool) -> None:
    """Raises UsageError where no screen can be drawn. `piped`: a capture comes on standard input."""
    if not (sys.stdout.isatty() and (sys.stdin.isatty() or piped)):
        raise UsageError("the screen needs a terminal; for scripts there is: heron-tui query FILE calls --json")
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise UsageError(
            "this terminal (TERM=dumb) cannot show the screen; for scripts: heron-tui query FILE calls --json"
        )


def is_store(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError:
        return False


def files_of(args: argparse.Namespace) -> list[str]:
    if not args.demo:
        return list(args.files)
    if args.files:
        raise UsageError("--demo brings its own capture: leave out the file")
    from ..capture.demo import PATH

    return [str(PATH)]


def check_files(files: Sequence[str]) -> None:
    """Say at once, before any screen or store, what cannot be read."""
    for name in files:
        if name != "-":
            if is_store(name):
                raise UsageError(f"{name} is a store: open it alone, without captures beside it")
            path = Path(name)
            if path.is_dir():
                raise SourceError(f"{name}: a directory; name a capture or a store in it")
            try:
                with path.open("rb") as file:
                    head = file.read(LONGEST) if path.is_file() else b""
            except OSError as error:
                raise SourceError(f"{name}: {error.strerror}") from None
            if not may_be_capture(head):
                raise SourceError(f"{name}: not a capture (pcap or pcapng, plain or compressed with gzip or zstd)")


def keylog_of(args: argparse.Namespace, files: Sequence[str]) -> str | None:
    """The key log, once it is sure that it can be used with these files."""
    if args.keylog is None:
        return None
    from ..capture.tshark import check_keylog

    for name in files:
        if name == "-" or getattr(args, "follow", False) or (Path(name).exists() and not Path(name).is_file()):
            raise UsageError("--keylog needs captures that are files and whole: save this one first")
        if is_store(name):
            raise UsageError(f"{name} is a store, whose TLS is read already or not at all: --keylog needs the capture")
    check_keylog(args.keylog)
    return str(args.keylog.absolute())


def take_stdin() -> int:
    """Move the capture off file descriptor 0 and put the terminal there, so that keys can be read."""
    capture = os.dup(0)
    terminal = os.open("/dev/tty", os.O_RDWR)
    os.dup2(terminal, 0)
    os.close(terminal)
    return capture
