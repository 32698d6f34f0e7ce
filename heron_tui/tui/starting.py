"""The start of the screen: the first rows are painted as soon as they are there, all else is made behind that."""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from .screens.main import load_views

if TYPE_CHECKING:
    from textual.timer import Timer

    from .app import HeronApp

LOOK_S = 0.01
"""Seconds between two looks at whether the first view has its rows, so that it can be shown, and the others made."""
START_S = 0.5
"""Seconds after which the screen is shown in any case."""


class Starting:
    """Makes the screen in two steps.

    Args:
        made: called when all of it is there.
    """

    def __init__(self, app: "HeronApp", made: Callable[[], object]) -> None:
        self._app = app
        self._made = made
        self._timer: Timer | None = None

    def begin(self) -> None:
        """The first view is being made: paint it when it has its rows."""
        self._app.pacing.begin(START_S)

    def ready(self) -> None:
        """The first view is made, and asks for its rows."""
        self._timer = self._app.set_interval(LOOK_S, self._look)

    def _look(self) -> None:
        if self._timer and (self._app.reading.idle or self._app.main.whole):
            self._timer.stop()
            self._app.pacing.release()
            self._app.main.call_after_refresh(Thread(target=self._load, name="heron-views", daemon=True).start)

    def _load(self) -> None:
        """Load what the first view does not show, in a thread: keys are answered meanwhile."""
        load_views()
        with suppress(RuntimeError):  # the loop is closed: nobody waits for them
            self._app.call_later(self.finish)

    async def finish(self) -> None:
        """Make what the first paint does not show, unless it is there."""
        if not self._app.main.whole:
            await self._app.main.make_all()
            self._made()
