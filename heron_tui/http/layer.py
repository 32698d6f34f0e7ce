"""What a connection speaks at the moment. Layers replace each other as it changes: an upgrade, a tunnel."""

from dataclasses import dataclass, field
from typing import Protocol

from ..model.flow import Chunk, Close, Gap, Side
from .exchange import Exchange

UNSEEN = frozenset({"eof", "idle"})
"""Ways to close that are the observer's: the connection may well go on."""


@dataclass(slots=True)
class Switch:
    """The connection goes on in another protocol.

    Attributes:
        protocol: `http/1.1`, `http/2`, `websocket`, `connect` (a tunnel for anything), `tls`, `unknown`.
        rest: what came already and belongs to it, in order, with the side of each.
        exchange: the one that asked for it.
        hunting: `rest` begins in the middle of something.
    """

    protocol: str
    rest: list[tuple[Chunk | Gap, Side]] = field(default_factory=list)
    exchange: Exchange | None = None
    hunting: bool = False


class Layer(Protocol):
    """Takes the bytes of both directions; `side` is 0 for the client by what the two say, whoever connected."""

    def feed(self, event: Chunk | Gap, side: Side, /) -> Switch | None:
        """Answers how the connection goes on, once that is no longer here."""

    def close(self, close: Close, side: Side | None, /) -> None:
        """One direction, or all, has ended. Comes twice for a connection that each side closes."""


class Ignored:
    """Bytes that are nothing for this floor: TLS, or a protocol that it does not know."""

    def feed(self, _event: Chunk | Gap, _side: Side) -> Switch | None:
        return None

    def close(self, _close: Close, _side: Side | None) -> None:
        return
