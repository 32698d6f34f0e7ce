"""The terminal interface. `run` opens it; importing this package loads Textual only then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Union

from ..core.config import Settings

if TYPE_CHECKING:
    from ..engine.protocol import Job
    from ..model.live import Live, Missing


Looking = tuple[Union["Job", None], Path, str]
"""What the screen looks at: the job of the engine (None for a store that is ready), the store, a title."""


class Capturing(Protocol):
    """Begins live captures from a screen that shows something else. `usual`: what is captured unless one chooses."""

    usual: "Live"

    def missing(self) -> "Missing": ...

    def begin(self, live: "Live", /) -> Looking:
        """Raises HeronError where nothing of it can be captured."""
        ...


def run(
    job: "Job | None",
    store: Path,
    *,
    title: str,
    settings: Settings | None = None,
    another: Callable[[Path], "Looking"] | None = None,
    capturing: Capturing | None = None,
    window: Callable[[str | None], int | None] = lambda name: None,
    first: str = "",
) -> int:
    """Show `store` until the user quits; with a `job`, an engine fills it meanwhile. Answers the exit code.

    Args:
        another: what to look at when the user opens another file; raises HeronError if it cannot be opened.
        capturing: begins a live capture when the user asks for one; None where there can be none.
        window: tokens that fit into a model's window, by the model's name.
        first: name of an action that is done as soon as the screen is there, "" for none.

    Raises:
        UsageError: the user's keymap, theme, colour rules or columns are not right.
        SourceError: `store` cannot be opened (only without a job: with one, the engine makes it).
    """
    import gc
    import os

    settings = settings or Settings()
    gc.disable()  # what is imported stays: collections in the midst of it only cost time

    from ..core.paths import config_dir
    from ..store.reader import Reader
    from . import chosen_columns, colours, keymap, themes
    from .app import HeronApp

    directory = config_dir()
    keys = keymap.load(directory)
    rules = colours.load(directory)
    layouts = chosen_columns.load(directory)
    chosen = settings.text("theme")
    palette = None if chosen == "auto" or os.environ.get("NO_COLOR") else themes.named(directory, chosen)
    while True:
        if job is None:
            Reader(store).close()
        app = HeronApp(
            store,
            partial(Reader, store),
            job=job,
            title=title,
            keymap=keys,
            palette=palette,
            settings=settings,
            another=another,
            capturing=capturing,
            made=_collect_again,
            window=window,
            rules=rules,
            layouts=layouts,
            first=first,
        )
        first = ""
        with _screen_on_stderr():
            result = app.run(mouse=settings.on("mouse"))
        if app.next is None:
            return app.return_code or result or 0
        layouts = app.listing.layouts
        job, store, title = app.next


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
