"""The forms in which a stream is shown, and the sections of each."""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Literal

import numpy as np

from ...core.errors import SourceError
from ...model.packet_kind import Kind
from ...store.reader import Reader
from ...store.shapes import Record
from ..long.passages import Section
from ..units import size as bytes_size
from . import order
from .captured import Aside, Run
from .decoded import Said
from .order import MOST_READ, Item, Piece, Remark
from .origin import SIDE
from .scope import Scope
from .told import Told

if TYPE_CHECKING:
    from ...store.packet_blocks import Columns

Form = Literal["text", "JSON", "events", "raw", "hex"]
FORMS: tuple[Form, ...] = ("text", "JSON", "events", "raw", "hex")
SHOWN: tuple[tuple[str, frozenset[int]], ...] = (
    ("both sides", frozenset({0, 1})),
    ("client", frozenset({0})),
    ("server", frozenset({1})),
)
MOST_RUN = 32
MOST_BYTES = 64 << 10
"""Packets, and bytes, that are read at once."""
DELIVERED = (0, 6)
"""Kinds of packets whose payload counted: data, and data out of order."""
HEAD = 300


def sections(
    reader: Reader, scope: Scope, form: Form, sides: frozenset[int], *, unmasked: bool = False
) -> tuple[Sequence[Section], str]:
    """The sections of a form, and what is left out of it, in words."""
    if form in ("raw", "hex"):
        return _runs(reader, scope, form, sides, unmasked)
    made = [section for record in scope.shown for section in _two(record, form) if section.side in sides]
    return sorted(made, key=lambda section: section.t_us), ""


def _two(record: Record, form: Form) -> Iterator[Said | Told]:
    """What client and server said in an exchange."""
    state = (record["state"], record.get("events"), record.get("response_bytes"))
    asked, answered = record.get("request_bytes") or 0, record.get("response_bytes") or 0
    kind = Told if form == "events" else Said
    yield kind(record["id"], 0, HEAD + asked, record["t_request_us"], form, state)
    if record.get("t_response_us"):
        yield kind(record["id"], 1, HEAD + answered, record["t_response_us"], form, state)


def _runs(
    reader: Reader, scope: Scope, form: Form, sides: frozenset[int], unmasked: bool
) -> tuple[Sequence[Section], str]:
    """The bytes of both sides, each in the order of its stream, together as long as one side goes on."""
    flow, columns = scope.flow, reader.payload_packets(scope.flow["id"])
    if not _came_in_order(flow, columns):
        if flow["bytes_client"] + flow["bytes_server"] <= MOST_READ:
            try:
                return _ordered(order.in_order(reader, flow["id"]), scope, form, sides, unmasked)
            except SourceError:  # each run says it
                pass
        note = "in order of capture"
    else:
        note = ""
    keep = np.isin(columns["kind"], DELIVERED)
    if scope.alone and scope.exchange:
        keep &= np.isin(columns["number"], reader.exchange_packets(scope.exchange))
    keep &= np.isin(columns["side"], list(sides))
    number, side, payload, times = (columns[name][keep] for name in ("number", "side", "payload", "time_us"))
    cuts = np.flatnonzero(np.diff(side)) + 1
    made: list[Section] = []
    offsets = [0, 0]
    for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), len(number)], strict=True):
        at = start
        while at < stop:
            size = end = 0
            while at + end < stop and end < MOST_RUN and size < MOST_BYTES:
                size += int(payload[at + end])
                end += 1
            which, numbers = int(side[at]), number[at : at + end].astype(np.int64)
            made.append(Run(numbers.tobytes(), which, size, int(times[at]), offsets[which], form == "hex", unmasked))
            offsets[which] += size
            at += end
    return made, note


def _came_in_order(flow: Record, columns: "Columns") -> bool:
    """Whether the payloads of plain data packets, one behind the other, are just what was delivered."""
    if flow["gaps"] or flow["out_of_order"] or flow["retransmissions"]:
        return False
    data = columns["kind"] == Kind.DATA
    given = [int(columns["payload"][data & (columns["side"] == side)].sum()) for side in (0, 1)]
    return given == [flow["bytes_client"], flow["bytes_server"]]


def _ordered(
    items: Sequence[Item], scope: Scope, form: Form, sides: frozenset[int], unmasked: bool
) -> tuple[Sequence[Section], str]:
    """Sections of what was put in order; what is missing, or came again, is said where it belongs."""
    if scope.alone and (record := next(iter(scope.shown), None)):
        ends = [(side, (record.get("evidence") or {}).get(name)) for side, name in SIDE.items()]
        mine = [item for side, span in ends if span for item in order.between(items, side, *span)]
        items = sorted(mine, key=attrgetter("turn"))
    items = [item for item in items if item.side in sides]
    shown = [item for item in items if isinstance(item, Piece)]
    bases = {side: min((piece.offset for piece in shown if piece.side == side), default=0) for side in SIDE}
    made: list[Section] = []
    at = 0
    while at < len(items):
        first = items[at]
        if isinstance(first, Remark):
            made.append(Aside(first.words, first.number, first.side, first.t_us, first.role))
            at += 1
            continue
        pieces = list(_together(items, at))
        at += len(pieces)
        numbers = np.array([piece.number for piece in pieces], np.int64).tobytes()
        parts = np.array([(piece.skip, piece.size) for piece in pieces], np.int64).tobytes()
        size, offset = sum(piece.size for piece in pieces), first.offset - bases[first.side]
        made.append(Run(numbers, first.side, size, first.t_us, offset, form == "hex", unmasked, parts))
    lost = scope.flow["lost_bytes"]
    return made, f"{bytes_size(lost)} of the connection lost" if lost else ""


def _together(items: Sequence[Item], at: int) -> Iterator[Piece]:
    """The pieces of one side that follow each other from `at` on, as many as are read at once."""
    side, size = items[at].side, 0
    for item in items[at : at + MOST_RUN]:
        if not isinstance(item, Piece) or item.side != side or size >= MOST_BYTES:
            return
        if item.offset != items[at].offset + size:
            return
        yield item
        size += item.size
