"""The command line: every action by name, with its keys; also `12`, `c12`, `t3`, `f2`, which are places to go to."""

import re
from collections.abc import Sequence
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
from ..widgets.line import Line
from ..widgets.row_list import RowList

if TYPE_CHECKING:
    from ..app import HeronApp


@dataclass(frozen=True, slots=True)
class Chosen:
    """An action, and what was typed behind its name: a number if it takes a count, else text."""

    action: Action
    count: int | None = None
    argument: str = ""


PLACES = "command, or 12, c12, t3, f2: packet, call, turn, flow"
PLACE = re.compile(r"[pctf]?\d{1,12}")


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
            Column("help", "What it does", 20, lambda name: (_help(ACTIONS[name]), ""), flex=True),
        )
        with Container():
            self.list = RowList(columns, empty="no such command")
            self.line = Line(self._text, placeholder=PLACES, select_on_focus=False)
            yield self.list
            yield self.line

    def on_mount(self) -> None:
        self._find(self._text)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, text: str) -> None:
        """Actions that the first word may mean, the best first."""
        word = text.split(" ", maxsplit=1)[0].lower().lstrip(":")
        self.list.show(FixedRows(matching(word, self._names)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        typed = event.value.strip().lstrip(":")
        word, _, rest = typed.partition(" ")
        rest = rest.strip()
        if PLACE.fullmatch(word.lower()):
            self.dismiss(Chosen(ACTIONS["goto"], argument=word.lower()))
            return
        name: Any = word if word in ACTIONS else self.list.row
        if not name:
            self.dismiss(None)
            return
        action = ACTIONS[name]
        if rest and not action.takes and not (action.counts and rest.isdigit()):
            self.list.note = f"{name} takes " + ("a number" if action.counts else "nothing")
            self.list.title = f"{name} {rest}"
            self.list.refresh()
            return
        count = int(rest[:12]) if rest.isdigit() and action.counts else None
        self.dismiss(Chosen(action, count, rest))

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        self.dismiss(Chosen(ACTIONS[event.row]))

    def on_key(self, event: events.Key) -> None:
        actions = {"down": "act_down", "up": "act_up", "pagedown": "act_page_down", "pageup": "act_page_up"}
        if event.key == "escape":
            self.dismiss(None)
        elif event.key == "tab":
            if row := self.list.row:
                self.line.value = f"{row} "
                self.line.cursor_position = len(self.line.value)
        elif event.key in actions:
            getattr(self.list, actions[event.key])()
        else:
            return
        event.stop()
        event.prevent_default()


def _help(action: Action) -> str:
    return f"{action.help} [{action.takes}]" if action.takes else action.help


def matching(word: str, names: Sequence[str]) -> list[str]:
    """The names that `word` may mean: begun by it, then holding it, then with its letters in order, then those whose
    help holds it."""
    if not word:
        return list(names)

    def rank(name: str) -> tuple[int, int, int] | None:
        if name.startswith(word):
            return 0, len(name), 0
        if word in name:
            return 1, name.index(word), len(name)
        if (spread := scattered(word, name)) is not None:
            return 2, spread, len(name)
        return (3, 0, 0) if word in ACTIONS[name].help.lower() else None

    ranked = [(found, place, name) for place, name in enumerate(names) if (found := rank(name)) is not None]
    return [name for _, _, name in sorted(ranked)]


def scattered(word: str, name: str) -> int | None:
    """How far apart the letters of `word` stand in `name`, letters that begin a part counting nothing; None if they are
    not all there in order."""
    at, cost = 0, 0
    for letter in word:
        begun = name.find(f"-{letter}", at - 1 if at else 0)
        here = name.find(letter, at)
        if here < 0:
            return None
        if here == at or begun < 0:
            cost += here - at
            at = here + 1
        else:
            at = begun + 2
    return cost
