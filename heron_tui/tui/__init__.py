"""The terminal interface. `run` opens it; importing this package loads Textual only then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..engine.protocol import Job


def run(
    job: "Job | None", store: Path, *, title: str, window: Callable[[str | None], int | None] = lambda name: None
) -> int:
    """Show `store` until the user quits; with a `job`, an engine fills it meanwhile. Answers the exit code.

    Args:
        window: tokens that fit into a model's window, by the model's name.

    Raises:
        UsageError: the user's keymap is not right.
        SourceError: `store` cannot be opened (only without a job: with one, the engine makes it).
    """
    import gc
    import os

    gc.disable()  # what is imported stays: collections in the midst of it only cost time

    from ..core.paths import config_dir
    from ..store.reader import Reader
    from . import keymap
    from .app import HeronApp

    keys = keymap.load(config_dir())
    if job is None:
        Reader(store).close()
    app = HeronApp(store, lambda: Reader(store), job=job, title=title, keymap=keys, made=_collect_again, window=window)
    with _screen_on_stderr():
        result = app.run(mouse=os.environ.get("HERON_TUI_MOUSE", "1") != "0")
    return app.return_code or result or 0


def _collect_again() -> None:
    """Collect garbage again, but look no more at what the start has made."""
    import gc

    gc.freeze()
    gc.enable()


@contextmanager
def _screen_on_stderr() -> Iterator[None]:
    """Textual draws on stderr: where that is a file (`2>log`), the terminal of stdout takes its place meanwhile."""
    import os

    if os.isatty(2):
        yield
        return
    words = os.dup(2)
    os.dup2(1, 2)
    try:
        yield
    finally:
        os.dup2(words, 2)
        os.close(words)
