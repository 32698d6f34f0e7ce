"""What a side said, decoded: head and body as text, or the JSON of its messages."""

from collections.abc import Callable

import msgspec
import numpy as np

from ...store.reader import Reader
from ...store.shapes import EventRow, Record
from ..long.passages import Passage, Prose
from ..units import since
from .origin import SIDE, InMessage, Origin
from .side import OneSide

SPACE = np.frombuffer(b" \t\r\n", np.uint8)

Find = Callable[[int, int], Origin]


class Said(OneSide):
    """As text, or as the JSON of its messages."""

    __slots__ = ()

    def read(self, reader: Reader, record: Record) -> Passage:
        body = reader.body(self.exchange, SIDE[self.side])
        made = Composed(self.exchange, self.side)
        if self.form == "text":
            made.head(_head(record, self.side))
        if self.side and self.form == "JSON" and record.get("events"):
            _events(made, reader, record)
        elif not body and self.side and record.get("events"):
            made.note("(the answer is under way: events so far)")
            _events(made, reader, record)
        elif body:
            made.body(body)
        elif self.form == "JSON":
            made.note("(no body)")
        if error := record.get("error"):
            made.note(f"({error})")
        if lost := record.get("lost_bytes"):
            made.note(f"({lost} bytes of this exchange were lost in gaps)")
        return made.passage()


def _head(record: Record, side: int) -> list[str]:
    headers = [f"{name}: {value}" for name, value in record.get(f"{SIDE[side]}_headers") or () if name[:1] != ":"]
    version = {"http/1.1": "HTTP/1.1", "http/2": "HTTP/2"}.get(record["transport"])
    if version is None:  # a message on an upgraded connection has no head of its own
        return []
    if side == 0:
        return [f"{record['method']} {record.get('target') or record['path']} {version}", *headers, ""]
    return [f"{version} {record.get('status') or '?'} {record.get('reason') or ''}".rstrip(), *headers, ""]


def _events(made: "Composed", reader: Reader, record: Record) -> None:
    rows = reader.events(record["id"])
    before = record.get("t_response_us")
    for row, (name, data) in zip(rows, reader.stream(record["id"]), strict=False):
        gap = f" +{since(row.t_us - before)} s" if before else ""
        made.event(f"// event {row.index} {name}{gap}", row, data)
        before = row.t_us


class Composed:
    """Puts a text together, and remembers where its parts come from."""

    def __init__(self, exchange: str, side: int) -> None:
        self._exchange, self._side = exchange, SIDE[side]
        self._role = "client" if side == 0 else "server"
        self._parts: list[bytes] = []
        self._starts: list[int] = []
        self._roles: list[str] = []
        self._find: list[Find] = []
        self._size = 0

    def _put(self, data: bytes, role: str, find: Find) -> None:
        self._starts.append(self._size)
        self._roles.append(role)
        self._find.append(find)
        self._parts.append(data)
        self._size += len(data)

    def head(self, lines: list[str]) -> None:
        for place, line in enumerate(lines):
            origin = InMessage(self._exchange, self._side, head=True, text=line)
            self._put(f"{line}\n".encode("utf-8", "replace"), "muted" if place else "strong", _always(origin))

    def note(self, text: str) -> None:
        origin = InMessage(self._exchange, self._side, head=True)
        self._put(f"{text}\n".encode(), "muted", _always(origin))

    def body(self, body: bytes) -> None:
        """A body: JSON is laid out, anything else stays as it is."""
        exchange, side = self._exchange, self._side
        pretty = laid_out(body)
        if pretty is None:
            self._put(
                body if body.endswith(b"\n") else body + b"\n",
                self._role,
                lambda s, e: InMessage(exchange, side, start=s, end=min(e, len(body))),
            )
            return

        def find(start: int, end: int) -> Origin:
            first = tokens(pretty[:start])
            return InMessage(exchange, side, start=first, end=first + tokens(pretty[start:end]), tokens=True)

        self._put(pretty + b"\n", self._role, find)

    def event(self, heading: str, row: EventRow, data: bytes) -> None:
        packets = (row.first_packet, row.last_packet)
        origin = InMessage(self._exchange, self._side, start=row.start, end=row.end, packets=packets)
        self._put(f"{heading}\n".encode(), "muted", _always(origin))
        self._put((laid_out(data) or data) + b"\n", self._role, _always(origin))

    def passage(self) -> Prose:
        starts = np.array(self._starts or [0], np.int64)
        roles, finds = self._roles or [self._role], self._find

        def part(at: int) -> int:
            return max(int(np.searchsorted(starts, at, side="right")) - 1, 0)

        def find(start: int, end: int) -> Origin | None:
            place = part(start)
            return finds[place](start - int(starts[place]), end - int(starts[place])) if finds else None

        return Prose(b"".join(self._parts), find, role_of=lambda at: roles[part(at)])


def _always(origin: Origin) -> Find:
    return lambda start, end: origin


def laid_out(data: bytes) -> bytes | None:
    """JSON with a line for each value, None for what is no JSON object or list."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return msgspec.json.format(data, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return None


def tokens(data: bytes) -> int:
    """How many bytes of a text are no white space."""
    return len(data) - int(np.isin(np.frombuffer(data, np.uint8), SPACE).sum())


def place_of(data: bytes, count: int) -> int:
    """Where the byte stands before which there are `count` that are no white space."""
    places = np.flatnonzero(~np.isin(np.frombuffer(data, np.uint8), SPACE))
    return int(places[count]) if count < len(places) else len(data)
