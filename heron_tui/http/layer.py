"""What a connection speaks at the moment. Layers replace each other as it changes (an upgrade, a tunnel)."""

from typing import Protocol

from ..model.flow import Chunk, Close, Gap, Side


class Layer(Protocol):
    """Takes the bytes of both directions; `side` is 0 for the client by what the two say, whoever connected."""

    def feed(self, event: Chunk | Gap, side: Side, /) -> "Layer | None":
        """Answers the layer that takes what comes next, if that is another one."""

    def close(self, close: Close, side: Side | None, /) -> None:
        """One direction, or all, has ended. May come twice for a connection that each side closes."""


class Ignored:
    """Bytes that are nothing for this floor: TLS, or a protocol it does not know."""

    def feed(self, _event: Chunk | Gap, _side: Side) -> Layer | None:
        return None

    def close(self, _close: Close, _side: Side | None) -> None:
        return
