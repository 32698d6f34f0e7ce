"""The command line: every action by name, with its keys; also a number, which is a packet to go to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from ..actions import ACTIONS, Action
from ..columns import Column
from ..rows import FixedRows
from ..widgets.row_list import RowList

if TYPE_CHECKING:
    from ..app import HeronApp


@dataclass(frozen=True, slots=True)
class Chosen:
    action: Action
    count: int | None


class CommandScreen(ModalScreen[Chosen | None], inherit_bindings=False):
    """Type to find, enter to do. `text` is what stands in the line at first."""

    DEFAULT_CSS = """
    CommandScreen { align: center bottom; background: $background 40%; }
    CommandScreen > Container { width: 100%; max-width: 110; height: auto; max-height: 16; border: round $accent;
        background: $background; }
    CommandScreen RowList { height: 10; }
    CommandScreen Input { border: none; height: 1; padding: 0 1; background: $background; }
    CommandScreen Input:focus { border: none; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(self, names: list[str], text: str = "") -> None:
        super().__init__()
        self._names = names
        self._text = text

    def compose(self) -> ComposeResult:
        keymap = cast("HeronApp", self.app).keymap
        columns = (
            Column("name", "Command", 16, lambda name: (name, "accent")),
            Column("keys", "Keys", 10, lambda name: (keymap.all(name), "muted")),
            Column("help", "What it does", 20, lambda name: (ACTIONS[name].help, ""), flex=True),
        )
        with Container():
            yield RowList(columns, empty="no such command")
            yield Input(self._text, placeholder="command, or packet number", select_on_focus=False)

    def on_mount(self) -> None:
        self._find(self._text)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        """Actions whose name begins with the first word, then those that hold it in name or help."""
        word = text.split(" ", maxsplit=1)[0].lower().lstrip(":")
        names = sorted((name for name in self._names if name.startswith(word)), key=len if word else self._names.index)
        names += [name for name in self._names if word in name and name not in names]
        names += [name for name in self._names if word in ACTIONS[name].help.lower() and name not in names]
        self.query_one(RowList).show(FixedRows(names))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        words = event.value.strip().lstrip(":").split()
        if words and words[0].isdigit():
            self.dismiss(Chosen(ACTIONS["goto"], int(words[0][:12])))
            return
        chosen: Any = self.query_one(RowList).row
        if words and words[0] in ACTIONS:
            chosen = words[0]
        count = int(words[1][:12]) if len(words) > 1 and words[1].isdigit() else None
        self.dismiss(Chosen(ACTIONS[chosen], count) if chosen else None)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        self.dismiss(Chosen(ACTIONS[event.row], None))

    def on_key(self, event: events.Key) -> None:
        actions = {"down": "act_down", "up": "act_up", "pagedown": "act_page_down", "pageup": "act_page_up"}
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "tab":
            if row := self.query_one(RowList).row:
                field = self.query_one(Input)
                field.value = f"{row} "
                field.cursor_position = len(field.value)
        elif event.key in actions:
            getattr(self.query_one(RowList), actions[event.key])()
        else:
            return
        event.stop()
        event.prevent_default()
