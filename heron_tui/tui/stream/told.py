"""A stream as events: each message, head and event on a line, with its time and the gap to the one before."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...store.reader import Reader
from ...store.shapes import EventRow, Record
from .. import telling
from ..long.passages import Lines, Paragraph, Passage
from ..units import clock, since, size, whole
from .origin import InMessage
from .side import OneSide


class Told(OneSide):
    """As events. Times are since the exchange began."""

    __slots__ = ()

    def read(self, reader: Reader, record: Record) -> Passage:
        if self.side == 0:
            return Lines([_asked(record)], [InMessage(self.exchange, "request", head=True)])
        return Events(record, reader.events(self.exchange), [data for _, data in reader.stream(self.exchange)])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `at` and `gap` are shown as they are; `packet` is the first that carried it."""

    at: str
    gap: str
    packet: int | None
    size: int | None
    name: str
    what: str = ""
    role: str = "server"

    def paragraph(self) -> Paragraph:
        packet = f"#{whole(self.packet)}" if self.packet else ""
        lead = f"{self.at:>12} {self.gap:>10} {packet:>8} {size(self.size) if self.size is not None else '':>8}  "
        name = f"{self.name}  "
        text = f"{lead}{name}{self.what}"
        at, end = len(lead), len(lead) + len(name)
        return Paragraph(text, runs=((0, at, "muted"), (at, end, self.role), (end, len(text), "base")), cut=True)


def _asked(record: Record) -> Paragraph:
    packet = ((record.get("evidence") or {}).get("request") or [None])[0]
    name = "message" if record["transport"] == "websocket" else f"{record['method']} {record['path']}" + _stream(record)
    return Entry(clock(record["t_request_us"]), "", packet, record.get("request_bytes"), name, "", "client").paragraph()


def _stream(record: Record) -> str:
    return f" (stream {record['http_stream']})" if record["transport"] == "http/2" else ""


class Events:
    """The head of an answer, its events, its end. What an event brings is told when it is looked at."""

    def __init__(self, record: Record, rows: Sequence[EventRow], data: Sequence[bytes]) -> None:
        self._record, self._rows, self._data = record, rows, data
        self.weight = sum(map(len, data)) + 200 * len(rows)
        self._ended = bool(record.get("t_end_us"))

    def __len__(self) -> int:
        return 1 + len(self._rows) + self._ended

    def paragraph(self, index: int) -> Paragraph:
        record = self._record
        first, last = (record.get("evidence") or {}).get("response") or (None, None)
        start, at = record["t_request_us"], record["t_response_us"]
        if index == 0:
            words = f"{record['status']} {record.get('reason') or ''}".strip() if record.get("status") else "answer"
            kinds = [value for name, value in record.get("response_headers") or () if name.lower() == "content-type"]
            shown = words + _stream(record), ", ".join(kinds)
            return Entry(since(at - start), f"+{since(at - start)}", first, None, *shown).paragraph()
        before = self._rows[index - 2].t_us if index >= 2 else at
        if index <= len(self._rows):
            row, data = self._rows[index - 1], self._data[index - 1] if index <= len(self._data) else b""
            times = since(row.t_us - start), f"+{since(row.t_us - before)}"
            return Entry(*times, row.first_packet, len(data), row.name or "data", telling.event(data, 300)).paragraph()
        state, at = record.get("state") or "", record["t_end_us"]
        role = "server" if state in ("complete", "open") else "error"
        times = since(at - start), f"+{since(at - before)}"
        return Entry(*times, last, record.get("response_bytes"), f"end: {state}", "", role).paragraph()

    def origin(self, index: int) -> InMessage:
        id = self._record["id"]
        if index == 0:
            return InMessage(id, "response", head=True)
        if index <= len(self._rows):
            row = self._rows[index - 1]
            return InMessage(id, "response", start=row.start, end=row.end, packets=(row.first_packet, row.last_packet))
        last = ((self._record.get("evidence") or {}).get("response") or [0, 0])[1]
        return InMessage(id, "response", packets=(last, last))
