"""Findings: what is wrong, what it means, and the way to where it shows."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ...model.finding_codes import CODES
from ...store.shapes import Record
from .. import questions, telling
from ..choice import ChosenRows
from ..document import Part
from ..outcomes import SEVERITIES
from ..subject import Subject
from ..tables import finding_columns
from ..units import clock
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from ..widgets.text_pane import TextPane
from .view import View


class FindingsView(View):
    """The findings above, the selected one explained below; enter goes to the evidence."""

    title = "findings"
    share_below: ClassVar[int] = 60
    share_beside: ClassVar[int] = 66

    def compose(self) -> ComposeResult:
        self.list = RowList(
            finding_columns(self.heron.times), empty="nothing was found to be wrong", kind="finding", id="finding-list"
        )
        self.text = TextPane(title="Finding", empty="select a finding to read what it means", id="finding-text")
        yield Container(self.list, classes="side")
        yield Container(self.text, classes="side")

    def on_mount(self) -> None:
        self.rows = ChosenRows(self.heron.reading, "finding", self.list.refresh_rows, self.list.chosen)
        self.list.show(self.rows)

    @property
    def first_pane(self) -> Pane:
        return self.list

    def changed(self) -> None:
        self.rows.store_changed(self.heron.counts.get("findings", 0))
        self.list.rows_changed()
        self._count()

    def filtered(self, kind: str, *, grown: bool) -> None:
        super().filtered(kind, grown=grown)
        if kind == "finding":
            self._count()

    def _count(self) -> None:
        """Say how many there are of each severity."""
        node = self.heron.filtering.node
        self.heron.reading.ask("severities", lambda reader: questions.severities(reader, node), self._counted)

    def _counted(self, counts: Mapping[str, int]) -> None:
        self.list.columns = finding_columns(self.heron.times, counts)
        self.list.refresh()

    def follow(self, on: bool) -> None:
        self.list.following = on

    def subject(self) -> Subject | None:
        return Subject("finding", self.list.row) if self.list.row else None

    @on(RowList.Moved, "#finding-list")
    def _moved(self, event: RowList.Moved) -> None:
        row = event.row
        self.text.show(explained(row), key=row["id"], title=row["code"], note=row["severity"])

    @on(RowList.Opened, "#finding-list")
    def _opened(self, event: RowList.Opened) -> None:
        row = event.row
        if row.get("packet"):
            self.heron.show_packet(row["packet"], from_pane=self.list)
        elif row.get("call"):
            self.heron.show_call(row["call"], from_pane=self.list)
        else:
            self.heron.go(self.text)

    def act_go_to_turn(self) -> None:
        row = self.list.row
        if row and row.get("call"):
            self.heron.show_call(row["call"])
        else:
            self.heron.say("this finding is about no call", "warn")


def explained(row: Record) -> list[Part]:
    """A finding as text: what was found and where it shows, what that means, what to do."""
    glyph, role = SEVERITIES.get(row["severity"], ("?", "muted"))
    code = CODES.get(row["code"])
    where = [("about", telling.about(row), "base")]
    if whose := telling.whose(row):
        where.append(("of", whose, "base"))
    where.append(("at", clock(row["t_us"]), "base"))
    if row.get("packet"):
        where.append(("packet", f"{row['packet']}", "accent"))
    parts = [Part(text=f"{glyph} {row['text']}", role=role), Part(facts=where)]
    if code:
        parts += [Part("What it means", code.meaning), Part("What to do", code.action)]
    return parts
