"""Diff: the prompts of two calls, what is new, rewritten or gone, and where the prefix broke."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from ...conversation.elements import Element
from ..actions import ACTIONS
from ..prompts import diff, leading
from ..prompts.diff import Comparison, Part
from ..subject import Subject
from ..widgets.long_text import LongText
from .view import View

BESIDE = 110
"""Columns from which rewritten texts stand beside each other."""


class DiffPane(LongText):
    scopes: ClassVar[tuple[str, ...]] = ("diff", "text", "search", "list")


class DiffView(View):
    """One pane. `n` goes to the next change, `+` shows a part whole, enter goes to its bytes."""

    title = "diff"
    unhinted = ("diff", "filter")

    def compose(self) -> ComposeResult:
        self.text = DiffPane(title="Diff", empty="", id="diff-text")
        yield self.text

    def on_mount(self) -> None:
        self.comparison: Comparison | None = None
        self._opened: frozenset[Any] = frozenset()

    def show_diff(self, subject: Subject, others: Sequence[str] = ()) -> None:
        """Compare a call with the one before in its conversation, or the two calls that are named."""
        self.comparison, self._opened = None, frozenset()
        self.text.title, self.text.note, self.text.empty = "Diff", "reading", ""
        self.text.show((), key=None)

        def read(reader: Any) -> Comparison | str:
            if len(others) == 2:
                return diff.compare(reader, others[1], others[0])
            call = subject.call(reader)
            return diff.compare(reader, call) if call else "no call to a model is selected"

        self.heron.reading.ask("diff", read, self._found)

    def _found(self, found: Comparison | str) -> None:
        self.text.note = ""
        if isinstance(found, str):
            self.text.empty = found
            self.text.refresh()
            return
        self.comparison = found
        before, after = (call["n"] or "?" for call in (found.before, found.after))
        self.text.title = f"Diff of calls {before} and {after}"
        self._lay_out()

    def _lay_out(self) -> None:
        if self.comparison is not None:
            width = self.text.scrollable_content_region.width - 3
            beside = width if width >= BESIDE else 0
            known = (self.comparison.before["id"], self.comparison.after["id"], beside)
            self.text.show(diff.sections(self.comparison, beside, self._opened), key=known)

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self._lay_out)

    def subject(self) -> Subject | None:
        return Subject("call", self.comparison.after) if self.comparison else None

    # actions

    def _part(self) -> Part | None:
        sections = self.text.sections
        part = sections[self.text.cursor.section] if sections else None
        return part if isinstance(part, Part) else None

    def act_unfold(self) -> None:
        if part := self._part():
            self._opened |= {diff.key(part.changes[0])}
            self._lay_out()

    def act_fold(self) -> None:
        if part := self._part():
            self._opened -= {diff.key(part.changes[0])}
            self._lay_out()

    def act_next_change(self, count: int | None = None) -> None:
        if self.text.pattern is None:
            self._along(1, count or 1)
        else:
            self.heron.perform(ACTIONS["next-found"])

    def act_previous_change(self, count: int | None = None) -> None:
        if self.text.pattern is None:
            self._along(-1, count or 1)
        else:
            self.heron.perform(ACTIONS["previous-found"])

    def _along(self, by: int, count: int) -> None:
        here = self.text.cursor.section
        places = [n for n, p in enumerate(self.text.sections) if isinstance(p, Part) and p.status != "same"]
        ahead = [n for n in places if n > here] if by > 0 else [n for n in reversed(places) if n < here]
        if not ahead:
            self.heron.say("no further change", "muted")
            return
        self.text.go_to_top(ahead[min(count, len(ahead)) - 1])

    @on(LongText.Opened, "#diff-text")
    def _open(self, event: LongText.Opened) -> None:
        element: Element | None = event.origin
        if element is not None and self.comparison is not None:
            leading.to_bytes(self.heron, element, self.text)
