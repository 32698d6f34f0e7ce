"""A small menu: which field of what is selected, and how it goes with the filter that is there."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ..columns import Column
from ..rows import FixedRows
from ..widgets.row_list import RowList

KEYS = {"!": "not", "&": "and", "o": "or"}
LEGEND = "enter selected · ! not selected · & and · o or · esc leaves"


class FilterMenu(ModalScreen[tuple[str, str] | None], inherit_bindings=False):
    """Answers a comparison and how to join it: `selected`, `not`, `and`, `or`.

    Args:
        comparisons: what can be chosen. helps: what each field is.
    """

    DEFAULT_CSS = """
    FilterMenu { align: center middle; background: $background 40%; }
    FilterMenu > Container { width: 90%; max-width: 110; height: auto; border: round $accent; background: $background;
        border-title-color: $accent; border-subtitle-color: $accent; }
    FilterMenu RowList { height: 14; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, comparisons: Sequence[str], helps: Mapping[str, str], title: str) -> None:
        super().__init__()
        self._comparisons, self._helps, self._title = comparisons, helps, title

    def compose(self) -> ComposeResult:
        def meaning(text: str) -> tuple[str, str]:
            name = text.split(" ", 1)[0].partition("[")[0]
            return self._helps.get(name, ""), "muted"

        columns = (
            Column("filter", "Filter", 40, lambda text: (text, "accent"), flex=True),
            Column("help", "What it is", 26, meaning, priority=2),
        )
        with Container() as box:
            box.border_title, box.border_subtitle = self._title, LEGEND
            self.list = RowList(columns, opens="choose")
            yield self.list

    def on_mount(self) -> None:
        self.list.show(FixedRows(self._comparisons))

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        self.dismiss((event.row, "selected"))

    def act_back(self) -> None:
        self.dismiss(None)

    act_leave = act_back

    def on_key(self, event: events.Key) -> None:
        key: Any = event.character if event.character in KEYS else event.key
        if key in KEYS and (row := self.list.row):
            self.dismiss((row, KEYS[key]))
        else:
            return
        event.stop()
        event.prevent_default()
