"""Loads sessions, turns and what is below them into a turn tree, and finds a call in it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...store.shapes import Record
from ...store.shapes import TurnTree as Below
from .. import questions
from ..subject import Subject
from ..turn_nodes import session_node, turn_below, turn_node
from ..widgets.tree_list import Node
from ..widgets.turn_tree import TurnTree

if TYPE_CHECKING:
    from ..app import HeronApp

FEW = 8


class TurnForest:
    """The tree of one view. Nodes are kept across changes of the store, so that what was open stays open."""

    def __init__(self, heron: "HeronApp", name: str) -> None:
        self.heron = heron
        self.name = name
        self.tree = TurnTree(self._load, id=f"turn-tree-{name}")
        self.following = False
        self._sessions: dict[str, Node] = {}
        self._turns: dict[str, Node] = {}
        self._loading: set[str] = set()
        self._wanted: str | None = None
        self._version: int | None = None

    def changed(self) -> None:
        """Look at the sessions again, and at what is open in those that have changed."""
        since = self._version if self.heron.filtering.node is None else None
        open_ = {id: node.open or self.following for id, node in self._sessions.items()}

        def wanted(id: str, count: int) -> bool:
            return open_[id] if id in open_ else _opens(not open_, count)

        self.heron.reading.ask(
            ("sessions", self.name), lambda reader: questions.forest(reader, since, wanted), self._came_forest
        )

    def filtered(self) -> None:
        """Other sessions and turns fit now: look at all again."""
        self._version = None
        self.changed()

    def show_session(self, session: str) -> None:
        """Put the cursor on a session, now or as soon as it is here."""
        index = self.tree.find(session)
        self._wanted = session if index is None else None
        if index is not None:
            self.tree.center(index)

    def stand_on(self, key: str) -> None:
        """Put the cursor on a node that is visible."""
        index = self.tree.find(key)
        if index is not None:
            self.tree.center(index)

    def subject(self) -> Subject | None:
        """What the cursor of the tree is on."""
        node = self.tree.node
        return Subject(node.kind, node.record) if node else None

    def follow(self, on: bool) -> None:
        self.following = self.tree.following = on
        if on:
            self._to_newest()

    def _came_forest(self, found: questions.Forest) -> None:
        self._version = found.version
        self.tree.troubles = found.troubles
        fit = self.heron.filtering.narrowed("session")
        records = [record for record in found.sessions if fit is None or record["id"] in fit.ids]
        fresh = len(self._sessions) == 0
        roots = []
        for record in records:
            node = self._sessions.get(record["id"])
            if node is None:
                node = self._sessions[record["id"]] = session_node(record)
                node.open = _opens(fresh, len(records))
            node.record = record
            roots.append(node)
            if node.key in found.turns:
                node.children = self._turn_nodes(node, found.turns[node.key])
            elif node.key in found.moved:
                node.children = None
            if node.children is None and (node.open or self.following):
                self._load(node)
        self._sessions = {node.key: node for node in roots}
        self.tree.plant(roots)
        if self._wanted:
            self.show_session(self._wanted)
        if self.following:
            self._to_newest()

    def _load(self, node: Node) -> None:
        """Read what is below a session or a turn; asked again while it is under way, it is read once."""
        if node.kind == "session" and node.key not in self._loading:
            self._loading.add(node.key)
            self.heron.reading.ask(
                ("turns", self.name, node.key),
                lambda reader: questions.turns(reader, node.key),
                lambda records: self._came_turns(node, records),
            )
        elif node.kind == "turn" and node.key not in self._loading:
            self._loading.add(node.key)
            self.heron.reading.ask(
                ("below", self.name, node.key),
                lambda reader: questions.below(reader, node.key),
                lambda found: self._came_below(node, found),
            )

    def _came_turns(self, session: Node, records: Sequence[Record]) -> None:
        self._loading.discard(session.key)
        self.tree.loaded(session, self._turn_nodes(session, records))
        if self.following:
            self._to_newest()

    def _turn_nodes(self, session: Node, records: Sequence[Record]) -> list[Node]:
        """Nodes of the turns of a session that fit; what is below those that have changed is read again."""
        fit = self.heron.filtering.narrowed("turn")
        nodes = []
        for record in records:
            if fit is not None and record["id"] not in fit.ids:
                continue
            node = self._turns.get(record["id"])
            if node is None:
                node = self._turns[record["id"]] = turn_node(record, session)
            elif node.record != record:
                node.record = record
                if node.children is not None:
                    self._load(node)
            node.parent = session
            nodes.append(node)
        if len(nodes) == 1 and len(self._sessions) == 1 and not session.children:
            nodes[0].open = True
        return nodes

    def _came_below(self, turn: Node, found: Below | None) -> None:
        self._loading.discard(turn.key)
        if found is None:
            return
        was_open = {node.key for node in _all(turn.children or ()) if node.open}
        children = turn_below(turn, found)
        for node in _all(children):
            node.open = node.key in was_open
        self.tree.loaded(turn, children)

    def _to_newest(self) -> None:
        """Open the newest turn and stand on its last line."""
        turns = [node for node in self.tree.shown.nodes if node.kind == "turn"]
        if turns:
            newest = max(turns, key=lambda node: int(node.record["t_start_us"]))
            self.tree.open_node(newest)
            inside = list(newest.walk())
            index = self.tree.find(inside[-1].key)
            if index is not None:
                self.tree.center(index)

    def reveal(self, path: questions.Path) -> bool:
        """Open session, turn and sub-agent of a call and put the cursor on it."""
        assert path.tree.session is not None
        if self.tree.only_marked or self.tree.hide_ignored:
            self.tree.show_everything()
        session = self._sessions.get(path.tree.session["id"])
        if session is None:
            session = self._sessions[path.tree.session["id"]] = session_node(path.tree.session)
            self.tree.plant([*self.tree.shown.roots, session])
        session.open = True
        self._came_turns(session, path.turns)
        turn = self._turns.get(path.tree.turn["id"])
        if turn is None:
            return False
        turn.open = True
        self._came_below(turn, path.tree)
        node = next((node for node in _all(turn.children or ()) if node.key == path.call), None)
        if node is not None:
            node.open_above()
        self.tree.plant(self.tree.shown.roots, key=path.call)
        index = self.tree.find(path.call)
        if index is not None:
            self.tree.center(index)
        return index is not None


def _opens(fresh: bool, count: int) -> bool:
    """A session that comes later is open, and so are those of a store that has few."""
    return not fresh or count <= FEW


def _all(nodes: Sequence[Node]) -> Iterator[Node]:
    """These nodes and everything below them that is loaded."""
    return (node for top in nodes for node in top.all())
