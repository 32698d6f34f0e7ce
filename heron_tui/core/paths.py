"""Where things are: XDG directories of the user, and the files that travel with the program."""

import os
from pathlib import Path

APP = "heron-tui"
PACKAGE = Path(__file__).resolve().parent.parent


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    base = Path(value) if value.startswith("/") else Path.home() / default
    return base / APP


def config_dir() -> Path:
    return _xdg("XDG_CONFIG_HOME", ".config")


def state_dir() -> Path:
    return _xdg("XDG_STATE_HOME", ".local/state")


def private_dir(path: Path) -> Path:
    """Make `path` (and parents) as a directory that only its owner may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def shipped(name: str) -> Path:
    """A directory that travels with the program (`profiles`, `bpf`): inside the wheel, or at the top of a checkout."""
    inside = PACKAGE / "_shipped" / name
    return inside if inside.is_dir() else PACKAGE.parent / name
