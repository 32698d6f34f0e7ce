"""HTTP/1.1 with limits on how long a client may keep a connection without a request, or without reading."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Seconds for the head of a request, from its first byte or from the beginning of the connection."""
STALLED_S = 60.0
"""Seconds in which a client must take something of what is ready for it."""


class Patience(H11Protocol):
    """uvicorn's protocol, which ends idle connections between requests itself."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._head, self._stalled):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader(-1)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _watch_head(self) -> None:
        if self.conn.their_state is h11.IDLE:
            if self._head is None:
                self._head = self.loop.call_later(HEAD_S, self.transport.abort)
        elif self._head is not None:
            self._head.cancel()
            self._head = None

    def _watch_reader(self, before: int) -> None:
        """End the connection of a client that took nothing since it was looked at before."""
        left = self.transport.get_write_buffer_size()
        if left == before:
            self.transport.abort()
        else:
            self._stalled = self.loop.call_later(STALLED_S, self._watch_reader, left)
