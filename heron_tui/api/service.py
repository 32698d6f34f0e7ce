"""What the handlers share: the store's readers, and the engine that writes the store."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..core.ids import content_id
from ..engine.child import Child
from ..engine.protocol import Job, Tick
from .readers import Readers

LOOK_S = 0.1
"""Seconds between two looks at the version of the store."""
State = Literal["none", "starting", "running", "paused", "done", "failed", "dead"]


class Engine:
    """The engine as it is known here; its thread writes these, the loop reads them.

    Attributes:
        last: the newest tick. ended_us: when it ended, by the wall clock; None as long as it lives.
        reason: why it ended, if it did not end as it should.
    """

    def __init__(self, job: Job, spawn: Callable[..., Any] | None = None) -> None:
        self.last: Tick | None = None
        self.ended_us: int | None = None
        self.reason: str | None = None
        self._child = Child(job, self._ticked, self._ended, **({"spawn": spawn} if spawn else {}))

    def start(self) -> None:
        self._child.start()

    def close(self) -> None:
        self._child.close()

    @property
    def pid(self) -> int | None:
        return self._child.pid

    @property
    def code(self) -> int | None:
        return self._child.code

    @property
    def state(self) -> State:
        if self.ended_us is None:
            return self.last.state if self.last else "starting"
        if self.reason is None:
            return "done"
        return "failed" if self.last is not None and self.last.state == "failed" else "dead"

    def _ticked(self, tick: Tick) -> None:
        self.last = tick

    def _ended(self, reason: str | None, last: Tick | None) -> None:
        self.reason, self.last = reason, last or self.last
        self.ended_us = time.time_ns() // 1000


@dataclass(slots=True)
class Service:
    """One server.

    Attributes:
        lists: answers what may take long. quick: answers what never does, so that health is known while filters run.
        engine: None where an existing store is served. config: the user's configuration directory.
        stopping: set when the server ends. listening: clients that listen to events.
        exports: by id, the newest last. catalogue: formats of exports, once they were asked for.
    """

    store: Path
    config: Path
    engine: Engine | None
    lists: Readers
    quick: Readers
    started_us: int = field(default_factory=lambda: time.time_ns() // 1000)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    listening: int = 0
    exports: dict[str, Any] = field(default_factory=dict)
    catalogue: dict[str, Any] | None = None
    _version: int = 0
    _looked: float = 0.0

    @property
    def name(self) -> str:
        """Names the store: versions of another one cannot be compared with those of this one."""
        return content_id("o", self.store.absolute(), self.store.stat().st_ino if self.store.exists() else 0)

    @property
    def state(self) -> State:
        return self.engine.state if self.engine else "none"

    async def version(self) -> int:
        """The store's version, looked at ten times a second at most, however many ask."""
        now = time.monotonic()
        if now - self._looked >= LOOK_S:
            self._looked = now
            self._version = await self.quick.ask(lambda reader, _: reader.version())
        return self._version

    def close(self) -> None:
        self.lists.close()
        self.quick.close()
