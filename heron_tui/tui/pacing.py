"""When the screen is drawn: at once after a key or the mouse, at most ten times a second otherwise.

What the engine does leads to many small changes, each of which would be painted alone: over a slow line that is too
much, and each one delays the keys that come meanwhile. They gather here until the next repaint is due.
"""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App
    from textual.timer import Timer

PERIOD_S = 0.1
"""Seconds between two repaints that nobody asked for."""
ANSWER_S = 0.25
"""Seconds after a key or the mouse in which everything is painted at once: its answer may take a while to come."""


class Pacing:
    """Holds back repaints. While they are held, changes gather; the next repaint shows all of them.

    Attributes:
        unseen: nothing was painted yet: what is drawn meanwhile goes nowhere.
    """

    def __init__(self, app: "App[int]") -> None:
        self._app = app
        self._held = ExitStack()
        self._timer: Timer | None = None
        self._touched = 0.0
        self.unseen = False

    def begin(self, seconds: float) -> None:
        """Hold back the first paint."""
        self.unseen = True
        self.hold(seconds)

    def hold(self, seconds: float) -> None:
        """Paint nothing for some seconds, or until somebody presses a key."""
        if self._timer is None:
            self._held.enter_context(self._app.batch_update())
            self._timer = self._app.set_timer(seconds, self.release)

    def release(self) -> None:
        """Paint what has changed."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._held.close()
            if self._app.screen_stack:
                self._show()

    def _show(self) -> None:
        if self.unseen:
            self.unseen = False
            self._app.screen.refresh()
        self._app.screen.check_idle()

    def touched(self) -> None:
        """A key was pressed, or the mouse moved."""
        self._touched = time.monotonic()
        self.release()

    def painted(self) -> None:
        """Something was painted."""
        if time.monotonic() - self._touched > ANSWER_S:
            self.hold(PERIOD_S)
