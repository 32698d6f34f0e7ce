"""The keys of the pane in focus, from the registry of actions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ..actions import ACTIONS, SCOPES
from ..document import Line, Part, wrap
from ..widgets.text_pane import TextPane

if TYPE_CHECKING:
    from ..app import HeronApp

GLYPHS = (
    ("● ok", "ok"),
    ("✗ error", "error"),
    ("◐ truncated", "error"),
    ("⊘ aborted by the client", "warn"),
    ("○ no response", "error"),
    ("◌ under way", "accent"),
    ("◇ tool", "tool"),
    ("» sub-agent", "server"),
    ("█ model ▓ waiting for the first token ━ tool · idle", "model"),
    ("→ from the client ← from the server", "client"),
)

NAMED = 33
"""Cells before an action's help: its keys and its name."""


class HelpPane(TextPane):
    """Lines of keys rather than parts of text."""

    def show_lines(self, lines: list[Line]) -> None:
        self._lines_of_keys = lines
        self.show([Part()], key="help", title=self.title)

    def _measure(self) -> None:
        self._put(getattr(self, "_lines_of_keys", []))


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """Says what the keys do in the pane that had the focus. `names` are the actions that can be done there."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > Container { width: 96%; max-width: 96; height: 92%; border: round $accent; background: $background; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "HelpPane"

    def __init__(self, names: Sequence[str], pane: str) -> None:
        super().__init__()
        self._names = names
        self._pane = pane

    def compose(self) -> ComposeResult:
        yield Container(HelpPane(title=f"Keys in: {self._pane}"))

    def on_mount(self) -> None:
        self._tell()

    def on_resize(self) -> None:
        self._tell()

    def _tell(self) -> None:
        keymap = cast("HeronApp", self.app).keymap
        lines: list[Line] = []
        for scope, title in SCOPES.items():
            names = [name for name in self._names if ACTIONS[name].scope == scope]
            if not names:
                continue
            lines += [Line(()), Line(((title, "strong"),), rule="")]
            for name in names:
                lines += _action(keymap.all(name), name, self.app.size.width)
        lines += [Line(()), Line((("Signs", "strong"),), rule="")]
        lines += [Line(((f"  {text}", role),)) for text, role in GLYPHS]
        lines += [Line(()), Line((("  Counts: 12j moves 12 down, 50G goes to line 50.", "muted"),))]
        lines.append(Line((('  A line of your own in keymap.toml: [keys] page-down = ["ctrl+f"]', "muted"),)))
        self.query_one(HelpPane).show_lines(lines[1:])

    def act_back(self) -> None:
        self.dismiss()

    act_leave = act_help = act_back


def _action(keys: str, name: str, width: int) -> list[Line]:
    """An action's keys, name and help; the help goes on below itself where it is long."""
    room = max(min(width * 96 // 100, 96) - NAMED - 4, 20)
    first, *more = wrap(ACTIONS[name].help, room)
    lines = [Line(((f"  {keys:<12} ", "accent"), (f"{name:<17} ", "base"), (first, "muted")))]
    return lines + [Line(((" " * NAMED + text, "muted"),)) for text in more]
