"""The packet list: what each packet is in the agent's terms, with the text that its event brings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment

from ...store.notes import Key
from ..columns import Column
from ..questions import EventKey, PacketLine
from .row_list import RowList

KEPT = 20_000


class PacketList(RowList):
    """Rows are drawn at once; the texts of events follow for the rows that are looked at.

    Args:
        ask: asked for the texts of some events; the answer comes to `tell`.
    """

    scopes: ClassVar[tuple[str, ...]] = ("packets", "along", "list", "columns")

    def __init__(
        self, columns: Sequence[Column], ask: Callable[[list[EventKey]], None], *, empty: str, id: str | None = None
    ) -> None:
        super().__init__(columns, empty=empty, kind="packet", id=id)
        self.texts: dict[EventKey, str] = {}
        self._ask = ask
        self._unknown: set[EventKey] = set()

    def key_of(self, row: Any) -> Key:
        return "packet", str(row.packet.number)

    def comment_of(self, row: Any) -> str:
        return super().comment_of(row) or str(row.comment)

    def tell(self, texts: Mapping[EventKey, str]) -> None:
        """The texts of events that were asked for."""
        while len(self.texts) + len(texts) > KEPT:
            del self.texts[next(iter(self.texts))]
        self.texts.update(texts)
        self.refresh()

    def draw_row(self, row: Any, selected: bool, width: int) -> list[Segment]:
        line: PacketLine = row
        key = line.event
        if key is not None and key not in self.texts:
            if not self._unknown:
                self.call_after_refresh(self._ask_unknown)
            self._unknown.add(key)
        return super().draw_row(row, selected, width)

    def _ask_unknown(self) -> None:
        unknown, self._unknown = self._unknown, set()
        self._ask(sorted(unknown))
