"""A tree drawn as a list: nodes that are open show their children below them, children load when they are looked at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...store.notes import Key
from ..columns import Column
from ..find.query import Query
from .row_list import RowList

NOTED = ("session", "turn", "call", "tool")


@dataclass(slots=True, eq=False)
class Node:
    """A node of a tree.

    Attributes:
        key: identity that survives a reload.
        kind: what it is, for columns and for enter.
        record: what it shows.
        children: None while they are not loaded; () for a leaf.
    """

    key: str
    kind: str
    record: Any
    depth: int = 0
    open: bool = False
    children: "Sequence[Node] | None" = ()
    parent: "Node | None" = field(default=None, repr=False)

    @property
    def leaf(self) -> bool:
        return self.children is not None and len(self.children) == 0

    def walk(self) -> "Iterator[Node]":
        """This node and what is visible below it."""
        yield self
        if self.open and self.children:
            for child in self.children:
                yield from child.walk()

    def all(self) -> "Iterator[Node]":
        """This node and everything below it that is loaded."""
        yield self
        for child in self.children or ():
            yield from child.all()

    def above(self) -> "Iterator[Node]":
        """What it stands below, nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def open_above(self) -> None:
        """Unfold what it stands below, so that it can be seen."""
        for node in self.above():
            node.open = True

    def handle(self) -> str:
        """Indentation and the mark that says whether it is open."""
        mark = "  " if self.leaf else "▾ " if self.open else "▸ "
        return "  " * self.depth + mark


class VisibleNodes:
    """The visible nodes of a forest, as rows."""

    def __init__(self, roots: Sequence[Node] = ()) -> None:
        self.roots = roots
        self.nodes: list[Node] = []
        self.flatten()

    def flatten(self, keep: Callable[[Node], list[Node]] = lambda root: list(root.walk())) -> None:
        """Look again at what is visible of each root."""
        self.nodes = [node for root in self.roots for node in keep(root)]

    def count(self) -> int:
        return len(self.nodes)

    def window(self, start: int, stop: int) -> Sequence[Node | None]:
        return self.nodes[start:stop]


class TreeList(RowList):
    """Motion and folding. `load(node)` is asked for children that are not there; it calls `loaded` when they are."""

    scopes: ClassVar[tuple[str, ...]] = ("tree", "list")

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: str = "",
        id: str | None = None,
        load: Callable[[Node], None] | None = None,
    ) -> None:
        super().__init__(columns, title=title, empty=empty, id=id)
        self.shown = VisibleNodes()
        self.load = load
        self.source = self.shown

    def plant(self, roots: Sequence[Node], *, key: str | None = None) -> None:
        """Show other roots; the cursor goes to the node `key`, or stays on the node it was on, if it is there."""
        key = key or (self.node.key if self.node else None)
        self.shown.roots = roots
        self._reflow(key)

    @property
    def node(self) -> Node | None:
        nodes = self.shown.nodes
        return nodes[self.cursor] if self.cursor < len(nodes) else None

    def loaded(self, node: Node, children: Sequence[Node]) -> None:
        node.children = children
        if node.open:
            self._reflow(self.node.key if self.node else None)
        else:
            self.refresh()

    def open_node(self, node: Node, *, is_open: bool = True) -> None:
        if node.leaf or node.open == is_open:
            return
        node.open = is_open
        if is_open and node.children is None and self.load:
            self.load(node)
        self._reflow(self.node.key if self.node else None)

    def key_of(self, row: Any) -> Key | None:
        return (row.kind, str(row.record["id"])) if row.kind in NOTED else None

    def find(self, key: str) -> int | None:
        """The row of the visible node `key`."""
        return next((i for i, node in enumerate(self.shown.nodes) if node.key == key), None)

    def rearrange(self, *, stay: str | None = None, first: bool = False) -> None:  # noqa: ARG002 - a tree is not sorted
        """Show the nodes that are to be shown now; those above marked ones are opened."""
        for node in [node for root in self.shown.roots for node in root.all()] if self.only_marked else ():
            if self.heron.notes.get(self.key_of(node)).marked:
                node.open_above()
        self._reflow(stay or (self.node.key if self.node else None))

    def _narrowed(self, node: Node, inside: bool = False) -> list[Node]:
        """What is visible of a node where only marked ones are shown, with what is above and below them, or where
        ignored ones are left out with all below them."""
        note = self.heron.notes.get(self.key_of(node))
        if self.hide_ignored and note.ignored:
            return []
        inside = inside or note.marked or not self.only_marked
        children = (node.children or ()) if node.open else ()
        below = [one for child in children for one in self._narrowed(child, inside)]
        return [node, *below] if inside or below else []

    def _reflow(self, key: str | None) -> None:
        """Show what is visible now. The cursor goes to the node `key`; if that is gone, to what it is folded in, else
        to what was behind it, or else before it, and stays where it is on the screen."""
        were, before, top = self.shown.nodes, self.cursor, round(self.scroll_y)
        at = next((n for n, node in enumerate(were) if node.key == key), self.cursor)
        if self.only_marked or self.hide_ignored:
            self.shown.flatten(self._narrowed)
        else:
            self.shown.flatten()
        places = {node.key: n for n, node in enumerate(self.shown.nodes)}
        near = [*were[at:], *reversed(were[:at])]
        folded = next((node for node in were[at : at + 1] if node.parent and not node.parent.open), None)
        keys = [key, *(node.key for node in (folded.above() if folded else ())), *(node.key for node in near)]
        self.cursor = next((places[key] for key in keys if key in places), self.cursor)
        self._window = ()
        self.rows_changed()
        if self.cursor != before and top <= before < top + self.page:
            self.scroll_to(y=max(self.cursor - before + top, 0), animate=False)

    def search(self, query: Query, by: int) -> None:
        """Look at all nodes that are loaded, also below those that are folded."""
        if query.words is None:
            super().search(query, by)
            return
        self.pattern = words = query.words
        nodes = [node for root in self.shown.roots for node in root.all()]
        here = next((n for n, node in enumerate(nodes) if node is self.node), 0)
        places = [n for n, node in enumerate(nodes) if words.search(self.row_text(node))]
        if not places:
            self.not_found(query)
            return
        self.heron.finding = None
        ahead = [n for n in places if (n - here) * by > 0] or places
        found = nodes[ahead[0] if by > 0 else ahead[-1]]
        found.open_above()
        self._reflow(found.key)
        self.center(self.cursor)

    def act_expand(self) -> None:
        node = self.node
        if node is None:
            return
        if not node.leaf and not node.open:
            self.open_node(node)
        elif node.open and node.children:
            self.step(1)

    def act_collapse(self) -> None:
        node = self.node
        if node is None:
            return
        if node.open and not node.leaf:
            self.open_node(node, is_open=False)
        elif node.parent is not None and (index := self.find(node.parent.key)) is not None:
            self.center(index)

    def act_expand_all(self) -> None:
        if self.node:
            self._open_below(self.node)

    def _open_below(self, node: Node) -> None:
        self.open_node(node)
        for child in node.children or ():
            self._open_below(child)

    def act_expand_level(self) -> None:
        for node in [node for node in self.shown.nodes if not node.open]:
            self.open_node(node)

    def act_collapse_level(self) -> None:
        deepest = max((node.depth for node in self.shown.nodes if node.open and not node.leaf), default=None)
        for node in [node for node in self.shown.nodes if node.open and node.depth == deepest]:
            self.open_node(node, is_open=False)
