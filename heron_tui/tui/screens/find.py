"""The line for finding: what, as text, regular expression or hexadecimal, and whether here or in all bodies."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from ...core.errors import UsageError
from ..find.query import KINDS, Kind, Query, query
from ..widgets.line import Line

HINT = "tab: text, regex, hex · ctrl+f: here, all bodies · enter finds · esc"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find, and whether in the bodies of the store instead of what is on screen."""

    query: Query
    bodies: bool


class FindScreen(ModalScreen[Wanted | None], inherit_bindings=False):
    """Answers what to find when enter is pressed, None when esc is.

    Args:
        here: what the pane in focus is called. typed, kind, bodies: as it was asked for the last time.
    """

    DEFAULT_CSS = """
    FindScreen { align: center bottom; background: $background 40%; }
    FindScreen > Container { width: 100%; max-width: 110; height: 3; border: round $accent; background: $background;
        border-title-color: $accent; border-subtitle-color: $accent; }
    FindScreen Input { border: none; height: 1; padding: 0 1; background: $background; }
    FindScreen Input:focus { border: none; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(self, here: str, *, typed: str = "", kind: Kind = "text", bodies: bool = False) -> None:
        super().__init__()
        self._here, self._typed, self._kind, self._bodies = here, typed, kind, bodies

    def compose(self) -> ComposeResult:
        self.box = Container()
        with self.box:
            yield Line(self._typed, select_on_focus=True)

    def on_mount(self) -> None:
        self._tell()

    def _tell(self, problem: str = "") -> None:
        where = "all bodies" if self._bodies else self._here
        self.box.border_title = f"find {self._kind} in {where}"
        self.box.border_subtitle = problem or HINT

    def on_input_submitted(self, event: Input.Submitted) -> None:
        try:
            self.dismiss(Wanted(query(event.value, self._kind), self._bodies))
        except UsageError as error:
            self._tell(str(error).replace("[", "\\["))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "tab":
            self._kind = KINDS[(KINDS.index(self._kind) + 1) % len(KINDS)]
            self._tell()
        elif event.key == "ctrl+f":
            self._bodies = not self._bodies
            self._tell()
        else:
            return
        event.stop()
        event.prevent_default()
