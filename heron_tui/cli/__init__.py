"""The command line: starts things, owns no logic. Importing it loads neither Textual nor the store."""

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from ..core.errors import HeronError

COMMANDS = {
    "live": "live",
    "record": "live",
    "doctor": "live",
    "query": "scripts",
    "export": "scripts",
    "stores": "scripts",
    "info": "scripts",
    "replay": "screen",
    "serve": "serve",
}
"""Commands, and the module here that has the function of that name; what is no command is a file to open."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; answers its exit code.

    0 ok, 1 error, 2 usage, 3 missing privilege, 4 source failed, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] not in (["live"], ["record"], ["doctor"], ["serve"]):  # these start what needs root first
            _give_up_root()
        if arguments and arguments[0] in COMMANDS:
            return _command(arguments[0])(arguments[1:])
        from .screen import open_

        return open_(arguments)
    except HeronError as error:
        print(f"heron-tui: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _command(name: str) -> Callable[[Sequence[str]], int]:
    command: Callable[[Sequence[str]], int] = getattr(import_module(f".{COMMANDS[name]}", __package__), name)
    return command


def _give_up_root() -> None:
    """Started with sudo: captures, stores and filters are read as the user who called."""
    if os.geteuid() == 0 and "SUDO_UID" in os.environ:
        from ..privileged.asking import give_up_root

        give_up_root()
