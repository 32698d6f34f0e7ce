"""The command line: starts things, owns no logic. Importing it loads neither Textual nor the store."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import __version__
from .core import config
from .core.errors import HeronError, SourceError, UsageError
from .core.paths import config_dir

if TYPE_CHECKING:
    from . import tui
    from .cost.table import Models

KINDS = ("calls", "turns", "sessions", "tools", "flows", "exchanges", "packets", "findings", "metrics")
SQLITE_MAGIC = b"SQLite format 3\x00"
FOR_SCRIPTS = "for scripts there is: heron-tui query FILE calls --json"
SPEEDS = {"max": 0.0, "1x": 1.0, "10x": 10.0}


def _window(model: str | None) -> int | None:
    """Tokens that fit into a model's window, by the table of models; it is read when it is first asked."""
    return _models().window(model)


@cache
def _models() -> "Models":
    from .cost import table

    own = config_dir() / table.FILE
    return table.load(own if own.is_file() else None)


class Parser(argparse.ArgumentParser):
    """Usage errors as one line and exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see: {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; answers its exit code.

    0 ok, 1 error, 2 usage, 3 missing privilege, 4 source failed, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] not in (["live"], ["record"], ["doctor"]):  # these start what needs root first
            _give_up_root()
        if arguments and arguments[0] in COMMANDS:
            return COMMANDS[arguments[0]](arguments[1:])
        return _open(arguments)
    except HeronError as error:
        print(f"heron-tui: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _open(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui",
        description="The Wireshark for AI agents, in a terminal: what the agents in a capture did, down to the byte.",
        epilog="commands: live, record, query, export, replay, stores, doctor, info; each has its --help.",
    )
    _capture_arguments(parser)
    parser.add_argument("--version", action="version", version=f"heron-tui {__version__}")
    args = parser.parse_args(arguments)
    if not args.files and not args.demo:
        parser.print_help(sys.stderr)
        print("\nheron-tui: name a capture or a store, or try: heron-tui --demo", file=sys.stderr)
        return 2
    return _show(args, speed=0.0)


def _replay(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui replay", description="The TUI, fed at the capture's own pace.")
    _capture_arguments(parser)
    parser.add_argument("--speed", choices=tuple(SPEEDS), default="1x", help="pace of the replay (default 1x)")
    args = parser.parse_args(arguments)
    if not args.files and not args.demo:
        parser.error("name a capture to replay")
    return _show(args, speed=SPEEDS[args.speed])


def _capture_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="captures (pcap, pcapng, gzip, zstd), a store, or - for stdin"
    )
    parser.add_argument("--demo", action="store_true", help="a bundled capture of real agents")
    _keylog_argument(parser)
    parser.add_argument(
        "--store", type=Path, metavar="PATH", help="keep the results in this store (default: a new one)"
    )
    parser.add_argument("--theme", metavar="NAME", help="dark, light, 16, plain, or one of your own")
    parser.add_argument("--follow", action="store_true", help="keep reading a file that is still being written")


def _keylog_argument(parser: argparse.ArgumentParser) -> None:
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


def _show(args: argparse.Namespace, *, speed: float) -> int:
    check_screen(piped="-" in args.files)
    files = _files(args)
    from . import tui
    from .engine.protocol import Job
    from .store import catalog

    settings = config.load(config_dir(), os.environ, theme=args.theme)
    if len(files) == 1 and is_store(files[0]):
        _keylog(args, files)
        return tui.run(
            None, Path(files[0]), title=Path(files[0]).name, settings=settings, another=look_at, window=_window
        )
    _check(files)
    store = args.store or catalog.new_path(Path(files[0]).name if files[0] != "-" else "stdin")
    keylog = _keylog(args, files)
    stdin = _take_stdin() if "-" in files else None
    job = Job(
        sources=tuple(files),
        store=str(store),
        speed=speed,
        follow=args.follow,
        keylog=keylog,
        stdin_fd=stdin,
        config=str(config_dir()),
    )
    try:
        title = "demo" if args.demo else ", ".join(Path(f).name for f in files)
        return tui.run(job, store, title=title, settings=settings, another=look_at, window=_window)
    finally:  # behind the screen, not before its first paint
        catalog.tidy(
            most=int(settings.number("stores.most")),
            most_bytes=int(settings.number("stores.gigabytes") * (1 << 30)),
            oldest_days=settings.number("stores.days"),
        )


def look_at(path: Path) -> "tui.Looking":
    """What the screen looks at when another file is opened in it."""
    from .engine.protocol import Job
    from .store import catalog

    if is_store(str(path)):
        return None, path, path.name
    _check([str(path)])
    store = catalog.new_path(path.name)
    return Job(sources=(str(path),), store=str(store), config=str(config_dir())), store, path.name


def _query(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui query",
        description="Print what a capture or a store holds: one record a line, no screen.",
        epilog=f"KIND is one of: {', '.join(KINDS)} (default: calls)",
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE|STORE ... KIND", help="captures or a store, then what to print"
    )
    parser.add_argument("--demo", action="store_true", help="the bundled capture")
    _keylog_argument(parser)
    parser.add_argument(
        "-Y", dest="filter", metavar="FILTER", help="only what fits this display filter (docs/filter.md)"
    )
    parser.add_argument("--fields", metavar="A,B", help="only these fields, in this order")
    parser.add_argument("--full", action="store_true", help="texts whole, not cut")
    parser.add_argument("--store", type=Path, metavar="PATH", help="keep the results in this store")
    form = parser.add_mutually_exclusive_group()
    forms = {"json": "one JSON object a line", "csv": "comma separated, with a header", "table": "for eyes"}
    for name, words in forms.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=words)
    args = parser.parse_args(arguments)
    kind = args.files.pop() if args.files and args.files[-1] in KINDS else "calls"
    if not args.files and not args.demo:
        parser.error("name a capture or a store")
    chosen = args.form or ("table" if sys.stdout.isatty() else "json")
    fields = args.fields.split(",") if args.fields else None
    files = _files(args)

    from . import query

    query.check_fields(kind, fields)
    where = query.read_filter(args.filter)

    keylog = _keylog(args, files)

    def show(store: Path) -> int:
        out = sys.stdout.buffer
        return query.run_store(store, kind, fields=fields, form=chosen, full=args.full, out=out, where=where)

    if len(files) == 1 and is_store(files[0]):
        return show(Path(files[0]))
    _check(files)
    with _analysed(files, args.store, keylog) as store:
        return show(store)


def _export(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui export",
        description="Write what agents did in formats that others read: training records, call records, transcripts.",
        epilog="docs/export.md says what each option does, and why something is skipped.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE|STORE", help="captures, or a store")
    parser.add_argument("--demo", action="store_true", help="the bundled capture")
    _keylog_argument(parser)
    parser.add_argument("-Y", dest="filter", metavar="FILTER", help="only units that fit this display filter")
    from .export import command

    command.arguments(parser)
    args = parser.parse_args(arguments)
    if args.list_formats:
        return command.list_formats(sys.stdout.buffer, as_json=args.json_report)
    if not args.files and not args.demo:
        parser.error("name a capture or a store")
    form, options = command.check(args)
    from . import query

    kind = f"{options.unit}s"
    node = query.read_filter(args.filter)
    files = _files(args)

    keylog = _keylog(args, files)

    def write(store: Path) -> int:
        fitting = None if node is None else query.matching(store, kind, node)
        return command.run_store(store, form, options.fitting(fitting), args)

    if len(files) == 1 and is_store(files[0]):
        return write(Path(files[0]))
    _check(files)
    with _analysed(files, None, keylog) as store:
        return write(store)


@contextmanager
def _analysed(files: Sequence[str], store: Path | None, keylog: str | None) -> Iterator[Path]:
    """The store that holds what the captures say: the one named, or one that lives as long as the block."""
    import tempfile

    from .engine.protocol import Job, Tick
    from .engine.run import run

    with tempfile.TemporaryDirectory(prefix="heron-tui-") as place:
        made = store or Path(place) / "query.store"
        ticks: list[Tick] = []
        stdin = 0 if "-" in files else None
        job = Job(sources=tuple(files), store=str(made), stdin_fd=stdin, keylog=keylog, config=str(config_dir()))
        run(job, ticks.append)
        for note in ticks[-1].notes if ticks else ():
            print(f"heron-tui: {note}", file=sys.stderr)
        yield made


def _stores(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui stores", description="List the stores of earlier runs, newest first.")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args(arguments)
    from . import query

    return query.stores(as_json=args.json, out=sys.stdout.buffer)


def _info(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui info", description="Versions and places: what to put into a bug report.")
    parser.parse_args(arguments)
    import platform
    import shutil
    import sqlite3
    from importlib.metadata import version

    from .core import paths

    libraries = ("textual", "rich", "sqlite-utils", "orjson", "msgspec", "numpy", "h2", "pyshark")
    lines = {
        "heron-tui": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "sqlite": sqlite3.sqlite_version,
        "libraries": ", ".join(f"{name} {version(name)}" for name in libraries),
        "tshark": shutil.which("tshark") or "not found (--keylog and the full dissection of a packet need it)",
        "configuration": str(paths.config_dir()),
        "stores": str(paths.state_dir() / "stores"),
        "profiles": str(paths.shipped("profiles")),
    }
    width = max(map(len, lines))
    print("\n".join(f"{name:<{width}}  {value}" for name, value in lines.items()))
    return 0


def is_store(path: str) -> bool:
    try:
        with Path(path).open("rb") as file:
            return file.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except OSError:
        return False


def _files(args: argparse.Namespace) -> list[str]:
    if not args.demo:
        return list(args.files)
    if args.files:
        raise UsageError("--demo brings its own capture: leave out the file")
    from .capture.demo import PATH

    return [str(PATH)]


def _check(files: Sequence[str]) -> None:
    """Say at once, before any screen or store, what cannot be read."""
    for name in files:
        if name != "-":
            if is_store(name):
                raise UsageError(f"{name} is a store: open it alone, without captures beside it")
            try:
                with Path(name).open("rb"):
                    pass
            except OSError as error:
                raise SourceError(f"{name}: {error.strerror}") from None


def _keylog(args: argparse.Namespace, files: Sequence[str]) -> str | None:
    """The key log, once it is sure that it can be used with these files."""
    if args.keylog is None:
        return None
    from .capture.tshark import check_keylog

    for name in files:
        if name == "-" or getattr(args, "follow", False) or (Path(name).exists() and not Path(name).is_file()):
            raise UsageError("--keylog needs captures that are files and whole: save this one first")
        if is_store(name):
            raise UsageError(f"{name} is a store, whose TLS is read already or not at all: --keylog needs the capture")
    check_keylog(args.keylog)
    return str(args.keylog.absolute())


def _take_stdin() -> int:
    """Move the capture off file descriptor 0 and put the terminal there, so that keys can be read."""
    capture = os.dup(0)
    terminal = os.open("/dev/tty", os.O_RDWR)
    os.dup2(terminal, 0)
    os.close(terminal)
    return capture


def _live(arguments: Sequence[str]) -> int:
    from .cli_live import live

    return live(arguments)


def _record(arguments: Sequence[str]) -> int:
    from .cli_live import record

    return record(arguments)


def _doctor(arguments: Sequence[str]) -> int:
    from .cli_live import doctor

    return doctor(arguments)


def _give_up_root() -> None:
    """Started with sudo: captures, stores and filters are read as the user who called."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        from .privileged.asking import give_up_root

        give_up_root()


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "live": _live,
    "record": _record,
    "doctor": _doctor,
    "query": _query,
    "export": _export,
    "replay": _replay,
    "stores": _stores,
    "info": _info,
}


if __name__ == "__main__":
    sys.exit(main())
