"""Commands with a screen: `heron-tui FILE`, `replay`."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from ..core import config
from ..core.paths import config_dir
from .arguments import Parser, capture_arguments, check_files, check_screen, files_of, is_store, keylog_of, take_stdin

if TYPE_CHECKING:
    from .. import tui
    from ..cost.table import Models

SPEEDS = {"max": 0.0, "1x": 1.0, "10x": 10.0}


def open_(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui",
        description="The Wireshark for AI agents, in a terminal: what the agents in a capture did, down to the byte.",
        epilog="commands: live, record, query, export, serve, replay, stores, doctor, info; each has its --help.",
    )
    capture_arguments(parser)
    parser.add_argument("--version", action="version", version=f"heron-tui {__version__}")
    args = parser.parse_args(arguments)
    if args.files or args.demo:
        return _show(args, speed=0.0)
    latest = _latest_store() if sys.stdin.isatty() and sys.stdout.isatty() else None
    if latest is None:
        words = "heron-tui: name a capture or a store, or try: heron-tui --demo, heron-tui live, heron-tui --help"
        print(words, file=sys.stderr)
        return 2
    args.files = [str(latest)]
    return _show(args, speed=0.0, first="open-file")


def _latest_store() -> Path | None:
    """The store that was written last: what is shown behind the list of stores where no file was named."""
    from ..store import catalog

    return next((store.path for store in catalog.stores() if not store.problem), None)


def replay(arguments: Sequence[str]) -> int:
    parser = Parser(prog="heron-tui replay", description="The TUI, fed at the capture's own pace.")
    capture_arguments(parser)
    parser.add_argument("--speed", choices=tuple(SPEEDS), default="1x", help="pace of the replay (default 1x)")
    args = parser.parse_args(arguments)
    if not args.files and not args.demo:
        parser.error("name a capture to replay")
    return _show(args, speed=SPEEDS[args.speed])


def _show(args: argparse.Namespace, *, speed: float, first: str = "") -> int:
    """Show what the arguments name; `first` is an action to begin with."""
    check_screen(piped="-" in args.files)
    files = files_of(args)
    from .. import tui
    from ..engine.protocol import Job
    from ..store import catalog

    settings = config.load(config_dir(), os.environ, theme=args.theme)
    if len(files) == 1 and is_store(files[0]):
        keylog_of(args, files)
        store = Path(files[0])
        return tui.run(
            None,
            store,
            title=store.name,
            settings=settings,
            another=look_at,
            capturing=_capturing(),
            window=window,
            first=first,
        )
    check_files(files)
    store = args.store or catalog.new_path(Path(files[0]).name if files[0] != "-" else "stdin")
    keylog = keylog_of(args, files)
    stdin = take_stdin() if "-" in files else None
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
        return tui.run(
            job, store, title=title, settings=settings, another=look_at, capturing=_capturing(), window=window
        )
    finally:  # behind the screen, not before its first paint
        catalog.tidy_by(settings)


def _capturing() -> "tui.Capturing":
    from .live import Capturing

    return Capturing()


def look_at(path: Path) -> "tui.Looking":
    """What the screen looks at when another file is opened in it."""
    from ..engine.protocol import Job
    from ..store import catalog

    if is_store(str(path)):
        return None, path, path.name
    check_files([str(path)])
    store = catalog.new_path(path.name)
    return Job(sources=(str(path),), store=str(store), config=str(config_dir())), store, path.name


def window(model: str | None) -> int | None:
    """Tokens that fit into a model's window, by the table of models; it is read when it is first asked."""
    return _models().window(model)


@cache
def _models() -> "Models":
    from ..cost import table

    own = config_dir() / table.FILE
    return table.load(own if own.is_file() else None)
