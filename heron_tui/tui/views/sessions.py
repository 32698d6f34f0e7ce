"""Sessions: the agents' conversations; enter goes to the turns of one, `D` compares two."""

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
        self.list = RowList(session_columns(self.heron.times), empty="no sessions", kind="session", id="session-list")
        yield self.list

    def entered(self) -> None:
        self.changed()

    def changed(self) -> None:
        self.heron.reading.ask(
            "session-list", lambda reader: questions.forest(reader, None, lambda id, count: False), self._show
        )

    def _show(self, found: questions.Forest) -> None:
        self.list.columns = session_columns(self.heron.times, found.troubles)
        if isinstance(self.list.source, FixedRows):
            self.list.source.rows = found.sessions
        self.list.rows_changed()

    def subject(self) -> Subject | None:
        return Subject("session", self.list.row) if self.list.row else None

    def act_diff(self) -> None:
        """Compare two sessions: those marked, or the one marked and the one selected."""
        marked = self.heron.notes.marked("session")
        known = [row["id"] for row in self.list.source.window(0, self.list.count) if row]
        pair = [id for id in known if id in marked]
        here = self.list.row["id"] if self.list.row else None
        if len(pair) != 2 and here is not None:
            pair = [*(id for id in pair if id != here), here]
        if len(pair) != 2:
            how = "mark the other session first" if len(pair) < 2 else "more than two sessions are marked"
            self.heron.say(f"{how} ({self.heron.keymap.first('mark')}), then compare", "warn")
            return
        self.heron.visit("comparison")
        self.heron.main.comparison.show_sessions(*pair)

    @on(RowList.Opened)
    def _opened(self, event: RowList.Opened) -> None:
        self.heron.show_session(event.row["id"], from_pane=self.list)
