"""What one packet carried of a message: frames, events of an answer, parts of a request, each with its bytes."""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec
from msgspec import Struct, field

from ...core.errors import SourceError
from ...store.reader import Reader
from ...store.shapes import EventRow, PacketRow, Record
from .. import bodies
from ..units import first_line, size, whole
from . import spans
from .carried import Range
from .framing import Frame
from .wire import Side, Wire

MOST_WIRE = 8 << 20
"""Bytes of a message that are put together for each packet that is looked at."""
KEPT = 8
MOST_SHOWN = 200
PREVIEW = 2000


class Said(Struct, frozen=True):
    """Something that a packet carried, or a part of it.

    Attributes:
        ranges: its bytes in the packet. claim: what and key of the `Claim` for all of it, wherever that is.
    """

    name: str
    value: str
    ranges: Sequence[Range]
    claim: tuple[str, str] = ("", "")
    parts: "Sequence[Said]" = ()


class Contents(Struct, frozen=True):
    """What is known of a packet's bytes.

    Attributes:
        frames: units of the framing. request: parts of the request. events: ranges by the number of the event.
        coded: what stands between the captured and the decoded bytes, "" for nothing.
    """

    frames: Sequence[Said] = ()
    request: Sequence[Said] = ()
    events: dict[int, Sequence[Range]] = field(default_factory=dict)
    coded: str = ""


class Wires:
    """Messages that are being looked at, put together once. Belongs to the thread that reads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Side, int], Wire] = OrderedDict()

    def contents(self, reader: Reader, packet: PacketRow, exchange: Record, events: Sequence[EventRow]) -> Contents:
        """What a packet carried of an exchange; `events` are those that it carried bytes of."""
        side: Side = "response" if packet.side == 1 else "request"
        if not packet.payload or (exchange.get(f"{side}_wire_bytes") or 0) > MOST_WIRE:
            return Contents()
        try:
            wire = self._wire(reader, exchange, side)
        except SourceError:
            return Contents()
        number = packet.number
        spots = {e.index: _in(wire, number, [(e.start, e.end)], (e.first_packet, e.last_packet)) for e in events}
        frames = [_frame(*found) for found in wire.frames_in(number) if found[0].name != "body"]
        request = _request(wire, number) if side == "request" and not wire.coded else ()
        return Contents(frames[:MOST_SHOWN], request, spots, wire.coded)

    def _wire(self, reader: Reader, exchange: Record, side: Side) -> Wire:
        key = exchange["id"], side, reader.version() if exchange["state"] == "open" else 0
        if key not in self._kept:
            self._kept[key] = Wire(reader, exchange, side, reader.body(exchange["id"], side))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _frame(frame: Frame, head: Range, payload: Range) -> Said:
    parts = [("header", head), ("payload", payload)]
    told = [Said(name, size(end - start), [(start, end)]) for name, (start, end) in parts if end > start]
    here = "" if head[1] > head[0] else "begun in an earlier packet, "
    return Said(frame.name, f"{here}{size(payload[1] - payload[0])} here", [(head[0], payload[1])], parts=told)


def _in(wire: Wire, packet: int, ranges: Sequence[Range], packets: Range | None = None) -> Sequence[Range]:
    return next((spot.ranges for spot in wire.find(ranges, packets).spots if spot.packet == packet), ())


def _request(wire: Wire, packet: int) -> list[Said]:
    """Members of the request's body with bytes in this packet; messages and tools one by one."""
    made = []
    for name, (start, end) in spans.request_members(wire.text).items():
        here = _in(wire, packet, [(start, end)])
        if not here:
            continue
        inside = spans.elements(wire.text, (start, end)) if name in (*spans.CONVERSATIONS, "tools") else []
        tell = _tool if name == "tools" else _message
        what = "message" if name in spans.CONVERSATIONS else ""
        parts = [
            Said(*tell(wire.text[a:b], place), ranges, (what, str(place) if what else ""))
            for place, (a, b) in enumerate(inside)
            if (ranges := _in(wire, packet, [(a, b)]))
        ]
        text = wire.text[start : min(end, start + PREVIEW)].decode("utf-8", "replace")
        value = whole(len(inside)) if inside else first_line(text, 200)
        made.append(Said(name, value, here, ("part", name), parts[:MOST_SHOWN]))
    return made


def _message(data: bytes, place: int) -> tuple[str, str]:
    found = _decoded(data)
    role = (found.get("role") or found.get("type") or "message") if isinstance(found, dict) else "message"
    return f"{place + 1} {role}", first_line(" ".join(bodies.texts(found))[:PREVIEW], 200) or size(len(data))


def _tool(data: bytes, place: int) -> tuple[str, str]:
    found = _decoded(data)
    holder = found.get("function") if isinstance(found, dict) and isinstance(found.get("function"), dict) else found
    if not isinstance(holder, dict):
        return str(place + 1), size(len(data))
    name = str(holder.get("name") or holder.get("type") or place + 1)
    return name, first_line(str(holder.get("description") or ""), 200)


def _decoded(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
