"""Flows: the connections, and the exchanges of the selected one."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container

from .. import questions
from ..choice import ChosenRows
from ..filtering import Narrowed
from ..rows import FixedRows
from ..subject import Subject
from ..tables import exchange_columns, flow_columns
from ..widgets.pane import Pane
from ..widgets.row_list import RowList
from .view import View


class ExchangeList(RowList):
    """The exchanges of a connection, all of them: where only some fit the filter, those are signed."""

    _standing_out: frozenset[str] = frozenset()

    def fitting(self) -> Narrowed | None:
        return None

    def narrow(self, *, grown: bool) -> None:  # noqa: ARG002 - these are all in memory
        self._sign()
        self.refresh()

    def rows_changed(self) -> None:
        self._sign()
        super().rows_changed()

    def _sign(self) -> None:
        fit = self.heron.filtering.narrowed("exchange")
        ids = frozenset(row["id"] for row in self.source.window(0, self.source.count()) if row)
        self._standing_out = ids & fit.ids if fit is not None and not ids <= fit.ids else frozenset()

    def stands_out(self, row: Any) -> bool:
        return row["id"] in self._standing_out


class FlowsView(View):
    """Connections above, exchanges below; enter goes to the packets."""

    title = "flows"
    share_below: ClassVar[int] = 50
    beside_from: ClassVar[int] = 1000

    def compose(self) -> ComposeResult:
        times = self.heron.times
        self.list = RowList(flow_columns(times), empty="no connections", kind="flow", id="flow-list")
        self.exchanges = ExchangeList(
            exchange_columns(times),
            title="Exchanges",
            empty="no HTTP on this connection",
            kind="exchange",
            id="exchange-list",
        )
        yield Container(self.list, classes="side")
        yield Container(self.exchanges, classes="side")

    def on_mount(self) -> None:
        self.rows = ChosenRows(self.heron.reading, "flow", self.list.refresh_rows, self.list.chosen)
        self.list.show(self.rows)
        self._flow: str | None = None

    @property
    def first_pane(self) -> Pane:
        return self.list

    def changed(self) -> None:
        self.list.columns = flow_columns(self.heron.times, processes=self.heron.processes)
        self.rows.store_changed(self.heron.counts.get("flows", 0))
        self.list.rows_changed()

    def show_flow(self, flow: str) -> None:
        """Put the cursor on a connection."""
        self.focus_pane(self.list)
        self.rows.place(flow, self._found_place)

    def _found_place(self, place: int | None) -> None:
        if place is None:
            self.heron.say("this connection is not among the rows shown", "warn")
        else:
            self.list.center(place)

    def follow(self, on: bool) -> None:
        self.list.following = on
        if on:
            self.list.act_bottom()

    @on(RowList.Moved, "#flow-list")
    def _moved(self, event: RowList.Moved) -> None:
        flow = event.row["id"]
        self.heron.reading.ask(
            "exchanges", lambda reader: questions.exchanges(reader, flow), lambda rows: self._show(event.row, rows)
        )

    def _show(self, flow: Any, rows: Sequence[Any]) -> None:
        self.exchanges.title = f"Exchanges of {flow['client']} → {flow['server']}"
        self.exchanges.note = str(len(rows))
        if flow["id"] == self._flow and isinstance(self.exchanges.source, FixedRows):
            self.exchanges.source.rows = rows
            self.exchanges.rows_changed()
        else:
            self._flow = flow["id"]
            self.exchanges.show(FixedRows(rows))

    @on(RowList.Opened, "#flow-list")
    def _opened(self, event: RowList.Opened) -> None:
        if self.exchanges.count:
            self.heron.go(self.exchanges)
        else:
            self.heron.show_packet(event.row["first_packet"])

    @on(RowList.Opened, "#exchange-list")
    def _exchange_opened(self, event: RowList.Opened) -> None:
        number = questions.first_packet(event.row)
        if number is None:
            self.heron.say("no packet of it is in the store", "warn")
        else:
            self.heron.show_packet(number)

    def subject(self) -> Subject | None:
        on_exchange = self.exchanges.has_focus
        row = self.exchanges.row if on_exchange else self.list.row
        return Subject("exchange" if on_exchange else "flow", row) if row else None

    def act_go_to_turn(self) -> None:
        row = self.exchanges.row
        if row and row.get("call"):
            self.heron.show_call(row["call"])
        else:
            self.heron.say("no call to a model is selected", "warn")
