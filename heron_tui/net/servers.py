"""Who is known to serve: of a connection that was joined midway, one end may have answered others."""


class Servers:
    """Addresses (``ip:port``) that took connections, or answered; of more than `most` the oldest are forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[str, None] = {}

    def __contains__(self, address: str) -> bool:
        return address in self._known

    def add(self, address: str) -> None:
        if address not in self._known and len(self._known) >= self._most:
            del self._known[next(iter(self._known))]
        self._known[address] = None
