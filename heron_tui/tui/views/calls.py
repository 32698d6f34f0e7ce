"""Calls: all of them in one list that can be sorted, the selected one as text; enter goes on to its figures."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from .. import reading_text
from ..call_columns import call_columns
from ..choice import ChosenRows
from ..subject import Subject
from ..widgets.claims_pane import ClaimsPane
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from .view import View


class CallsView(View):
    """The list above (or at the left), what is known of the selected call below it."""

    title = "calls"
    share_below: ClassVar[int] = 55
    share_beside: ClassVar[int] = 62

    def compose(self) -> ComposeResult:
        self.list = RowList(call_columns(self.heron.times), empty="no calls", kind="call", id="call-list")
        self.text = ClaimsPane(title="Call", empty="select a call", id="call-text")
        yield Container(self.list, classes="side")
        yield Container(self.text, classes="side")

    def on_mount(self) -> None:
        self._from_top = False
        self.rows = ChosenRows(self.heron.reading, "call", self.list.refresh_rows, self.list.chosen)
        self.list.show(self.rows)

    @property
    def first_pane(self) -> Pane:
        return self.list

    def changed(self) -> None:
        self.rows.store_changed(self.heron.counts.get("calls", 0))
        self.list.rows_changed()

    def show_largest(self, field: str) -> None:
        """Sort by a field, the largest first ("": as they came), and stand on the first of what fits a filter that was
        just applied."""
        self._from_top = self.heron.filtering.working
        self.list.cursor = 0
        self.list.sort_by(field, down=bool(field))
        self.focus_pane(self.list)

    def filtered(self, kind: str, *, grown: bool) -> None:
        if kind == "call" and self._from_top:
            self._from_top = False
            self.list.rearrange(first=True)
        else:
            super().filtered(kind, grown=grown)

    def follow(self, on: bool) -> None:
        self.list.following = on

    def subject(self) -> Subject | None:
        return Subject("call", self.list.row) if self.list.row else None

    @on(RowList.Moved, "#call-list")
    def _moved(self, event: RowList.Moved) -> None:
        row = event.row
        self.heron.reading.ask(
            "call-text",
            lambda reader: reading_text.parts(reader, "call", row),
            lambda parts: self.text.show(
                parts,
                key=row["id"],
                title=f"Call {row['n']}",
                note="streaming" if row.get("outcome") == "in_progress" else "",
            ),
        )

    @on(RowList.Opened, "#call-list")
    def _opened(self) -> None:
        self.heron.go(self.text)
