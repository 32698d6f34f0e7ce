"""A packet's layers as a tree; layers that were unfolded stay so from packet to packet."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from textual import on
from textual.message import Message

from ..columns import sized
from ..layers import Field
from .pane import plain
from .row_list import RowList
from .tree_list import Node, TreeList

MASKED = "•••••••• (u shows it)"


class DetailTree(TreeList):
    """Fields; `Selected` says which one the cursor is on."""

    scopes: ClassVar[tuple[str, ...]] = ("tree", "list", "packets", "along")

    class Selected(Message):
        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__((), title="Packet", empty="no packet is selected", id=id)
        self._folds: dict[str, bool] = {}

    def show_fields(self, fields: Sequence[Field], *, title: str) -> None:
        """Show another packet's fields; the cursor stays on the field of the same name."""
        self.title = title
        self.plant([self._node(field, 0, "", None) for field in fields])

    def _node(self, field: Field, depth: int, path: str, parent: Node | None) -> Node:
        key = f"{path}/{field.name}"
        node = Node(key, "field", field, depth, self._folds.get(key, field.open), parent=parent)
        seen: dict[str, int] = {}
        children = []
        for child in field.children:
            seen[child.name] = seen.get(child.name, 0) + 1
            place = f"{key}#{seen[child.name]}" if seen[child.name] > 1 else key
            children.append(self._node(child, depth + 1, place, node))
        node.children = children
        return node

    def go_to(self, layer: str) -> None:
        """Put the cursor on a layer."""
        index = self.find(f"/{layer}")
        if index is not None:
            self.center(index, anew=True)

    def open_node(self, node: Node, *, is_open: bool = True) -> None:
        self._folds[node.key] = is_open
        super().open_node(node, is_open=is_open)

    def find_byte(self, offset: int) -> Field | None:
        """The smallest field that holds the byte; the cursor goes to it, or to its layer if that is folded."""
        best: Node | None = None
        waiting = list(self.shown.roots)
        while waiting:
            node = waiting.pop(0)
            field: Field = node.record
            holds = any(start <= offset < end for start, end in field.ranges())
            if holds and (best is None or field.size <= best.record.size):
                best = node
            if holds or not field.size:
                waiting += node.children or ()
        if best is None:
            return None
        shown: Node | None = best
        while shown is not None and (index := self.find(shown.key)) is None:
            shown = shown.parent
        if shown is not None and index is not None:
            self.center(index)
        return best.record if isinstance(best.record, Field) else None

    def copy_text(self) -> str:
        field = self.node.record if self.node else None
        if field is None or (field.secret and not self.heron.unmasked):
            return ""
        return f"{field.name}: {field.value}"

    def row_text(self, row: Any) -> str:
        field: Field = row.record
        return field.name if field.secret and not self.heron.unmasked else f"{field.name}: {field.value}"

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        self.post_message(self.Selected(event.row.record))

    def draw_row(self, row: Any, selected: bool, width: int) -> list[Segment]:
        node: Node = row
        field: Field = node.record
        palette = self.palette
        ground = (palette.cursor if self.has_focus else palette.cursor_away) if selected else palette.base
        flat = selected and bool(ground.reverse)

        def on_ground(role: str) -> Any:
            style = palette.role(role)
            return ground if flat else ground + plain(style) if selected else style

        value = MASKED if field.secret and not self.heron.unmasked else field.value
        name = field.name + (": " if value and node.depth else "  " if value else "")
        handle = node.handle()
        room = max(width - len(handle) - len(name) - 4, 4)
        return [
            Segment("▌" if selected and self.has_focus else " ", on_ground("accent")),
            Segment(handle, on_ground("faint")),
            Segment(name, on_ground("muted" if node.depth else "strong")),
            Segment(sized(value, room), on_ground("base")),
            Segment(" → " if field.link else "   ", on_ground("accent")),
        ]
