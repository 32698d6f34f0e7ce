"""Packets: the list, the selected packet's layers, its bytes; on a wide screen the turn tree beside them."""

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from ...store.reader import Reader
from ...store.shapes import PacketRow
from .. import detail, questions
from ..choice import ChosenRows
from ..evidence.claims import Claim, Evidence
from ..evidence.packet import Wires
from ..layers import Field
from ..subject import Subject
from ..tables import packet_columns
from ..turn_nodes import first_packet_below
from ..units import size, whole
from ..widgets.bytes_pane import BytesPane
from ..widgets.detail_tree import DetailTree
from ..widgets.packet_list import PacketList
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from ..widgets.turn_tree import TurnTree
from .dissecting import Dissecting
from .turn_forest import TurnForest
from .view import View

WIDE_BYTES, NARROW_BYTES = 75, 43
"""Cells of the bytes pane for 16 and for 8 bytes a line."""


class PacketsView(View):
    """List above, detail and bytes below. Below 100 columns one of the two is shown: the one in focus."""

    DEFAULT_CSS = """
    PacketsView #tree-side { display: none; width: 36%; }
    PacketsView.-wide #tree-side { display: block; }
    PacketsView.-zoomed #tree-side { display: none; }
    PacketsView.-zoomed #tree-side.-zoom { display: block; }
    PacketsView { layout: horizontal; }
    PacketsView #packet-side { width: 1fr; height: 1fr; layout: vertical; }
    PacketsView #packet-list { height: 1fr; }
    PacketsView #below { height: 45%; layout: horizontal; }
    PacketsView.-narrow #packet-bytes { display: none; }
    PacketsView.-narrow.-on-bytes #packet-bytes { display: block; }
    PacketsView.-narrow.-on-bytes #packet-detail { display: none; }
    PacketsView.-no-detail #packet-detail { display: none; }
    PacketsView.-no-bytes #packet-bytes { display: none; }
    PacketsView.-no-detail.-no-bytes #below { display: none; }
    """
    title = "packets"
    unhinted = ("sort",)

    def compose(self) -> ComposeResult:
        heron = self.heron
        self.forest = TurnForest(heron, "beside")
        yield Container(self.forest.tree, id="tree-side")
        self.list = PacketList(packet_columns(heron.times), self._ask_texts, empty="no packets", id="packet-list")
        self.detail = DetailTree(id="packet-detail")
        self.bytes = BytesPane(id="packet-bytes")
        with Container(id="packet-side"):
            yield self.list
            yield Container(self.detail, self.bytes, id="below")

    def on_mount(self) -> None:
        self.rows = ChosenRows(self.heron.reading, "packet", self.list.refresh_rows, self.list.chosen)
        self.list.show(self.rows)
        self.packet: questions.PacketView | None = None
        self.evidence: Evidence | None = None
        self._wires = Wires()
        self._dissecting = Dissecting(self)

    @property
    def first_pane(self) -> Pane:
        return self.list

    def changed(self) -> None:
        self.list.columns = packet_columns(self.heron.times, processes=self.heron.processes, texts=self.list.texts)
        self.rows.store_changed(self.heron.counts.get("packets", 0))
        self.list.rows_changed()
        if self.has_class("-wide"):
            self.forest.changed()

    def filtered(self, kind: str, *, grown: bool) -> None:
        super().filtered(kind, grown=grown)
        if kind in ("turn", "session") and not grown:
            self.forest.filtered()

    def follow(self, on: bool) -> None:
        self.list.following = on
        if on:
            self.list.act_bottom()

    def share_out(self) -> None:
        width = self.app.size.width
        self.set_class(width < 100, "-narrow")
        self.set_class(width >= self.beside_from, "-wide")
        below = self.query_one("#below")
        room = width * 64 // 100 if width >= self.beside_from else width
        self.bytes.styles.width = WIDE_BYTES if room >= WIDE_BYTES + 42 else NARROW_BYTES if width >= 100 else "1fr"
        below.styles.height = f"{self.share or (45 if self.app.size.height < 40 else 40)}%"

    def on_resize(self) -> None:
        was_wide = self.has_class("-wide")
        self.divide()
        if self.has_class("-wide") and not was_wide:
            self.forest.changed()

    def behind_border(self) -> Widget | None:
        below = self.query_one("#below")
        return below if below.display else None

    def share_at(self, x: int, y: int) -> int:  # noqa: ARG002 - its sides stand below each other
        """Here the share is that of the lower side."""
        room = self.region
        return round(100 * (room.bottom - y) / room.height)

    def _resize(self, by: int) -> None:
        share = self.share or 45
        self.share = max(15, min(85, share + (-by if self.list.has_focus else by)))
        self.divide()

    def _ask_texts(self, keys: list[questions.EventKey]) -> None:
        self.heron.reading.ask("texts", lambda reader: questions.event_texts(reader, keys), self.list.tell)

    def subject(self) -> Subject | None:
        if self.forest.tree.has_focus:
            return self.forest.subject()
        return Subject("packet", self.list.row.packet) if self.list.row else None

    # the selected packet

    def show_packet(self, number: int, *, evidence: Evidence | None = None) -> None:
        """Put the cursor on packet `number`; what of `evidence` it carried is marked in its bytes."""
        self.evidence = evidence
        self.rows.place(str(number), lambda place: self._found_place(number, place))

    def _found_place(self, number: int, place: int | None) -> None:
        if place is None:
            self.heron.say(f"packet {whole(number)} was not among the rows shown: all are shown again", "warn")
            self.list.show_everything(stay=str(number))
            return
        self.list.center(place)
        row = self.list.row
        if row is not None and self.packet and self.packet.packet.number == row.packet.number:
            self._show(self.packet)

    @on(RowList.Moved, "#packet-list")
    def _moved(self, event: RowList.Moved) -> None:
        packet: PacketRow = event.row.packet
        known = self.packet
        if known is None or known.packet.number != packet.number or not known.settled:
            self.heron.reading.ask("packet", self._question(packet), self._show)

    def _question(self, packet: PacketRow) -> Callable[[Reader], questions.PacketView]:
        return lambda reader: questions.packet(reader, packet, self._wires)

    def _show(self, view: questions.PacketView) -> None:
        number = view.packet.number
        if self.list.row is None or self.list.row.packet.number != number:
            return
        self.packet = view
        fields, secrets = detail.fields(view, self.heron.times, self.evidence)
        if whole_dissection := self._dissecting.at(number):
            fields.append(whole_dissection)
        self.detail.show_fields(fields, title=f"Packet {whole(number)}")
        note = view.note or size(len(view.data))
        self.bytes.show(view.data, title=f"Bytes of packet {whole(number)}", note=note, secrets=secrets)
        if self.evidence:
            self.bytes.mark(self.evidence.ranges(number))

    def show_again(self) -> None:
        """Show the packet that is shown anew: more is known of it."""
        if self.packet:
            marks = self.bytes.marks
            self._show(self.packet)
            self.bytes.mark(marks)

    def act_wireshark(self) -> None:
        if self.packet is None:
            return
        self._dissecting.toggle(self.packet.packet.number)
        self.show_again()
        if self._dissecting.layer:
            self.remove_class("-no-detail", "-on-bytes")
            self.detail.go_to("Wireshark")

    @on(RowList.Opened, "#packet-list")
    def _opened(self) -> None:
        pane = self.detail if not self.has_class("-no-detail") else self.bytes
        self.heron.go(pane)

    @on(DetailTree.Selected)
    def _selected(self, event: DetailTree.Selected) -> None:
        chosen = event.field
        if self.detail.has_focus:
            self.bytes.mark(chosen.ranges())

    @on(RowList.Opened, "#packet-detail")
    def _field_opened(self, event: RowList.Opened) -> None:
        chosen: Field = event.row.record
        kind, key = chosen.link or ("", "")
        call = self.packet.packet.call if self.packet else None
        if kind == "claim" and call:
            what, _, which = key.partition(" ")
            self.heron.show_claim(Claim(call, what, which, f"{chosen.name}: {chosen.value}"[:120]))
        elif kind == "evidence":
            self.show_packet(int(key), evidence=self.evidence)
        elif chosen.link:
            self.heron.follow_link(kind, key)
        elif chosen.end > chosen.start:
            self.remove_class("-no-bytes")
            self.heron.go(self.bytes)
            self.bytes.mark(chosen.ranges())
        else:
            self.detail.act_expand()

    @on(BytesPane.Moved)
    def _byte(self, event: BytesPane.Moved) -> None:
        if chosen := self.detail.find_byte(event.offset):
            self.bytes.note = f"{chosen.name}: {chosen.value}"[:60] if not chosen.secret else chosen.name
            self.bytes.refresh()

    def shown_panes(self) -> list[Pane]:
        """On a narrow screen, tab also goes to whichever of detail and bytes has no room just now."""
        if not self.has_class("-narrow"):
            return super().shown_panes()
        hidden = {self.detail: "-no-detail", self.bytes: "-no-bytes"}
        return [self.list, *(pane for pane, name in hidden.items() if not self.has_class(name))]

    def focus_pane(self, pane: Pane) -> None:
        self.set_class(pane is self.bytes, "-on-bytes")
        super().focus_pane(pane)

    def act_detail(self) -> None:
        self.toggle_class("-no-detail")
        self._keep_focus()

    def act_bytes(self) -> None:
        if self.has_class("-narrow"):  # one of the two has the room: `B` changes between them
            self.toggle_class("-on-bytes")
            self.remove_class("-no-bytes", "-no-detail")
        else:
            self.toggle_class("-no-bytes")
        self._keep_focus()

    def _keep_focus(self) -> None:
        focused = self.app.focused
        if not isinstance(focused, Pane) or focused not in self.shown_panes():
            self.focus_pane(self.list)

    # from a packet to its turn, and along the calls

    def act_go_to_turn(self) -> None:
        if self.packet and self.packet.packet.call:
            self.heron.show_call(self.packet.packet.call)
        else:
            self.heron.say("this packet belongs to no call to a model", "warn")

    def act_next_call(self, count: int | None = None) -> None:
        self._along_calls(count or 1)

    def act_previous_call(self, count: int | None = None) -> None:
        self._along_calls(-(count or 1))

    def _along_calls(self, by: int) -> None:
        row: questions.PacketLine | None = self.list.row
        if row is not None:
            number = row.packet.number
            self.heron.reading.ask(
                "along",
                lambda reader: questions.call_edge(reader, number, by),
                lambda found: self._go_along(found, "call"),
            )

    def act_next_turn(self, count: int | None = None) -> None:
        self._along_turns(count or 1)

    def act_previous_turn(self, count: int | None = None) -> None:
        self._along_turns(-(count or 1))

    def _along_turns(self, by: int) -> None:
        row: questions.PacketLine | None = self.list.row
        if row is not None:
            time_us = row.packet.time_us
            self.heron.reading.ask(
                "along",
                lambda reader: questions.turn_edge(reader, time_us, by),
                lambda number: self._go_along(number, "turn"),
            )

    def _go_along(self, number: int | None, what: str) -> None:
        if number is None:
            self.heron.say(f"no further {what}", "muted")
        else:
            self.show_packet(number)

    # the turn tree beside

    @on(RowList.Moved, "TurnTree")
    def _tree_moved(self, event: RowList.Moved) -> None:
        if not event.pane.has_focus:
            return
        number = first_packet_below(event.row)
        if number:
            self.show_packet(number)

    @on(RowList.Opened, "TurnTree")
    def _tree_opened(self, event: RowList.Opened) -> None:
        tree = event.pane
        if isinstance(tree, TurnTree) and event.row.kind not in ("call", "tool"):
            tree.open_node(event.row, is_open=not event.row.open)
        else:
            self.heron.go(self.list)
