"""Context window: what fills the window of a call, what was cached, what is new, and how it grew."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from ..actions import ACTIONS
from ..columns import Cell, Column
from ..evidence.claims import Claim
from ..long.passages import Section
from ..prompts import leading, window
from ..prompts.window import Row, Window
from ..subject import Subject
from ..units import percent, short, size
from ..widgets.long_text import LongText
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from ..widgets.tree_list import Node, TreeList
from .view import View

BAR = 16
MEMBERS = {"tool": "tools", "system": "system|instructions|systemInstruction|system_instruction"}
"""Members of requests that hold tools and system blocks, by wire API."""


def _what(node: Node) -> Cell:
    row: Row = node.record
    if row.whole and row.window:
        return f"{node.handle()}{window.headline(row.window)}", "strong"
    return f"{node.handle()}{row.label}{'  ' + row.note if row.note else ''}", "muted" if row.note else ""


def _bar(node: Node) -> Cell:
    eighths = round(node.record.ratio * BAR * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else ""), "model"


def _figure(show: Any) -> Any:
    return lambda node: (show(node.record) if node.record.shares else "", "")


def _tokens(row: Row) -> str:
    return f"~{short(row.window.tokens(row.weight))}" if row.window and not row.whole else ""


COLUMNS: Sequence[Column] = (
    Column("what", "What fills the window", 24, _what, flex=True),
    Column("bytes", "Bytes", 8, _figure(lambda row: size(row.size)), right=True),
    Column("tokens", "~Tokens", 7, _figure(_tokens), right=True),
    Column("share", "Share", 5, _figure(lambda row: percent(row.ratio)), right=True),
    Column("cached", "Cache", 5, lambda node: (node.record.cached, "ok"), priority=2),
    Column("bar", "", BAR, _bar, priority=3),
)


class ContextView(View):
    """The tree above (or beside), the text of what is selected below. Enter goes to the text, then to the bytes."""

    title = "context"
    unhinted = ("context", "filter")
    share_below: ClassVar[int] = 60
    share_beside: ClassVar[int] = 55

    def compose(self) -> ComposeResult:
        self.tree_list = TreeList(COLUMNS, empty="", id="context-tree")
        self.text = LongText(title="Text", id="context-text")
        yield Container(self.tree_list, classes="side")
        yield Container(self.text, classes="side")

    def on_mount(self) -> None:
        self.window: Window | None = None

    @property
    def first_pane(self) -> Pane:
        return self.tree_list

    def show_window(self, subject: Subject) -> None:
        """Show what fills the window of the call that a row is, belongs to, or ends with."""
        self.window = None
        self.tree_list.empty = "reading"
        self.tree_list.plant(())
        self.text.title = "Text"
        self.text.show((), key=None)
        limit = self.heron.window

        def read(reader: Any) -> Window | None:
            call = subject.call(reader)
            return window.read(reader, call, limit) if call else None

        self.heron.reading.ask("context", read, self._found)

    def _found(self, found: Window | None) -> None:
        self.tree_list.empty = "no call to a model is selected"
        self.window = found
        if found is None:
            self.tree_list.refresh()
            return
        if found.problem:
            self.heron.say(found.problem, "warn")
        self.tree_list.plant(window.tree(found), key="prompt")
        self._show(self.tree_list.node)

    @on(RowList.Moved, "#context-tree")
    def _moved(self, event: RowList.Moved) -> None:
        self._show(event.row)

    def _show(self, node: Node | None) -> None:
        if node is None or self.window is None:
            return
        row: Row = node.record
        if node.kind in ("growth", "prompt", "since"):
            self.text.title = "Growth over the conversation"
            width = self.text.scrollable_content_region.width - 3
            sections: Sequence[Section] = [window.Growth(self.window, width)]
        else:
            shares = row.shares[: window.MOST_TEXT]
            self.text.title = row.label
            sections = [window.Text(share, len(shares) > 1) for share in shares]
        note = "tokens by share of bytes: estimates" if self.app.size.width >= 100 else "~ estimated"
        self.text.note = note
        self.text.show(sections, key=(self.window.call["id"], node.key))

    @on(RowList.Opened, "#context-tree")
    def _opened(self, event: RowList.Opened) -> None:
        node: Node = event.row
        if node.kind == "since":
            self.heron.perform(ACTIONS["diff"])
        elif node.children:
            self.tree_list.open_node(node, is_open=not node.open)
        else:
            self.heron.go(self.text)

    @on(LongText.Opened, "#context-text")
    def _to_bytes(self, event: LongText.Opened) -> None:
        share, found = event.origin, self.window
        if share is None or found is None:
            return
        element = share.element
        if element.message is None:
            claim = Claim(found.call["id"], "part", MEMBERS[element.kind], f"{share.kind}: {share.name}")
            self.heron.show_claim(claim, from_pane=self.text)
        else:
            leading.to_bytes(self.heron, element, self.text)

    def subject(self) -> Subject | None:
        return Subject("call", self.window.call) if self.window else None
