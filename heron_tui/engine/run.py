"""One run of the engine: sources in, store out, ticks to whoever listens."""

import gc
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ..agents import profile
from ..agents.profile import Profile
from ..capture import Sources, open_sources
from ..capture.pace import paced
from ..core import paths
from ..core.errors import SourceError
from ..core.redact import Redactor, load_key
from ..cost import table
from ..cost.table import Models
from ..store.writer import Writer
from .live import LiveCapture
from .owners import Finder
from .pipeline import Pipeline
from .protocol import Counters, Job, Tick

TICK_S = 0.1
COMMIT_S = 0.3
LONGEST_S = 1.0
"""Seconds between two commits at most, however long they take."""
COMMIT_SHARE = 0.1
"""The part of the time that commits may take: a replay at full speed commits less often."""

STOP_S = 1.5
"""Seconds that a live capture has for its last packets once it was told to stop."""

Report = Callable[[Tick], None]


class Control:
    """What the owner may ask of a run while it works; set from another thread. `gone`: nobody waits for the rest."""

    def __init__(self) -> None:
        self.stop = False
        self.gone = False
        self.paused = False


def run(job: Job, report: Report, control: Control | None = None) -> Counters:
    """Read all sources of `job` into its store.

    Raises:
        SourceError: a source is no capture or cannot be read, or the store cannot be written.
        UsageError: a profile or the table of models of the user is not right.
    """
    control = control or Control()
    profiles, models = _tables(Path(job.config) if job.config else None)
    spool = Path(job.spool) if job.spool else Path(f"{job.store}.d")
    live = LiveCapture(job.live, _keeper(job)) if job.live else None
    if live:
        sources = live.sources(spool)
    else:
        sources = open_sources(job.sources, spool=spool, follow=job.follow, stdin_fd=job.stdin_fd, keylog=job.keylog)
    try:
        writer = Writer(Path(job.store))
    except BaseException:
        sources.close()
        if live:
            live.close()
        raise
    finder = Finder() if live else None
    pipeline = Pipeline(writer, profiles, models, Redactor(load_key()), finder)
    tune_garbage_collector()
    ticker = _Ticker(report, pipeline, sources, live)
    stopping = 0.0
    try:
        batches = sources.batches()
        for batch in paced(batches, job.speed, time.sleep) if job.speed else batches:
            if batch is not None:
                pipeline.introduce(sources.sources)
                pipeline.feed(batch)
            while control.paused and not control.stop:
                ticker.tick("paused")
                time.sleep(TICK_S)
            ticker.tick("running")
            if control.stop and _at_end(live, stopping := stopping or time.monotonic(), control):
                break
        pipeline.close()
        pipeline.introduce(sources.sources, last=True)
        pipeline.counters.undecoded_bytes = live.waiting if live else 0
        ticker.commit(final=True)
        if live and not control.stop:
            raise live.failure()
        ticker.tick("done", force=True)
    finally:
        sources.close()
        writer.close()
        if live:
            live.close()
        if finder:
            finder.close()
    return pipeline.counters


def _tables(config: Path | None) -> tuple[list[Profile], Models]:
    """Profiles and models: those shipped, and the user's own in the configuration directory."""
    own = [config / "profiles"] if config and (config / "profiles").is_dir() else []
    models = config / table.FILE if config and (config / table.FILE).is_file() else None
    return profile.load(paths.shipped("profiles"), *own), table.load(models)


def _at_end(live: LiveCapture | None, stopping: float, control: Control) -> bool:
    """Whether a run that shall stop may.

    Capturers have a moment for their last packets, and then end by themselves; what is on the disk by then is decoded,
    unless the owner is gone.
    """
    if live is None:
        return True
    live.stop()
    return time.monotonic() - stopping > STOP_S and (control.gone or not live.waiting)


def _keeper(job: Job) -> socket.socket:
    if job.keeper_fd is None:
        raise SourceError("a live capture needs somebody who starts capturers")
    return socket.socket(fileno=os.dup(job.keeper_fd))


def replay(captures: list[str], store: Path) -> Counters:
    """Read capture files into a store, in this process, as fast as possible."""
    return run(Job(sources=tuple(captures), store=str(store)), lambda tick: None)


def tune_garbage_collector() -> None:
    """Decoding makes few cycles and many objects: the collector's usual threshold costs more than the parsers."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


class _Ticker:
    """Commits and reports at their own paces; both look at the wall clock, never at packets."""

    def __init__(self, report: Report, pipeline: Pipeline, sources: Sources, live: LiveCapture | None = None) -> None:
        self._live = live
        self._report = report
        self._pipeline = pipeline
        self._sources = sources
        self._version = 0
        self._committed = self._ticked = time.monotonic()
        self._pause = COMMIT_S

    def commit(self, *, final: bool = False) -> None:
        begun = time.monotonic()
        if self._live:
            self._live.count(self._pipeline.counters)
        self._version = self._pipeline.commit(lambda: self._said(final), final=final)
        self._committed = time.monotonic()
        self._pause = min(max(COMMIT_S, (self._committed - begun) / COMMIT_SHARE), LONGEST_S)

    def tick(self, state: Literal["running", "paused", "done"], *, force: bool = False) -> None:
        now = time.monotonic()
        if now - self._committed >= self._pause and not force:
            self.commit()
        if now - self._ticked < TICK_S and not force:
            return
        self._ticked = now
        pipeline = self._pipeline
        self._report(
            Tick(
                state=state,
                version=self._version,
                now_us=pipeline.now_us,
                progress=self._sources.progress,
                counters=pipeline.counters,
                notes=self._said(state == "done"),
                alarm=self._live.alarm if self._live else "",
                behind_us=self._live.behind_us(pipeline.now_us) if self._live else 0,
                behind_bytes=self._live.waiting if self._live else 0,
            )
        )

    def _said(self, final: bool) -> tuple[str, ...]:
        """What a person should know, one line each."""
        return (*(self._live.said() if self._live else ()), *self._sources.notes, *self._closed(final))

    def _closed(self, final: bool) -> tuple[str, ...]:
        """How much of the TLS stayed closed, at the end."""
        count = self._pipeline.counters.tls_closed
        if not final or not count:
            return ()
        which = "1 TLS connection was" if count == 1 else f"{count:,} TLS connections were"
        return (f"{which} not decrypted: no key fits, or the capture lacks the beginning (docs/keylog.md)",)
