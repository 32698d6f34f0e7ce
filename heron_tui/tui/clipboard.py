"""The clipboard of the terminal by OSC 52; a private file where that cannot take the text."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ..core import paths
from .units import size

MOST = 74_000
"""Bytes that xterm takes in one OSC 52 (100,000 characters of base64); others take as much or more."""
WITHOUT = ("linux", "vt", "eterm", "cons")
"""Beginnings of TERM of terminals that have no clipboard."""


def takes(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this terminal may take OSC 52: most do, and of most it cannot be asked."""
    if environ.get("TERM", "").startswith(WITHOUT) or environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return False
    return not environ.get("STY")  # GNU screen keeps it to itself


def put(text: str, name: str, ending: str, send: Callable[[str], None]) -> str:
    """Copy `text`, with `send` if that can take it, else into a file; answers what to say."""
    data = text.encode("utf-8", "replace")
    if len(data) <= MOST and takes():
        send(text)
        return f"copied {name}, {size(len(data))}" + (
            " (tmux: set -g set-clipboard on)" if "TMUX" in os.environ else ""
        )
    path = keep(data, ending)
    why = "too long for the terminal's clipboard" if takes() else "this terminal has no clipboard"
    return f"{why}: {name}, {size(len(data))}, is in {path}"


def keep(data: bytes, ending: str) -> Path:
    """The file that holds what was copied last, for its owner only."""
    path = paths.private_dir(paths.private_dir(paths.state_dir()) / "copied") / f"copied.{ending}"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(data)
    temporary.replace(path)
    return path
