"""A call on the wire, step by step: its request, the head of its answer, each event, its end."""

from collections.abc import Sequence

from msgspec import Struct

from ..store.reader import Reader
from ..store.shapes import EventRow, Record
from .evidence.claims import Claim
from .telling import event

Packets = tuple[int, int]


class Step(Struct, frozen=True):
    """One step. `claim` leads to its bytes.

    Attributes:
        after_us: time since the request began; gap_us: since the step before.
        side: 0 from the client, 1 from the server.
    """

    name: str
    what: str
    role: str
    side: int
    after_us: int
    gap_us: int | None
    size: int | None
    packets: Packets
    claim: Claim


class Steps(Struct, frozen=True):
    """The steps of a call; `load` reads those that are visible."""

    call: Record
    events: Sequence[EventRow]

    def count(self) -> int:
        return len(self._head()) + len(self.events) + len(self._tail())

    def load(self, reader: Reader, start: int, stop: int) -> list[Step]:
        head, tail = self._head(), self._tail()
        first = len(head)
        made = head[start:stop]
        for place in range(max(start - first, 0), min(stop - first, len(self.events))):
            made.append(self._event(reader, place))
        after = first + len(self.events)
        return made + tail[max(start - after, 0) : max(stop - after, 0)]

    def _head(self) -> list[Step]:
        call = self.call
        evidence = call.get("evidence") or {}
        request, response = evidence.get("request"), evidence.get("response")
        asked = f"{call.get('messages') or 0} messages to {call.get('request_model') or call['host']}"
        target = f"{call['method']} {call['path']}"
        steps = []
        if request:
            steps.append(
                Step(
                    target, asked, "client", 0, 0, None, None, (request[0], request[1]), self._claim("request", target)
                )
            )
        if response and call.get("t_response_us"):
            after = call["t_response_us"] - call["t_request_us"]
            said = f"{call['status']}" if call.get("status") else call["transport"]
            begins = (response[0], response[0])
            claim = self._claim("status", "answer begins")
            steps.append(Step("answer begins", said, "server", 1, after, after, None, begins, claim))
        return steps

    def _event(self, reader: Reader, place: int) -> Step:
        row, call = self.events[place], self.call
        before = self.events[place - 1].t_us if place else call.get("t_response_us") or row.t_us
        data = reader.event_data(call["exchange"], row.index)
        return Step(
            row.name or "data",
            event(data),
            "strong" if call.get("t_first_token_us") == row.t_us else "base",
            1,
            row.t_us - call["t_request_us"],
            row.t_us - before,
            row.end - row.start,
            (row.first_packet, row.last_packet),
            self._claim("event", row.name or "data", str(row.index)),
        )

    def _tail(self) -> list[Step]:
        call = self.call
        response = (call.get("evidence") or {}).get("response")
        if not call.get("t_end_us") or not response:
            return []
        last = self.events[-1].t_us if self.events else call.get("t_response_us") or call["t_end_us"]
        after = call["t_end_us"] - call["t_request_us"]
        role = "muted" if call.get("outcome") == "ok" else "error"
        how = f"{call.get('outcome')} {call.get('finish') or ''}".strip()
        claim = self._claim("e2e", "answer ends")
        return [
            Step("answer ends", how, role, 1, after, call["t_end_us"] - last, None, (response[1], response[1]), claim)
        ]

    def _claim(self, what: str, words: str, key: str = "") -> Claim:
        return Claim(self.call["id"], what, key, words)


def steps(reader: Reader, call: str) -> Steps | None:
    """The steps of a call, None if there is no such call."""
    record = reader.get("call", call, full=False)
    if record is None:
        return None
    return Steps(record, reader.events(record["exchange"]) if record.get("exchange") else [])
