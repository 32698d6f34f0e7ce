"""The context window of a call: what fills it, what of it was cached, how it grew."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from ...conversation.filling import KINDS, Share, filling, tokens
from ...conversation.reading import Conversations
from ...store.reader import Reader
from ...store.shapes import Record
from .. import telling
from ..long.passages import Lines, Paragraph, Passage, Prose
from ..plot import sparkline
from ..units import clock, percent, short, size, whole
from ..widgets.tree_list import Node
from . import calls, diff

MOST_TEXT = 64
"""Shares whose texts are shown one below the other for a group."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of a call's window.

    Attributes:
        limit: tokens that fit into the model's window, None where unknown.
        calls: those of the same conversation, by time.
        problem: why the prompt cannot be read, "" where it can.
    """

    call: Record
    shares: Sequence[Share] = ()
    limit: int | None = None
    calls: Sequence[Record] = ()
    since: "diff.Comparison | str" = ""
    problem: str = ""

    @property
    def cached(self) -> float:
        """The weight up to which the prompt was read from the cache, as far as tokens tell that."""
        whole_, part = self.call.get("input_tokens"), self.call.get("cache_read_tokens")
        return sum(share.weight for share in self.shares) * part / whole_ if whole_ and part else 0.0

    def tokens(self, weight: int) -> int:
        return tokens(self.shares, self.call.get("input_tokens"), weight)


def read(reader: Reader, call: str, limit: Any) -> Window | None:
    """The window of a call; `limit` tells a model's window by name."""
    record = reader.get("call", call)
    if record is None:
        return None
    found = Conversations(reader).of(record)
    problem = found.problem
    if found.missing:
        problem = f"what came before response {found.missing} is not in this store: it is not counted here"
    fits = limit(record.get("response_model") or record.get("request_model"))
    since = diff.compare(reader, call)
    return Window(record, filling(found), fits, calls.branch(reader, record), since, problem)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the tree: one share, or several together. `note` stands in place of figures."""

    label: str
    shares: Sequence[Share] = ()
    whole: bool = False
    note: str = ""
    window: Window | None = field(default=None, repr=False)

    @property
    def weight(self) -> int:
        return sum(share.weight for share in self.shares)

    @property
    def size(self) -> int:
        return sum(share.size for share in self.shares)

    @property
    def ratio(self) -> float:
        window = self.window
        total = sum(share.weight for share in window.shares) if window else 0
        return self.weight / total if total else 0.0

    @property
    def cached(self) -> str:
        """`●` read from the cache, `◐` in part, `○` not, "" where nothing is known."""
        window = self.window
        if window is None or window.call.get("cache_read_tokens") is None or not self.shares:
            return ""
        inside = [share.start + share.weight <= window.cached + 1 for share in self.shares]
        begun = any(share.start < window.cached for share in self.shares)
        return "●" if all(inside) else "◐" if begun else "○"


def tree(window: Window) -> list[Node]:
    """The nodes: the prompt with its kinds below it, what is new, and the growth."""
    root = Node("prompt", "prompt", Row("prompt", window.shares, True, window=window), open=True)
    root.children = [_kind(root, window, kind) for kind in KINDS if any(s.kind == kind for s in window.shares)]
    since = Node("since", "since", Row("since last call", note=_since(window), window=window))
    growth = Node("growth", "growth", Row("growth", note=_growth(window), window=window))
    return [root, since, growth]


def _kind(root: Node, window: Window, kind: str) -> Node:
    mine = [share for share in window.shares if share.kind == kind]
    label = f"{kind} ({whole(len(mine))})" if len(mine) > 1 else kind
    node = Node(f"prompt/{kind}", "kind", Row(label, mine, window=window), 1, parent=root)
    children: list[Node] = []
    by_server = sorted(mine, key=lambda share: share.group)
    for server, group in groupby(by_server, key=lambda share: share.group):
        part = list(group)
        if not server:
            children += [_leaf(node, window, share) for share in part]
            continue
        row = Row(f"MCP server {server} ({len(part)})", part, window=window)
        held = Node(f"{node.key}/{server}", "server", row, 2, parent=node)
        held.children = _largest([_leaf(held, window, share) for share in part])
        children.append(held)
    node.children = _largest(children) if kind in ("tools", "tool results") else children
    return node


def _largest(nodes: list[Node]) -> list[Node]:
    return sorted(nodes, key=lambda node: -node.record.size)


def _leaf(parent: Node, window: Window, share: Share) -> Node:
    row = Row(share.name, [share], window=window)
    return Node(f"{parent.key}/{share.start}", "share", row, parent.depth + 1, parent=parent)


def _since(window: Window) -> str:
    found = window.since
    if isinstance(found, str):
        return found
    new = [change.element.size for change in found.changes if change.status == "new"]
    broken = f"; prefix broke at {found.broken.place}" if found.broken else ""
    return f"{len(new)} new, {size(sum(new))}{broken}"


def _growth(window: Window) -> str:
    counts = [call.get("input_tokens") for call in window.calls]
    return f"{sparkline(counts, min(len(counts), 24))} {whole(len(counts))} calls"


def headline(window: Window) -> str:
    """How full the window is, in words."""
    call, count = window.call, window.call.get("input_tokens")
    if count is None:
        about = window.tokens(sum(share.weight for share in window.shares))
        return f"~{short(about)} tokens; the wire tells none"
    words = f"{short(count)} tokens"
    if window.limit:
        words = f"{short(count)}/{short(window.limit)} ({percent(count / window.limit)})"
    return words + (f", {percent(telling.cached(call))} cached" if call.get("cache_read_tokens") is not None else "")


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a share, as a section."""

    share: Share
    headed: bool

    side = -1

    @property
    def size(self) -> int:
        return self.share.size

    def load(self, _reader: Reader) -> Passage:
        heading = f"── {self.share.kind} · {self.share.name} · {size(self.share.size)}\n" if self.headed else ""
        return Prose((heading + self.share.text).encode("utf-8", "replace"), lambda start, end: self.share)


@dataclass(frozen=True, slots=True)
class Growth:
    """The calls of the conversation, one a line."""

    window: Window
    width: int

    side = -1
    size = 1000

    def load(self, _reader: Reader) -> Passage:
        made = list(_rows(self.window, self.width))
        return Lines(made, [None] * len(made))


def _rows(window: Window, width: int) -> Iterator[Paragraph]:
    counts = [call.get("input_tokens") for call in window.calls]
    yield Paragraph(f"input tokens  {sparkline(counts, min(max(len(counts), 1), max(width - 16, 8)))}", "model")
    yield Paragraph(f"  {'call':>6} {'time':>12} {'input':>9} {'cached':>9} {'new':>9}  █ cached ░ new", "muted")
    top = max((count for count in counts if count), default=1)
    room = max(width - 52, 8)
    for call in window.calls:
        count, cached = call.get("input_tokens"), call.get("cache_read_tokens")
        new = count - (cached or 0) if count is not None else None
        bar = "█" * round((cached or 0) / top * room) + "░" * round((new or 0) / top * room)
        mark = "▸" if call["id"] == window.call["id"] else " "
        figures = f"{whole(count):>9} {whole(cached):>9} {whole(new):>9}"
        text = f"{mark} {call.get('n') or '':>6} {clock(call['t_request_us']):>12} {figures}  {bar}"
        yield Paragraph(text, "strong" if mark == "▸" else "base", cut=True)
