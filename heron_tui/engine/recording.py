"""`heron-tui record`: what live sources bring goes into a file. Nothing is analysed."""

import select
import socket
import time
from collections.abc import Callable

from ..model.live import Live
from .live import LiveCapture

STOP_S = 3.0
"""Seconds that the programs have for their last packets and counts once they were told to end."""


def record(
    live: Live, keeper: socket.socket, stopped: Callable[[], bool], tell: Callable[[LiveCapture], None]
) -> LiveCapture:
    """Capture into `live.write` without looking at packets, until `stopped` or everything has ended.

    Args:
        stopped: says whether it shall end; is asked about twenty times a second.
        tell: is called about once a second.

    Raises:
        HeronError: it could not be started, or ended by itself.
    """
    capture = LiveCapture(live, keeper)
    streams = [program.stream for program in capture.programs]
    told = time.monotonic()
    deadline: float | None = None
    try:
        while not all(stream.ended for stream in streams):
            before = sum(stream.base + len(stream.data) for stream in streams)
            for stream in streams:
                if not stream.ended:
                    stream.load(stream.base + len(stream.data), 1)
            capture.look()
            now = time.monotonic()
            if deadline is None and stopped():
                capture.stop()
                deadline = now + STOP_S
            if deadline is not None and now > deadline:
                break
            if now - told >= 1.0:
                told = now
                tell(capture)
            if sum(stream.base + len(stream.data) for stream in streams) == before:
                _wait([fd for stream in streams if not stream.ended and (fd := stream.waitable) is not None])
        if deadline is None:
            raise capture.failure()
    finally:
        for stream in streams:
            stream.close()
        capture.close()
    return capture


def _wait(fds: list[int]) -> None:
    poll = select.poll()
    for fd in fds:
        poll.register(fd, select.POLLIN)
    poll.poll(50)
