"""Filters that the user keeps: named ones (`filters.toml`, used as `$name`), and what was applied before."""

import re
import tomllib
from pathlib import Path

from ..core.errors import UsageError
from ..core.files import write_whole
from .parser import parse

FILE = "filters.toml"
HISTORY = "filter-history"
MOST_HISTORY = 200
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def load(directory: Path) -> dict[str, str]:
    """Texts of the saved filters by name: ``slow = "call.ttft > 2s"`` in `filters.toml` of the config directory.

    A filter that cannot be read is told when it is used.

    Raises:
        UsageError: the file is no TOML, or holds something that is no filter's text under a name.
    """
    path = directory / FILE
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    for name, text in content.items():
        if not NAME.fullmatch(name):
            raise UsageError(f"{path}: {name!r} is no name for a filter: letters, digits, - and _")
        if not isinstance(text, str):
            raise UsageError(f'{path}: {name}: must be a filter in quotes, as in {name} = "call.error"')
    return content


def save(directory: Path, name: str, text: str) -> None:
    """Keep a filter under a name; one of that name is replaced, comments in the file are not kept.

    Raises:
        UsageError: the name is none, the filter uses itself or cannot be read, or the file cannot be read or written.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a filter: letters, digits, - and _, as in slow-calls")
    known = load(directory) | {name: text}
    parse(f"${name}", known)
    lines = [f'{key} = "{_quoted(value)}"\n' for key, value in sorted(known.items())]
    write_whole(directory / FILE, "".join(lines))


def history(directory: Path) -> list[str]:
    """What was applied before, oldest first; nothing where the file cannot be read."""
    try:
        return (directory / HISTORY).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def remember(directory: Path, text: str) -> list[str]:
    """Put an applied filter at the end of the history; answers the history.

    Raises:
        UsageError: the file cannot be written.
    """
    text = " ".join(text.split())
    before = [line for line in history(directory) if line and line != text]
    known = [*before[1 - MOST_HISTORY :], text]
    write_whole(directory / HISTORY, "".join(f"{line}\n" for line in known))
    return known


def _quoted(text: str) -> str:
    return "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text)
