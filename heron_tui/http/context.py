"""What all decoders of one connection share."""

from dataclasses import dataclass

from ..model.flow import Flow
from ..model.http import HttpCounters, HttpEvent, Protocol, Trouble
from .limits import Budget, Limits


@dataclass(slots=True)
class Context:
    """The connection, where its events go, and what may be held for it.

    `client` and `server` are the addresses by what the two sides say, `Flow.turned` or not. `ordinal` counts exchanges.
    """

    flow: Flow
    limits: Limits
    budget: Budget
    counters: HttpCounters
    out: list[HttpEvent]
    client: str
    server: str
    turned: bool = False
    ordinal: int = 0

    def turn(self) -> None:
        """The two sides are the other way round."""
        self.turned = not self.turned
        self.client, self.server = self.server, self.client

    def next_ordinal(self) -> int:
        self.ordinal += 1
        return self.ordinal - 1

    def protocol(self, name: str, turned: bool = False) -> None:
        self.out.append(Protocol(self.flow.id, name, turned))

    def trouble(self, code: str, text: str, packet: int, time_us: int, exchange: str | None = None) -> None:
        troubles = self.counters.troubles
        troubles[code] = troubles.get(code, 0) + 1
        self.out.append(Trouble(code, self.flow.id, exchange, text, packet, time_us))

    def skipped(self, size: int) -> None:
        self.counters.bytes_skipped += size
