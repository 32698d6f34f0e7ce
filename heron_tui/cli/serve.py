"""`heron-tui serve`: the same sources as the screen, answered as JSON."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ..core import config
from ..core.errors import UsageError
from ..core.paths import config_dir
from ..privileged import asking
from . import live
from .arguments import Parser, check_files, files_of, is_store, keylog_of, source_arguments
from .screen import SPEEDS

OPEN = (
    "other machines can reach this, and whoever sees the network can read it, the token included: "
    "rather listen on 127.0.0.1 and use ssh -L, or put TLS in front"
)


def serve(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="heron-tui serve",
        description="Serve what a capture, a store or a live capture holds as JSON over HTTP, without a screen.",
        epilog="Without a file it captures live, with the options of `heron-tui live`. (docs/api.md)",
    )
    source_arguments(parser)
    parser.add_argument("--speed", choices=tuple(SPEEDS), default="max", help="pace of a replay (default max)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=3000, help="port to listen on, 0 for any that is free (3000)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the token that clients need, mode 0600; made where it is not"
    )
    parser.add_argument(
        "--console", type=Path, metavar="DIR", help="serve the built console of the Heron project (its dist/) at /"
    )
    live.options(parser.add_argument_group("live capture"))
    args = parser.parse_args(arguments)
    files = files_of(args)
    wanted = None if files else live.read(args)
    if files and (chosen := live.chosen(args)):
        raise UsageError(f"{chosen} is for live captures: leave it out, or the files")
    if wanted and (args.keylog or args.follow or args.speed != "max"):
        raise UsageError("--keylog, --follow and --speed are for files: name one, or leave them out")
    with ExitStack() as stack:
        if wanted is None:
            asking.give_up_root()
            keeper = None
        else:
            keeper = stack.enter_context(live.Keeper())
            wanted = live.possible(wanted, keeper)
        from ..api import security, server
        from ..engine.protocol import Job
        from ..store import catalog

        settings = config.load(config_dir(), os.environ)
        listener = server.bind(args.host, args.port)
        stack.callback(listener.socket.close)
        if not listener.loopback:
            if args.token_file is None:
                raise UsageError(f"--host {args.host} wants --token-file FILE: {OPEN}")
            _say(OPEN)
        token = security.token_of(args.token_file) if args.token_file else security.new_token()
        if len(files) == 1 and is_store(files[0]):
            keylog_of(args, files)
            return server.serve(None, server.Served(Path(files[0]), config_dir(), token, args.console), listener, _say)
        check_files(files)
        store = args.store or catalog.new_path(
            "live" if wanted else Path(files[0]).name if files[0] != "-" else "stdin"
        )
        job = Job(
            sources=tuple(files),
            store=str(store),
            speed=SPEEDS[args.speed],
            follow=args.follow,
            keylog=keylog_of(args, files),
            stdin_fd=os.dup(0) if "-" in files else None,
            live=wanted,
            keeper_fd=keeper.fileno() if keeper else None,
            config=str(config_dir()),
        )
        try:
            return server.serve(job, server.Served(store, config_dir(), token, args.console), listener, _say)
        finally:
            catalog.tidy_by(settings)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("wants a number from 0 to 65535")
    return port


def _say(line: str) -> None:
    print(f"heron-tui: {line}", file=sys.stderr, flush=True)
