"""Reads a store, also while it is being written. One reader belongs to one thread.

The only room above the floors that computes metrics: it hands call records to `heron_tui.metrics` (pure functions).
"""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from . import bodies
from .json_text import loads
from .listing import Listing
from .opening import open_for_reading
from .records import Kind
from .shapes import CapturedPacket, EventRow, PacketRow, Record, TurnTree
from .tree import turn_tree
from .where import Where

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from ..filter.fields import Field
    from ..filter.tree import Node
    from ..metrics.measure import Measures
    from ..metrics.points import Group
    from ..model.packet import Ints
    from .body_search import AnswerStep, SearchStep
    from .carriers import Carriers
    from .few import Few
    from .fitting import Fit, FitKind, Fitting
    from .packet_blocks import Columns
    from .packet_pages import PacketPages
    from .packet_reader import PacketReader
    from .packet_rows import PacketRows
    from .paging import Paging
    from .stopping import Stop
    from .streams import Streams
    from .troubles import Trouble

__all__ = ["Kind", "Reader"]


class Reader:
    """Answers questions about a store; records are dicts with the names of the records' contract.

    Args:
        path: the store.

    Raises:
        SourceError: there is no such file, it is no store, or it has a form that is not known here.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_for_reading(path)
        self._listing = Listing(self._connection)
        self._seen = self.version()

    @cached_property
    def _packets(self) -> "PacketReader":
        from .packet_reader import PacketReader  # loads NumPy, which most questions do not need

        return PacketReader(self._connection, self._pages)

    @cached_property
    def _pages(self) -> "PacketPages":
        from .packet_pages import PacketPages

        return PacketPages(self._connection)

    @cached_property
    def _rows(self) -> "PacketRows":
        from .packet_rows import PacketRows

        return PacketRows(self._connection, self._streams)

    @cached_property
    def _carriers(self) -> "Carriers":
        from .carriers import Carriers

        return Carriers(self._connection, self._packets)

    @cached_property
    def _fitting(self) -> "Fitting":
        from .fitting import Fitting

        return Fitting(self._connection, self._listing, self._packets, self._rows)

    @cached_property
    def paging(self) -> "Paging":
        """Lists by key, and what changed since a version."""
        from .paging import Paging

        return Paging(self._connection, self._listing)

    @cached_property
    def few(self) -> "Few":
        """Which of a few rows at hand fit a filter."""
        from .few import Few
        from .functions import register

        register(self._connection)
        return Few(self._connection)

    @cached_property
    def _streams(self) -> "Streams":
        from .streams import Streams

        return Streams(self._connection)

    def close(self) -> None:
        if "_pages" in vars(self):
            self._pages.close()
        self._connection.close()

    def version(self) -> int:
        """Rises with each commit of the writer."""
        return int(self._meta("version") or 0)

    def meta(self) -> dict[str, Any]:
        """`version`, `now_us`, `origin_us` (time of the earliest packet, 0 without packets), `packets`."""
        origin, now, packets = self._connection.execute(
            "SELECT coalesce(min(t_first_us), 0), coalesce(max(t_last_us), 0), coalesce(sum(count), 0) FROM packets"
        ).fetchone()
        return {"version": self.version(), "now_us": now, "origin_us": origin, "packets": packets}

    def sources(self) -> list[Record]:
        """Capture files in the order in which they came: the fields of `model.packet.Source`, but for `file`."""
        found = self._connection.execute(
            "SELECT id, name, raw_path, format, size, packets, note, dropped FROM sources ORDER BY n"
        )
        return [dict(row) for row in found]

    def counters(self) -> dict[str, Any]:
        """The engine's counters at the last commit."""
        return loads(self._meta("counters")) or {}

    def said(self) -> list[str]:
        """What the engine had to say to people at the last commit, one line each: damage, losses, what it cannot do."""
        return loads(self._meta("said")) or []

    def now_us(self) -> int:
        """Capture time reached (time of the latest packet), 0 without packets."""
        return int(self.meta()["now_us"])

    def count(self, kind: Kind, where: Where | None = None) -> int:
        """How many records of a kind there are (to which `where` applies)."""
        return self._listing.count(kind, where)

    def rows(
        self,
        kind: Kind,
        start: int,
        stop: int,
        *,
        where: Where | None = None,
        order: str | None = None,
        full: bool = False,
        lean: bool = False,
    ) -> list[Record]:
        """Records by place in the list, [start, stop).

        Args:
            order: a field, with ``-`` before it for descending order; by time if None. Equal values go by id.
            full: texts, thinking and arguments whole; else strings in them are cut after 200 characters.
            lean: without what grows with the history (`Form.bulky`), for lists that do not show it.

        Raises:
            UsageError: `order` is no field of the kind that can be sorted by.
        """
        self._refresh()
        return self._listing.rows(kind, start, stop, where=where, order=order, full=full, lean=lean)

    def get(self, kind: Kind, id: str, *, full: bool = True) -> Record | None:
        """One record by id, None if there is none."""
        return self._listing.get(kind, id, full=full)

    def stoppable(self, stop: "Stop | None") -> "AbstractContextManager[None]":
        """What is asked in the block raises `Stopped` soon after `stop` was set, in any thread."""
        from .stopping import stoppable

        return stoppable(self._connection, stop)

    def position(self, kind: Kind, id: str, *, where: Where | None = None, order: str | None = None) -> int | None:
        """The place of a record in the list that `rows` gives; None if it is not in it."""
        return self._listing.position(kind, id, where=where, order=order)

    def nearest(self, kind: Kind, id: str, *, where: Where | None = None, order: str | None = None) -> int | None:
        """The same; of a record that is not in the list, the place of the first that would stand behind it."""
        return self._listing.nearest(kind, id, where=where, order=order)

    def fit(
        self, kind: "FitKind", node: "Node | None", *, order: str | None = None, stop: "Stop | None" = None
    ) -> "Fit":
        """The records (or packets) that fit a display filter; `fit_rows` and `fit_packets` give windows of it.

        Args:
            order: as in `rows`; packets stand in their own order.
            stop: looked at from time to time; may be set in any thread.

        Raises:
            Stopped: `stop` was set.
        """
        self._refresh()
        if kind == "packet":
            return self._fitting.packets(node, self._seen, stop)
        return self._fitting.records(kind, node, order, self._seen, stop)

    def fit_rows(self, fit: "Fit", start: int, stop: int, *, full: bool = False) -> list[Record]:
        """Records of a fit by place in it, [start, stop); those that are gone since are left out."""
        assert fit.kind != "packet"
        return self._listing.by_rowid(fit.kind, fit.keys[max(start, 0) : max(stop, 0)].tolist(), full=full)

    def fit_ids(self, fit: "Fit") -> list[str]:
        """Ids of the records of a fit, in no order."""
        assert fit.kind != "packet"
        return self._listing.ids(fit.kind, fit.keys.tolist())

    def fit_packets(self, fit: "Fit", start: int, stop: int) -> list[PacketRow]:
        """Packets of a fit by place in it, [start, stop)."""
        self._refresh()
        return self._rows.rows(self._packets.picked(fit.keys[max(start, 0) : max(stop, 0)].tolist()))

    def fit_position(self, fit: "Fit", id: str | int) -> int | None:
        """The place in a fit of a record by id (None if it does not fit), or of a packet by number, or of the first
        behind it."""
        if fit.kind == "packet":
            return fit.place(int(id))
        rowid = self._listing.rowid(fit.kind, str(id))
        return next((at for at, key in enumerate(fit.keys.tolist()) if key == rowid), None)

    def where(self, kind: Kind, node: "Node | None") -> Where | None:
        """A display filter as a condition for `rows`, `count` and `position`; None for no filter."""
        from .fitting import where

        return where(node, kind) if node is not None and self._fitting else None

    def troubles(self) -> "dict[str, Trouble]":
        """Errors and warnings among the findings, by the session, turn, call or tool call they are about or below."""
        from .troubles import troubles

        return troubles(self._connection)

    def severities(self, where: Where | None = None) -> dict[str, int]:
        """How many findings there are of each severity that there is, of those to which `where` applies."""
        sql, parameters = (where.sql, where.params) if where else ("1", ())
        counted = f"SELECT finding.severity, count(*) FROM findings AS finding WHERE {sql} GROUP BY finding.severity"
        return dict(self._connection.execute(counted, parameters).fetchall())

    def values(self, field: "Field", most: int = 200) -> list[str]:
        """Values that a text field of the filter language has in this store, the most frequent first."""
        return self._listing.values(field, most)

    def turn_tree(self, turn: str) -> TurnTree | None:
        """A turn with its calls, tools and sub-agents, without bodies and with texts cut; None if there is none."""
        return turn_tree(self._connection, self._listing, turn)

    def packet_count(self) -> int:
        self._refresh()
        return self._pages.count()

    def packets(self, start: int, stop: int) -> list[PacketRow]:
        """Packets by place in the list, [start, stop), from 0; place 0 is usually packet number 1."""
        self._refresh()
        return self._rows.rows(self._pages.page(start, stop))

    def numbered(self, numbers: "Sequence[int]") -> list[PacketRow]:
        """The packets with these numbers, in their order; numbers that no packet has are left out."""
        self._refresh()
        return self._rows.rows(self._packets.picked(numbers))

    def packet_order(self, by: str, *, down: bool = False, numbers: "Ints | None" = None) -> "Ints":
        """Packet numbers in the order of a value; equal ones by number.

        Args:
            by: a column of packets (`packet_blocks.COLUMNS`), one of their flow (`client`, `server`, `process`), or
                what they say of an answer: `status`, `ttft`, `tokens` (input and output).
            numbers: only these; all packets if None.
        """
        from . import packet_order

        self._refresh()
        return packet_order.order(self._connection, self._packets, by, down=down, numbers=numbers)

    def comments(self, first: int, last: int) -> dict[int, str]:
        """Comments of the capture files on packets with numbers in [first, last]."""
        found = self._connection.execute(
            "SELECT packet, text FROM comments WHERE packet BETWEEN ? AND ?", (first, last)
        )
        return {int(row[0]): str(row[1]) for row in found}

    def packet_position(self, number: int) -> int:
        """The place in the list of the first packet with this number or a later one."""
        self._refresh()
        return self._pages.place(number)

    def packet_bytes(self, number: int) -> tuple[bytes, int]:
        """The captured bytes of a packet, from its capture file, and their link type.

        Raises:
            SourceError: the capture file is gone or is no longer the one that was read; or there is no such packet.
        """
        self._refresh()
        return self._pages.raw(number)

    def exchange_packets(self, exchange: str) -> list[int]:
        """Numbers of the packets that carried an exchange: those of its flow with payload, in the request's range from
        the client and in the response's from the server."""
        self._refresh()
        return self._carriers.of_exchange(exchange)

    def carriers(self, exchange: str, side: Literal["request", "response"]) -> list[CapturedPacket]:
        """The packets that may have carried one side of an exchange, in order of capture.

        Those of its flow from that side, with payload, in the range of the packets of its first and last byte and some
        before and behind it: what came out of order lies outside of that range.

        Raises:
            SourceError: as `packet_bytes` does; or they are too many bytes (`carriers.MOST_CARRIED`).
        """
        self._refresh()
        return self._carriers.of_side(exchange, side)

    def flow_carriers(self, flow: str) -> "Iterator[CapturedPacket]":
        """The packets of a flow with payload, in order of capture, with their bytes.

        Raises:
            SourceError: as `packet_bytes` does.
        """
        self._refresh()
        return self._carriers.of_flow_with_payload(flow)

    def up_to(self, number: int, most: int) -> list[CapturedPacket]:
        """A packet and those before it in its flow, oldest first: `most` in all, as far as a few blocks reach back.

        Raises:
            SourceError: as `packet_bytes` does.
        """
        self._refresh()
        return self._packets.up_to(number, most)

    def flow_packets(self, flow: str) -> list[int]:
        """Numbers of all packets of a flow."""
        self._refresh()
        return self._carriers.of_flow(flow)

    def payload_packets(self, flow: str) -> "Columns":
        """The packets of a flow that carried payload, as columns of equal length: `number`, `time_us`, `side` (0 from
        the client), `payload` (bytes) and `kind`; columns without length where there are none."""
        self._refresh()
        return self._carriers.payload(flow)

    def exchange_at(self, number: int) -> str | None:
        """Id of the exchange that a packet is part of."""
        place = self.packet_position(number)
        return next((row.exchange for row in self.packets(place, place + 1) if row.number == number), None)

    def events(self, exchange: str) -> list[EventRow]:
        """The events of an exchange's response so far."""
        self._refresh()
        return self._streams.events(exchange).rows()

    def event_data(self, exchange: str, index: int) -> bytes:
        """The data of one event, b"" if there is none."""
        self._refresh()
        return self._streams.data(exchange, index)

    def stream(self, exchange: str) -> list[tuple[str, bytes]]:
        """Name and data of every event of an exchange's response so far: `events` and `event_data` in one."""
        self._refresh()
        return self._streams.all(exchange)

    def body(self, exchange: str, side: Literal["request", "response"]) -> bytes:
        """A decoded body; b"" where there is none, and for a response that has not ended."""
        return bodies.read(self._connection, exchange, side)

    def find_in_bodies(self, pattern: "re.Pattern[bytes]", after: int = 0) -> "SearchStep":
        """One step of a search through all bodies: from behind piece `after` to the first hit, or some megabytes on."""
        from . import body_search

        return body_search.step(self._connection, pattern, after)

    def metrics(
        self, window_us: int | None = None, *, now_us: int | None = None, where: Where | None = None
    ) -> "Measures | None":
        """The metrics of the window that ends at `now_us` (capture time reached if None), chat calls only.

        Args:
            window_us: its length; None for the whole capture, from the first call to the last thing known of any.
            where: only calls to which this applies.

        Returns:
            None where the whole capture was asked for and holds no call.
        """
        from ..metrics.measure import measure
        from . import measuring

        asked = measuring.window(self._connection, window_us, self._end(now_us), where)
        return None if asked is None else measure(*asked)

    def metrics_by(
        self, group: "Group", window_us: int | None = None, *, now_us: int | None = None, where: Where | None = None
    ) -> "dict[str | None, Measures]":
        """The same for each `model`, `route`, `agent` or `process`; None stands for calls without one."""
        from ..metrics.measure import measure_by
        from . import measuring

        asked = measuring.window(self._connection, window_us, self._end(now_us), where)
        return {} if asked is None else measure_by(asked[0], group, *asked[1:])

    def series(
        self, step_us: int, window_us: int | None = None, *, now_us: int | None = None, where: Where | None = None
    ) -> "list[Measures]":
        """The metrics of consecutive steps over the same window.

        Raises:
            ValueError: a step has no length, or there would be more than 10,000.
        """
        from ..metrics.measure import series
        from . import measuring

        asked = measuring.window(self._connection, window_us, self._end(now_us), where)
        return [] if asked is None else series(asked[0], asked[1] - asked[2], asked[1], step_us)

    def metrics_table(self, node: "Node | None" = None) -> list[Record]:
        """All windows, each as a whole, by model and by route: records for scripts. Of the calls that fit a filter."""
        from . import measuring

        return measuring.table(self._connection, self._end(None), self.where("call", node))

    def _end(self, now_us: int | None) -> int:
        """Windows are half open: what happened at `now_us` is in them."""
        return (self.now_us() if now_us is None else now_us) + 1

    def _meta(self, key: str) -> str | None:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def _refresh(self) -> None:
        """Forget what was remembered of an earlier version of the store."""
        if (version := self.version()) != self._seen:
            self._seen = version
            self._listing.forget()
            self._pages.forget()
            self._rows.forget()
            self._streams.forget()

    def find_in_answers(self, pattern: "re.Pattern[str]", after: int = 0) -> "AnswerStep":
        """One step of a search through what calls answered, put together: to the first hit, or some thousand on."""
        from . import body_search

        return body_search.answers(self._connection, pattern, after)
