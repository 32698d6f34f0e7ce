"""Findings: what is wrong, and the way to where it shows."""

from typing import Any

from textual import on
from textual.app import ComposeResult

from .. import questions
from ..rows import PagedRows
from ..subject import Subject
from ..tables import finding_columns
from ..widgets.row_list import RowList
from .view import View


class FindingsView(View):
    """One list; enter goes to the evidence."""

    title = "findings"

    def compose(self) -> ComposeResult:
        self.list = RowList(finding_columns(self.heron.times), empty="nothing was found to be wrong", id="finding-list")
        yield self.list

    def on_mount(self) -> None:
        self.rows = PagedRows(self.heron.reading, "findings", questions.findings, self.list.refresh_rows)
        self.list.show(self.rows)

    def changed(self) -> None:
        self.rows.changed(self.heron.counts.get("findings", 0), all_pages=True)
        self.list.rows_changed()

    def follow(self, on: bool) -> None:
        self.list.following = on

    def subject(self) -> Subject | None:
        return Subject("finding", self.list.row) if self.list.row else None

    @on(RowList.Opened)
    def _opened(self, event: RowList.Opened) -> None:
        row: Any = event.row
        if row.get("packet"):
            self.heron.show_packet(row["packet"], from_pane=self.list)
        elif row["scope"] == "call":
            self.heron.show_call(row["ref"], from_pane=self.list)
        else:
            self.heron.say(f"{row['code']}: {row['text']}", "base")
