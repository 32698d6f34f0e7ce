"""Sessions: the agents' conversations; enter goes to the turns of one."""

from collections.abc import Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult

from .. import questions
from ..rows import FixedRows
from ..subject import Subject
from ..tables import session_columns
from ..widgets.row_list import RowList
from .view import View


class SessionsView(View):
    """One list."""

    title = "sessions"

    def compose(self) -> ComposeResult:
        self.list = RowList(
            session_columns(self.heron.times), empty="no sessions yet", kind="session", id="session-list"
        )
        yield self.list

    def entered(self) -> None:
        self.changed()

    def changed(self) -> None:
        self.heron.reading.ask("session-list", questions.sessions, self._show)

    def _show(self, records: Sequence[Any]) -> None:
        if isinstance(self.list.source, FixedRows):
            self.list.source.rows = records
        self.list.rows_changed()

    def subject(self) -> Subject | None:
        return Subject("session", self.list.row) if self.list.row else None

    @on(RowList.Opened)
    def _opened(self, event: RowList.Opened) -> None:
        self.heron.show_session(event.row["id"], from_pane=self.list)
