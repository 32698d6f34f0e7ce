"""The observer's own health, as it is now."""

import os
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from .. import health
from ..widgets.status_bar import STATES
from .help import HelpPane

if TYPE_CHECKING:
    from ..app import HeronApp

LOOK_S = 1.0


class HealthScreen(ModalScreen[None], inherit_bindings=False):
    """Says what was lost, what the engine does, and what that means; looks again each second."""

    DEFAULT_CSS = """
    HealthScreen { align: center middle; background: $background 60%; }
    HealthScreen > Container { width: 96%; max-width: 110; height: 92%; border: round $accent;
        background: $background; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "HelpPane"

    def compose(self) -> ComposeResult:
        self.pane = HelpPane(title="Health of the observer")
        yield Container(self.pane)

    def on_mount(self) -> None:
        self.look()
        self.set_interval(LOOK_S, self.look)

    def look(self) -> None:
        app = cast("HeronApp", self.app)
        worker, tick = app.worker, app.tick
        running = worker is not None and worker.running
        found = health.Health(
            state=STATES[app.capture_state][1],
            losses=tick.counters if tick and running else app.losses,
            store=app.store,
            rate=app.rates.per_second() if running else None,
            memory=health.memory(worker.pid) if worker and running else None,
            own_memory=health.memory(os.getpid()),
            said=tuple(tick.notes) if tick else app.said,
        )
        self.pane.show_lines(health.lines(found, min(app.size.width * 96 // 100, 110) - 4))

    def act_back(self) -> None:
        self.dismiss()

    act_leave = act_health = act_back
