"""What follows an upgrade."""

from .context import Context
from .layer import Ignored, Layer

NAMES = {"websocket": "websocket", "h2c": "http/2"}


def successor(protocol: str, context: Context) -> Layer:
    """The layer for what a connection goes on with behind a 101 (`websocket`, `h2c`, ...) or a CONNECT (`connect`)."""
    context.protocol(NAMES.get(protocol, "unknown"))
    return Ignored()
