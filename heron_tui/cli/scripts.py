"""Commands for scripts and pipes: `query`, `export`, `stores`, `info`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .. import __version__
from ..core.paths import config_dir
from .arguments import Parser, check_files, files_of, is_store, keylog_argument, keylog_of

KINDS = ("calls", "turns", "sessions", "tools", "flows", "exchanges", "packets", "findings", "metrics")


def query(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui query",
        description="Print what a capture or a store holds: one record a line, no screen.",
        epilog=f"KIND is one of: {', '.join(KINDS)} (default: calls)",
    )
    parser.add_argument(
        "files", nargs="*", metavar="FILE|STORE ... KIND", help="captures or a store, then what to print"
    )
    parser.add_argument("--demo", action="store_true", help="the bundled capture")
    keylog_argument(parser)
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
    files = files_of(args)

    from .. import query

    query.check_fields(kind, fields)
    where = query.read_filter(args.filter)

    keylog = keylog_of(args, files)

    def show(store: Path) -> int:
        _tell_losses(store)
        out = sys.stdout.buffer
        return query.run_store(store, kind, fields=fields, form=chosen, full=args.full, out=out, where=where)

    if len(files) == 1 and is_store(files[0]):
        return show(Path(files[0]))
    check_files(files)
    with _analysed(files, args.store, keylog) as store:
        return show(store)


def export(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui export",
        description="Write what agents did in formats that others read: training records, call records, transcripts.",
        epilog="docs/export.md says what each option does, and why something is skipped.",
    )
    parser.add_argument("files", nargs="*", metavar="FILE|STORE", help="captures, or a store")
    parser.add_argument("--demo", action="store_true", help="the bundled capture")
    keylog_argument(parser)
    parser.add_argument("-Y", dest="filter", metavar="FILTER", help="only units that fit this display filter")
    from ..export import command

    command.arguments(parser)
    args = parser.parse_args(arguments)
    if args.list_formats:
        return command.list_formats(sys.stdout.buffer, as_json=args.json_report)
    if not args.files and not args.demo:
        parser.error("name a capture or a store")
    form, options = command.check(args)
    from .. import query

    kind = f"{options.unit}s"
    node = query.read_filter(args.filter)
    files = files_of(args)

    keylog = keylog_of(args, files)

    def write(store: Path) -> int:
        _tell_losses(store)
        fitting = None if node is None else query.matching(store, kind, node)
        return command.run_store(store, form, options.fitting(fitting), args)

    if len(files) == 1 and is_store(files[0]):
        return write(Path(files[0]))
    check_files(files)
    with _analysed(files, None, keylog) as store:
        return write(store)


@contextmanager
def _analysed(files: Sequence[str], store: Path | None, keylog: str | None) -> Iterator[Path]:
    """The store that holds what the captures say: the one named, or one that lives as long as the block."""
    import tempfile

    from ..engine.protocol import Job
    from ..engine.run import run

    with tempfile.TemporaryDirectory(prefix="heron-tui-") as place:
        made = store or Path(place) / "query.store"
        stdin = 0 if "-" in files else None
        job = Job(sources=tuple(files), store=str(made), stdin_fd=stdin, keylog=keylog, config=str(config_dir()))
        run(job, lambda tick: None)
        yield made


def _tell_losses(store: Path) -> None:
    """On stderr: what the engine said of a store's captures, and everything that was lost."""
    from ..engine.losses import words
    from ..store.reader import Reader

    reader = Reader(store)
    try:
        lines, lost = reader.said(), words(reader.counters())
    finally:
        reader.close()
    for line in (*lines, *([f"lost: {lost}"] if lost else ())):
        print(f"heron-tui: {line}", file=sys.stderr)


def stores(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui stores", description="List the stores of earlier runs, newest first.")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args(arguments)
    from .. import query

    return query.stores(as_json=args.json, out=sys.stdout.buffer)


def info(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui info", description="Versions and places: what to put into a bug report.")
    parser.parse_args(arguments)
    import platform
    import shutil
    import sqlite3
    from importlib.metadata import version

    from ..core import paths

    libraries = (
        "textual",
        "rich",
        "sqlite-utils",
        "orjson",
        "msgspec",
        "numpy",
        "h2",
        "pyshark",
        "starlette",
        "uvicorn",
    )
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
