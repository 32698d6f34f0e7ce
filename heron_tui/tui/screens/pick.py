"""A short list to pick one thing from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ..columns import Column
from ..rows import FixedRows
from ..widgets.row_list import RowList


@dataclass(frozen=True, slots=True)
class Pick:
    """What is answered when it is picked, what is shown, and a word beside it."""

    value: str
    text: str
    note: str = ""


class PickScreen(ModalScreen[str | None], inherit_bindings=False):
    """Enter answers the value of the line under the cursor, `q` and esc None.

    Args:
        at: the line that the cursor is on at first.
    """

    DEFAULT_CSS = """
    PickScreen { align: center middle; background: $background 40%; }
    PickScreen > Container { width: 60; height: auto; max-height: 80%; border: round $accent; background: $background; }
    PickScreen RowList { height: auto; max-height: 100%; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, title: str, picks: Sequence[Pick], at: int = 0) -> None:
        super().__init__()
        self._title, self._picks, self._at = title, picks, at

    def compose(self) -> ComposeResult:
        columns = (
            Column("text", "", 20, lambda pick: (pick.text, "base"), flex=True),
            Column("note", "", 16, lambda pick: (pick.note, "muted"), right=True),
        )
        with Container():
            yield RowList(columns, title=self._title, empty="there is nothing to pick", opens="choose")

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.styles.height = len(self._picks) + 1
        rows.show(FixedRows(self._picks), cursor=self._at)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        event.stop()
        self.dismiss(event.row.value)

    def act_back(self) -> None:
        self.dismiss(None)

    act_leave = act_back
