"""Turns: the tree with its waterfall, and the text of what is selected; enter on a call lists its steps on the wire."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from .. import questions, reading_text, steps
from ..document import Part
from ..find.query import Query
from ..rows import FixedRows, PagedRows
from ..subject import Subject
from ..tables import step_columns
from ..units import first_line, whole
from ..widgets.claims_pane import ClaimsPane
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from ..widgets.tree_list import Node
from .turn_forest import TurnForest
from .view import View


class TurnsView(View):
    """The tree at the first side; text, or a call's steps, at the second. A wide screen shows both."""

    DEFAULT_CSS = """
    TurnsView #call-steps { display: none; }
    TurnsView.-steps #call-steps { display: block; }
    TurnsView.-steps #turn-text { display: none; }
    TurnsView.-wide.-call #turn-text { display: block; height: 55%; }
    TurnsView.-wide.-call #call-steps { display: block; height: 45%; }
    """
    title = "turns"
    unhinted: ClassVar[tuple[str, ...]] = ("go-to-turn",)
    share_beside: ClassVar[int] = 58
    share_below: ClassVar[int] = 52

    def compose(self) -> ComposeResult:
        self.forest = TurnForest(self.heron, "view")
        self.turns = self.forest.tree
        self.text = ClaimsPane(title="Text", empty="select a turn, a call or a tool", id="turn-text")
        self.steps = RowList(step_columns(), title="Call", id="call-steps")
        yield Container(self.turns, classes="side")
        with Container(classes="side"):
            yield self.text
            yield self.steps

    def on_mount(self) -> None:
        self._shown: str | None = None
        self._stepped: str | None = None

    @property
    def first_pane(self) -> Pane:
        return self.turns

    def changed(self) -> None:
        self.forest.changed()
        if node := self.turns.node:
            self._read(node)
        if self._stepped and self.steps.display:
            self._read_steps(self._stepped)

    def share_out(self) -> None:
        super().share_out()
        self.set_class(self._beside, "-wide")

    def filtered(self, kind: str, *, grown: bool) -> None:
        super().filtered(kind, grown=grown)
        if kind in ("turn", "session") and not grown:
            self.forest.filtered()

    def follow(self, on: bool) -> None:
        self.forest.follow(on)

    def subject(self) -> Subject | None:
        if self.steps.has_focus and self._stepped:
            return Subject("call", {"id": self._stepped})
        return self.forest.subject()

    # text of what is selected

    @on(RowList.Moved, "TurnTree")
    def _moved(self, event: RowList.Moved) -> None:
        self.remove_class("-steps")
        self._read(event.row)
        call = _call_of(event.row)
        self.set_class(call is not None, "-call")
        if call and self.has_class("-wide"):
            self._show_call(call)

    def _read(self, node: Node) -> None:
        kind, key, record = node.kind, node.key, node.record
        self.heron.reading.ask(
            "text",
            lambda reader: reading_text.parts(reader, kind, record),
            lambda parts: self._show_text(node, key, parts),
        )

    def _show_text(self, node: Node, key: str, parts: Sequence[Part]) -> None:
        live = node.record.get("outcome") == "in_progress" or node.record.get("status") == "in_progress"
        title = node.kind.capitalize() if node.kind != "subagent" else "Sub-agent"
        self.text.show(parts, key=key, title=title, note="streaming" if live else "", at_end=live)

    def find_in_text(self, query: Query) -> None:
        """Go to where the text of the selected node has what is looked for."""
        node = self.turns.node
        if node is None:
            return

        def came(parts: Sequence[Part]) -> None:
            if self.turns.node is node:
                self._show_text(node, node.key, parts)
                self.focus_pane(self.text)
                self.text.search(query, 1)

        self.heron.reading.ask("found", lambda reader: reading_text.parts(reader, node.kind, node.record), came)

    # drill down

    @on(RowList.Opened, "TurnTree")
    def _opened(self, event: RowList.Opened) -> None:
        node: Node = event.row
        if call := _call_of(node):
            self.open_call(call)
        else:
            self.turns.open_node(node, is_open=not node.open)

    def open_call(self, call: str) -> None:
        """Show the steps of a call on the wire and go there."""
        self._show_call(call)
        self.add_class("-steps")
        self.heron.go(self.steps, leaving=lambda: self.remove_class("-steps"))

    def _show_call(self, call: str) -> None:
        if call != self._stepped:
            self._stepped = call
            self.steps.show(FixedRows())
        self._read_steps(call)

    def _read_steps(self, call: str) -> None:
        self.heron.reading.ask("steps", lambda reader: steps.steps(reader, call), self._show_steps)

    def _show_steps(self, found: steps.Steps | None) -> None:
        if found is None or found.call["id"] != self._stepped:
            return
        self.steps.title = f"{found.call['method']} {found.call['path']}"
        self.steps.note = f"{whole(len(found.events))} events"
        rows = PagedRows(self.heron.reading, "step", found.load, self.steps.refresh_rows)
        rows.changed(found.count())
        self.steps.show(rows, cursor=self.steps.cursor if self.steps.count else 0)

    @on(RowList.Opened, "#call-steps")
    def _step_opened(self, event: RowList.Opened) -> None:
        step: steps.Step = event.row
        self.heron.show_claim(step.claim, from_pane=self.steps)

    # coming from elsewhere

    def reveal(self, path: questions.Path) -> None:
        """Stand on a call."""
        if not self.forest.reveal(path):
            self.heron.say(f"the call of “{first_line(path.tree.turn['prompt'], 40)}” is not in the tree", "warn")

    def to_tree(self) -> None:
        """Go to the tree, away from a call's steps."""
        self.remove_class("-steps")
        self.focus_pane(self.turns)


def _call_of(node: Node) -> str | None:
    """The call that a node is, or that asked for the tool it is."""
    if node.kind == "call":
        return node.key
    return str(node.record["call"]) if node.kind == "tool" else None
