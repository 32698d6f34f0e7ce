"""What to copy of the thing in focus: a short list, with the beginning of each."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ..columns import Column
from ..copying import Copyable
from ..rows import FixedRows
from ..units import first_line, size
from ..widgets.row_list import RowList


class CopyScreen(ModalScreen[Copyable | None], inherit_bindings=False):
    """Answers what was chosen. `y` once more takes the first, which is the value."""

    DEFAULT_CSS = """
    CopyScreen { align: center bottom; background: $background 40%; }
    CopyScreen > Container { width: 100%; max-width: 110; height: 11; margin-bottom: 2; border: round $accent;
        background: $background; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, choices: Sequence[Copyable], title: str) -> None:
        super().__init__()
        self._choices = choices
        self._title = title

    def compose(self) -> ComposeResult:
        columns = (
            Column("name", "", 14, lambda one: (one.name, "accent")),
            Column("size", "", 8, lambda one: (size(len(one.text.encode("utf-8", "replace"))), "muted"), right=True),
            Column("begin", "", 20, lambda one: (first_line(one.text, 200), ""), flex=True),
        )
        with Container():
            yield RowList(columns, title=self._title, opens="copy")

    def on_mount(self) -> None:
        self.query_one(RowList).show(FixedRows(self._choices))

    @on(RowList.Opened)
    def _opened(self, event: RowList.Opened) -> None:
        self.dismiss(event.row)

    def act_copy(self) -> None:
        self.dismiss(self._choices[0])

    def act_back(self) -> None:
        self.dismiss(None)

    act_leave = act_back
