"""A line to type something into, for actions that need a word."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from ..widgets.line import Line


class AskScreen(ModalScreen[str | None], inherit_bindings=False):
    """Answers the line when enter is pressed, None when esc is.

    Args:
        question: what is asked for. text: what stands in the line at first. hint: what an empty line says.
    """

    DEFAULT_CSS = """
    AskScreen { align: center bottom; background: $background 40%; }
    AskScreen > Container { width: 100%; max-width: 110; height: 3; border: round $accent; background: $background;
        border-title-color: $accent; }
    AskScreen Input { border: none; height: 1; padding: 0 1; background: $background; }
    AskScreen Input:focus { border: none; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(self, question: str, text: str = "", hint: str = "") -> None:
        super().__init__()
        self._question, self._text, self._hint = question, text, hint

    def compose(self) -> ComposeResult:
        with Container() as box:
            box.border_title = self._question
            yield Line(self._text, placeholder=self._hint, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.dismiss(None)
            event.stop()
            event.prevent_default()
