"""What the interface asks of the store; with `reading_text` and `measuring`, all calls to a `Reader` stand here."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from ..core.errors import SourceError
from ..engine.protocol import Counters
from ..filter.tree import Node
from ..store.reader import Kind, Reader
from ..store.shapes import CapturedPacket, EventRow, PacketRow, Record, TurnTree
from ..store.troubles import Trouble
from ..store.where import Where
from . import telling
from .evidence.packet import Contents, Wires

if TYPE_CHECKING:
    from ..model.packet import Ints

Rows = Sequence[Record]
EventKey = tuple[str, int]
"""An exchange's id, and the number of an event in it."""
KINDS: dict[str, Kind] = {
    "flows": "flow",
    "calls": "call",
    "turns": "turn",
    "sessions": "session",
    "findings": "finding",
}
MOST = 100_000
"""Rows that a tree asks for at once: sessions of a store, turns of a session."""
MOST_EVENTS = 50
"""Events of one packet that the detail tree lists."""
NO_CONTENTS = Contents()
REQUEST_BEGINS = "json_extract(call.evidence, '$.request[0]')"


class Summary(Struct, frozen=True):
    """How much there is.

    Attributes:
        origin_us: time of the first packet; now_us: the capture time reached.
        processes: it is known of some flow which process was behind it. said: what the engine had to say to people.
        found: findings by severity.
    """

    version: int
    counts: dict[str, int]
    counters: Counters
    origin_us: int
    now_us: int
    processes: bool = False
    said: tuple[str, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)


class PacketLine(Struct, frozen=True):
    """A packet in the list, with the time of the one before it, and the comment that the capture file has on it."""

    packet: PacketRow
    before_us: int
    comment: str = ""

    @property
    def event(self) -> EventKey | None:
        """The first event that it carried bytes of."""
        packet = self.packet
        if packet.exchange is None or packet.event is None:
            return None
        return packet.exchange, packet.event


class PacketView(Struct, frozen=True):
    """A packet with what it is part of.

    Attributes:
        note: why there are no bytes, if so.
        events: those that it carried bytes of, with their data (the first `MOST_EVENTS` of `event_count`).
        settled: what it is part of has ended, so that the answer stays as it is.
        contents: which of its bytes carried what.
    """

    packet: PacketRow
    data: bytes = b""
    link: int = 1
    note: str = ""
    exchange: Record | None = None
    call: Record | None = None
    turn: Record | None = None
    events: Sequence[tuple[EventRow, bytes]] = ()
    event_count: int = 0
    settled: bool = True
    contents: Contents = NO_CONTENTS


class Path(Struct, frozen=True):
    """Where a call stands: its turn with all below it, and all turns of its session."""

    call: str
    tree: TurnTree
    turns: Rows = field(default=())


class Forest(Struct, frozen=True):
    """The sessions of a store at a version.

    Attributes:
        moved: ids of those in which turns are new or others. turns: of those of them that were wanted.
        troubles: what is wrong with sessions, turns and what is below them, by id.
    """

    version: int
    sessions: Rows
    moved: Set[str]
    turns: Mapping[str, Rows]
    troubles: Mapping[str, Trouble]


def summary(reader: Reader) -> Summary:
    meta = reader.meta()
    counts = {"packets": int(meta["packets"])}
    counts |= {name: reader.count(kind) for name, kind in KINDS.items()}
    known = {name: value for name, value in reader.counters().items() if name in Counters.__struct_fields__}
    return Summary(
        version=int(meta["version"]),
        counts=counts,
        counters=msgspec.convert(known, Counters),
        origin_us=int(meta["origin_us"]),
        now_us=int(meta["now_us"]),
        processes=reader.count("flow", Where("flow.process IS NOT NULL")) > 0,
        said=tuple(reader.said()),
        found=reader.severities(),
    )


def packets(reader: Reader, start: int, stop: int) -> Sequence[PacketLine]:
    """Packets by place in the list."""
    first = max(start - 1, 0)
    return _lines(reader, reader.packets(first, stop))[start - first :]


def packets_numbered(reader: Reader, numbers: "Ints", start: int, stop: int) -> Sequence[PacketLine]:
    """Packets by place in a list of numbers."""
    first = max(start - 1, 0)
    return _lines(reader, reader.numbered(numbers[first:stop].tolist()))[start - first :]


def _lines(reader: Reader, rows: Sequence[PacketRow]) -> list[PacketLine]:
    if not rows:
        return []
    befores = [rows[0].time_us, *(row.time_us for row in rows)]
    numbers = [row.number for row in rows]
    comments = reader.comments(min(numbers), max(numbers))
    return [PacketLine(row, before, comments.get(row.number, "")) for row, before in zip(rows, befores, strict=False)]


def event_texts(reader: Reader, keys: Sequence[EventKey]) -> dict[EventKey, str]:
    """What these events bring, in a few words."""
    return {key: telling.event(reader.event_data(*key), 160) for key in keys}


def packet(reader: Reader, row: PacketRow, wires: Wires) -> PacketView:
    """All that the detail tree and the bytes pane show of a packet."""
    note, data, link = "", b"", 1
    try:
        data, link = reader.packet_bytes(row.number)
    except SourceError as error:
        note = str(error)
    exchange = reader.get("exchange", row.exchange) if row.exchange else None
    call = reader.get("call", row.call, full=False) if row.call else None
    turn = reader.get("turn", call["turn"], full=False) if call and call.get("turn") else None
    carried = (
        [e for e in reader.events(row.exchange) if _carries(row.number, e)] if row.exchange and row.payload else []
    )
    events = [(event, reader.event_data(row.exchange or "", event.index)) for event in carried[:MOST_EVENTS]]
    settled = (call or {}).get("outcome") != "in_progress"
    told = [event for event, _ in events]
    contents = wires.contents(reader, row, exchange, told) if exchange and data else NO_CONTENTS
    return PacketView(row, data, link, note, exchange, call, turn, events, len(carried), settled, contents)


def up_to(reader: Reader, number: int, most: int) -> list[CapturedPacket] | str:
    """A packet behind those before it in its flow; or why they cannot be had."""
    try:
        return reader.up_to(number, most)
    except SourceError as error:
        return str(error)


def _carries(number: int, event: EventRow) -> bool:
    return event.first_packet <= number <= event.last_packet


def exchanges(reader: Reader, flow: str) -> Rows:
    return reader.rows("exchange", 0, MOST, where=Where("exchange.flow = ?", (flow,)))


def sessions(reader: Reader) -> Rows:
    return reader.rows("session", 0, MOST)


def forest(reader: Reader, since: int | None, wanted: Callable[[str, int], bool]) -> Forest:
    """All sessions, and the turns of some in which there are new or other ones since a version of the store.

    Args:
        since: None for all turns. wanted: whether the turns of a session are, by its id and the number of sessions.
    """
    version, found = reader.version(), sessions(reader)
    moved = {session["id"] for session in found}
    if since is not None:
        moved &= {turn["session"] for turn in reader.rows("turn", 0, MOST, where=Where("turn.changed > ?", (since,)))}
    wished = {id: turns(reader, id) for id in moved if wanted(id, len(found))}
    return Forest(version, found, moved, wished, reader.troubles())


def turns(reader: Reader, session: str) -> Rows:
    return reader.rows("turn", 0, MOST, where=Where("turn.session = ?", (session,)))


def below(reader: Reader, turn: str) -> TurnTree | None:
    return reader.turn_tree(turn)


def path(reader: Reader, call: str) -> Path | None:
    """Where a call stands; None while it is in no turn."""
    record = reader.get("call", call, full=False)
    tree = reader.turn_tree(record["turn"]) if record and record.get("turn") else None
    if tree is None or tree.session is None:
        return None
    return Path(call, tree, turns(reader, tree.session["id"]))


def severities(reader: Reader, node: Node | None) -> dict[str, int]:
    """How many findings there are of each severity, the gravest first; of those that fit a filter."""
    counts = reader.severities(reader.where("finding", node))
    return {name: counts.get(name, 0) for name in ("error", "warning", "note", "chat")}


def path_of_turn(reader: Reader, turn: str) -> Path | None:
    """Where the first call of a turn stands; None if it has none."""
    record = reader.get("turn", turn)
    return path(reader, record["calls"][0]) if record and record["calls"] else None


def numbered(reader: Reader, what: str, number: int) -> str | None:
    """The id of the call, turn or flow with this number, as `goto` counts them: in order of their time, from 1."""
    if number < 1:
        return None
    found = reader.rows(KINDS[f"{what}s"], number - 1, number)
    return str(found[0]["id"]) if found else None


def call_edge(reader: Reader, number: int, by: int) -> int | None:
    """The first packet of the `by`-th call whose request begins after (before, if negative) packet `number`."""
    if by > 0:
        found = reader.rows("call", by - 1, by, where=Where(f"{REQUEST_BEGINS} > ?", (number,)))
    else:
        earlier = Where(f"{REQUEST_BEGINS} < ?", (number,))
        place = reader.count("call", earlier) + by
        found = reader.rows("call", place, place + 1, where=earlier) if place >= 0 else []
    return first_packet(found[0]) if found else None


def turn_edge(reader: Reader, time_us: int, by: int) -> int | None:
    """The first packet of the `by`-th turn that begins after (before, if negative) a time."""
    sign, order, place = (">", "t_start_us", by - 1) if by > 0 else ("<", "-t_start_us", -by - 1)
    found = reader.rows(
        "turn", place, place + 1, where=Where(f"turn.t_start_us {sign} ?", (time_us,)), order=order, full=True
    )
    call = reader.get("call", found[0]["calls"][0], full=False) if found and found[0]["calls"] else None
    return first_packet(call) if call else None


def first_packet(record: Record) -> int | None:
    """The first packet of the request of a call or an exchange."""
    first = ((record.get("evidence") or {}).get("request") or [None])[0]
    return int(first) if first else None
