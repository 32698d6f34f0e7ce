"""Files of the user's own that are written by the program."""

import os
import tempfile
from pathlib import Path

from .errors import UsageError
from .paths import private_dir

KEPT_HEAD = 1 << 16
"""Bytes at the beginning of a capture by which it is known again. One kept in part has them, then a hole."""


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all, for the owner only (0600, its directory 0700).

    Raises:
        UsageError: it cannot be written; names the file.
    """
    try:
        private_dir(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
