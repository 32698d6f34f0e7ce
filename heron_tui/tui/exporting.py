"""Runs `heron-tui export` on the store that is shown, in a process of its own: the screen never waits for it.

It reads the store as any reader does, also while the engine writes.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

FIRST = 256 << 10
"""Bytes of the first record that are kept for the preview."""
STOPPED = "stopped"
PATIENCE_S = 3.0
"""Seconds for a stopped export to put its half-written file away."""


class Format(msgspec.Struct, frozen=True):
    name: str
    help: str
    ending: str
    units: tuple[str, ...]
    options: tuple[str, ...]


class Option(msgspec.Struct, frozen=True):
    name: str
    choices: tuple[str, ...]
    help: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")


class Catalogue(msgspec.Struct, frozen=True):
    """What `heron-tui export --list-formats --json-report` says there is."""

    formats: tuple[Format, ...]
    options: tuple[Option, ...]


class Report(msgspec.Struct, frozen=True):
    """The counts of an export, as `--json-report` gives them."""

    written: int
    bytes: int
    skipped: dict[str, int]
    reasons: dict[str, str]
    examples: dict[str, list[dict[str, str]]]
    notes: dict[str, int]
    redacted: int


@dataclass(frozen=True, slots=True)
class Done:
    """How an export ended: its report, or the line that says what is wrong."""

    report: Report | None
    error: str = ""
    first: bytes = b""


@dataclass(slots=True)
class Export:
    """One run. `first` grows as the first record comes; `cancel` ends it, and nothing half-written stays."""

    store: Path
    arguments: Sequence[str]
    first: bytearray = field(default_factory=bytearray)
    _process: asyncio.subprocess.Process | None = None
    _cancelled: bool = False

    async def run(self) -> Done:
        """Run it to its end."""
        if self._cancelled:
            return Done(None, STOPPED)
        return await self._run()

    async def _run(self) -> Done:
        process = self._process = await _start("export", str(self.store), *self.arguments, "--json-report")
        assert process.stdout is not None
        assert process.stderr is not None
        _, said = await asyncio.gather(self._read(process.stdout), process.stderr.read())
        code = await process.wait()
        if self._cancelled and code != 0:  # one that was done before it heard of it has written its file
            return Done(None, STOPPED)
        lines = said.decode("utf-8", "replace").strip().splitlines() or [f"the export ended with code {code}"]
        if code in (0, 1):
            with contextlib.suppress(msgspec.DecodeError):
                return Done(msgspec.json.decode(lines[-1], type=Report), first=bytes(self.first))
        return Done(None, lines[-1].removeprefix("heron-tui: "))

    async def _read(self, out: asyncio.StreamReader) -> None:
        while data := await out.read(64 << 10):
            if len(self.first) < FIRST:
                self.first += data[: FIRST - len(self.first)]

    async def cancel(self) -> None:
        """Stop it. One that writes a file is stopped as ctrl+c would, so that it puts that away."""
        self._cancelled = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if "-o" in self.arguments:
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), PATIENCE_S)
                    return
            process.kill()
        await process.wait()


async def catalogue() -> Catalogue:
    """The formats and options that there are."""
    process = await _start("export", "--list-formats", "--json-report")
    out, _ = await process.communicate()
    return msgspec.json.decode(out, type=Catalogue)


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "heron_tui", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # ctrl+c in the terminal is the screen's own
    )


def pretty(first: bytes) -> str:
    """The first record for eyes: JSON indented, long strings whole."""
    try:
        value: Any = msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError):
        return first.decode("utf-8", "replace")
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
