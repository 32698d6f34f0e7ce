"""The captured bytes behind a line of a stream."""

from ...core.errors import SourceError
from ...store.reader import Reader
from ...store.shapes import Record
from ..evidence.carried import Spot
from ..evidence.claims import Claim, Evidence
from ..evidence.wire import Wire
from ..layers import dissect
from .decoded import place_of
from .origin import InMessage, InPacket, Origin

UNKNOWN = "the packet that carried this line is not in the store"


def find(reader: Reader, origin: Origin, words: str = "") -> Evidence:
    """The evidence of a line, `words` being what it is called; without spots, and with the reason, where there is none.

    Where the captured bytes cannot be put together, the packet alone is the evidence, its bytes unmarked.
    """
    claim = Claim("", "line", words=words)
    if isinstance(origin, InPacket):
        return Evidence(claim, [_in_packet(reader, origin)])
    record = reader.get("exchange", origin.exchange)
    if record is None or not (record.get("evidence") or {}).get(origin.side):
        return Evidence(claim, how=UNKNOWN)
    body = reader.body(origin.exchange, origin.side)
    start, end = origin.start, origin.end
    if origin.tokens:
        start, end = place_of(body, start), place_of(body, max(end, start + 1) - 1) + 1
    try:
        wire = Wire(reader, record, origin.side, body)
        found = wire.head() if origin.head else wire.find([(start, end)], origin.packets)
    except SourceError as error:
        return Evidence(claim, [Spot(_about(reader, record, origin, start, len(body)), [])], how=str(error))
    if not found.spots:
        return Evidence(claim, [Spot(_about(reader, record, origin, start, len(body)), [])], how=found.how)
    return Evidence(claim, found.spots, 0, found.how)


def _in_packet(reader: Reader, origin: InPacket) -> Spot:
    try:
        data, link = reader.packet_bytes(origin.number)
    except SourceError:
        return Spot(origin.number, [])
    start, _ = dissect(data, link).payload or (0, 0)
    return Spot(origin.number, [(start + origin.start, start + origin.end)])


def _about(reader: Reader, record: Record, origin: InMessage, start: int, size: int) -> int:
    """The packet whose place in its message is that of the byte at `start` in a body of `size` bytes, or nearest."""
    first, last = record["evidence"][origin.side]
    if origin.packets or origin.head or size == 0:
        return int((origin.packets or (first,))[0])
    columns = reader.payload_packets(record["flow"])
    number = columns["number"]
    keep = (columns["side"] == (origin.side == "response")) & (number >= first) & (number <= last)
    number, payload = number[keep], columns["payload"][keep]
    total = int(payload.sum())
    before = total - size + start if total >= size else total * start // size
    place = int((payload.cumsum() <= before).sum())
    return int(number[min(place, len(number) - 1)]) if len(number) else int(first)
