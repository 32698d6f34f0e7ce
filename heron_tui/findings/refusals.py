"""Upgrades to a WebSocket that a server refused: one finding for a row of them, since clients try several times."""

from dataclasses import dataclass, replace

from ..model.finding import Finding, Severity
from ..model.headers import header
from ..model.http import Request, Response
from .words import count, seconds

APART_US = 60 * 1_000_000
"""Refusals of one client by one server that lie further apart are rows of their own."""

MANY = 3
"""Refusals from which on a row costs its client time worth a warning."""

MOST = 10_000
"""Rows kept open; of more, the oldest is settled."""


@dataclass(frozen=True, slots=True)
class _Row:
    first: Request
    packet: int
    status: int
    times: int
    t_last_us: int


class Refusals:
    """Exchanges in, changes of findings out."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], _Row] = {}
        self._told: dict[tuple[str, str, str], Finding] = {}
        self._changed: set[tuple[str, str, str]] = set()

    def put(self, request: Request, response: Response) -> None:
        """Take note of a response, whatever it answers."""
        asked = header(request.headers, "upgrade") or header(request.headers, ":protocol") or ""
        if response.status < 400 or asked.lower() != "websocket":
            return
        key = request.client.rpartition(":")[0], request.server, request.path
        head, row = response.head, self._rows.get(key)
        if row and request.head.t_first_us - row.t_last_us <= APART_US:
            self._rows[key] = replace(row, times=row.times + 1, t_last_us=head.t_last_us)
        else:
            self._rows[key] = _Row(request, head.first_packet, response.status, 1, head.t_last_us)
            self._told.pop(key, None)
        self._changed.add(key)
        if len(self._rows) > MOST:
            oldest = next(iter(self._rows))
            del self._rows[oldest]
            self._told.pop(oldest, None)
            self._changed.discard(oldest)

    def tell(self) -> tuple[list[Finding], list[Finding]]:
        """`websocket.refused`: the findings to write, and those that hold no longer."""
        new, gone = [], []
        for key in sorted(self._changed):
            if key in self._told:
                gone.append(self._told[key])
            self._told[key] = _finding(self._rows[key])
            new.append(self._told[key])
        self._changed.clear()
        return new, gone


def _finding(row: _Row) -> Finding:
    first = row.first
    span = seconds(row.t_last_us - first.head.t_first_us)
    severity: Severity = "warning" if row.times >= MANY else "note"
    text = f"{first.server} refused {count(row.times, 'upgrade')} to a WebSocket within {span} (status {row.status})"
    return Finding("websocket.refused", severity, first.head.t_first_us, "exchange", first.exchange, text, row.packet)
