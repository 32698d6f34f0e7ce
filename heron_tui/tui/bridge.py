"""The capture worker: what the engine says, as messages. Its thread posts them and never touches a widget."""

import subprocess
from collections.abc import Callable

from textual.message import Message

from ..engine import protocol
from ..engine.child import Child
from ..engine.protocol import Job, Tick


class Ticked(Message):
    """The engine said how far it is."""

    def __init__(self, tick: Tick) -> None:
        super().__init__()
        self.tick = tick


class EngineEnded(Message):
    """The engine is gone. `reason` says why if it did not end as it should; None after `done` or `stop`."""

    def __init__(self, reason: str | None, last: Tick | None) -> None:
        super().__init__()
        self.reason, self.last = reason, last


class CaptureWorker(Child):
    """Starts engines for one job, one after the other.

    Args:
        job: what they shall do; another one counts from the next start.
        post: takes messages from any thread (`App.post_message`).
        spawn: starts the process; tests give their own.
    """

    def __init__(
        self,
        job: Job,
        post: Callable[[Message], object],
        spawn: Callable[[Job], subprocess.Popen[bytes]] = protocol.spawn,
    ) -> None:
        super().__init__(
            job, lambda tick: post(Ticked(tick)), lambda reason, last: post(EngineEnded(reason, last)), spawn
        )
