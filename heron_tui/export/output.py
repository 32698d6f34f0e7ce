"""Where records go: a file that is there whole or not at all, or an open stream."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..core.errors import HeronError, UsageError
from .formats.format import Format
from .report import Made


def check(path: Path, *, force: bool) -> None:
    """Say at once what would only be found out at the end.

    Raises:
        UsageError: the file is there already (and `force` is False), or cannot be made.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a directory: name a file in it")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: --force replaces it")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: there is no directory {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path}: no file may be made in {path.parent}")


@contextmanager
def replacing(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file (mode 0600) that takes its name when the block ends well; else it is gone.

    Raises:
        UsageError: somebody else made the file meanwhile.
        HeronError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _take_name(temporary, path, force=force)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise HeronError(f"{path} cannot be written: {error.strerror}") from None


def _take_name(temporary: Path, path: Path, *, force: bool) -> None:
    if not force:
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise UsageError(f"{path} is there already: --force replaces it") from None
        except OSError:  # a file system without hard links
            check(path, force=False)
        else:
            return
    temporary.replace(path)


def write(records: Iterable[Made], form: Format, out: BinaryIO) -> None:
    """The records with what the format puts around them; nothing at all where there are none."""
    begun = False
    for made in records:
        out.write(form.between if begun else form.before)
        out.write(made.data)
        begun = True
    if begun:
        out.write(form.after)
    out.flush()
