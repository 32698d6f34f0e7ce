"""A live capture: programs that the keeper started, read as sources, and what they say beside their packets."""

import os
import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from .. import __version__
from ..capture import Sources
from ..capture.reader import Reader
from ..capture.recording import Recording
from ..capture.stream import Stream
from ..capture.tls import Plaintext
from ..core.errors import HeronError, PrivilegeError, SourceError
from ..core.ids import content_id
from ..model.live import Live
from ..privileged import asking
from .protocol import Counters

BY_KERNEL = re.compile(rb"(\d+) packets? dropped by kernel")
BY_INTERFACE = re.compile(rb"(\d+) packets? dropped by interface")
BY_DUMPCAP = re.compile(rb"received/dropped on interface .*?: \d+/(\d+)")
MEND = "start it with sudo: sudo heron-tui live (docs/live.md says what needs which right)"
MOST_WORDS = 4096
MOST_LINE = 200
PROGRAM = f"heron-tui {__version__}"


class _Program:
    """One program that captures, and what it says on stderr."""

    def __init__(self, started: asking.Started, name: str, *, apart: bool) -> None:
        self.name = name
        self.tool = started.name
        self.output = started.output
        self.plaintext = Plaintext(PROGRAM, apart=apart) if started.name == "TLS helper" else None
        self.stream = Stream(started.output, through=self.plaintext, ahead=True)
        self._words = started.words
        self._lifeline: int | None = started.lifeline
        self._said = b""
        self._silent = False
        os.set_blocking(self._words, False)

    def listen(self) -> None:
        while not self._silent:
            try:
                said = os.read(self._words, 65_536)
            except BlockingIOError:
                return
            self._silent = not said
            self._said = (self._said + said)[-MOST_WORDS:]

    @property
    def dropped(self) -> int:
        """Packets lost, by the newest counts."""
        last = (form.findall(self._said)[-1:] for form in (BY_KERNEL, BY_INTERFACE, BY_DUMPCAP))
        return sum(int(number) for found in last for number in found)

    @property
    def last_words(self) -> str:
        lines = [line.strip() for line in self._said.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1][:MOST_LINE] if lines else "it ended without a word"

    @property
    def held(self) -> bool:
        """It was not told to end."""
        return self._lifeline is not None

    def stop(self) -> None:
        """It ends by itself now, and says what it counted."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def close(self) -> None:
        self.stop()
        os.close(self._words)


class LiveCapture:
    """Starts what `live` asks for.

    Attributes:
        notes: what could not be started and why, though something else was.
        programs: those that run or ran.

    Raises:
        HeronError: nothing could be started, or not what was asked for by name.
    """

    def __init__(self, live: Live, keeper: socket.socket) -> None:
        self.notes: list[str] = []
        self.programs: list[_Program] = []
        self._live = live
        self._recording: Recording | None = None
        self.begun_us = time.time_ns() // 1000
        refused: list[HeronError] = []
        try:
            for interface in live.interfaces:
                packets = {"want": "packets", "interface": interface, "filter": live.filter}
                self._start(keeper, packets, interface, must=live.must_packets, refused=refused)
            if live.tls:
                request = {"want": "tls", "pids": live.pids, "exes": live.exes, "all_users": live.all_users}
                self._start(keeper, request, "TLS", must=live.must_tls, refused=refused)
            if not self.programs:
                raise refused[0] if refused else SourceError("nothing to capture: neither packets nor TLS")
            if live.write:
                self._recording = Recording(Path(live.write), PROGRAM)
                for program in self.programs:
                    program.stream.copy_to(self._recording.source(program.name).feed)
        except BaseException:
            self.stop()
            raise

    def _start(
        self, keeper: socket.socket, request: Mapping[str, object], name: str, *, must: bool, refused: list[HeronError]
    ) -> None:
        try:
            self.programs.append(_Program(asking.start(keeper, request), name, apart=bool(self._live.interfaces)))
        except HeronError as error:
            if isinstance(error, PrivilegeError):
                error = PrivilegeError(f"{error}; {MEND}")
            if must or error.exit_code == 2:
                raise error from None
            refused.append(error)
            self.notes.append(str(error))

    def sources(self, spool: Path | None) -> Sources:
        """What they bring, kept in `spool`."""
        self._readers: list[Reader] = []
        for file, program in enumerate(self.programs):
            id = content_id("s", program.name, self.begun_us)
            reader = Reader(file, program.name, live=program.stream, id=id)
            reader.keep_in(spool)
            self._readers.append(reader)
        return Sources(self._readers)

    @property
    def plaintext(self) -> Plaintext | None:
        return next((program.plaintext for program in self.programs if program.plaintext), None)

    @property
    def recording(self) -> Recording | None:
        return self._recording

    @property
    def waiting(self) -> int:
        """Bytes that were taken in and not decoded yet."""
        return sum(program.stream.waiting for program in self.programs)

    def behind_us(self, now_us: int) -> int:
        """How long ago `now_us`, the capture time reached, was; 0 where nothing waits to be decoded."""
        return max(time.time_ns() // 1000 - now_us, 0) if now_us and self.waiting else 0

    def look(self) -> None:
        """Take in what the programs say."""
        for program in self.programs:
            program.listen()

    def count(self, counters: Counters) -> None:
        self.look()
        for program, reader in zip(self.programs, self._readers, strict=True):
            reader.lost = program.dropped
            reader.source.dropped = max(reader.source.dropped, reader.lost)
        counters.raw_let_go = sum(program.stream.let_go for program in self.programs)
        if plaintext := self.plaintext:
            counters.tls_lost = plaintext.lost_records
            counters.tls_cut_bytes = plaintext.cut_bytes
            counters.tls_failed = plaintext.failed.total()
            counters.tls_ignored = plaintext.ignored
            counters.tls_mirrored = plaintext.mirrored
            counters.tls_processes = plaintext.processes
            counters.tls_probes = plaintext.probes or 0

    @property
    def alarm(self) -> str:
        """What a person must know at once; empty where all is well."""
        if self._recording and self._recording.problem:
            return self._recording.problem
        for program in self.programs:
            if program.plaintext and program.plaintext.alarm:
                return f"TLS is not seen: {program.plaintext.alarm}"
            if program.stream.ended and program.held:
                return f"{program.tool} on {program.name} has ended, nothing more is seen there: {program.last_words}"
        return ""

    def said(self) -> list[str]:
        """One line each, for the notes of a tick."""
        lines = self.notes + (self.plaintext.notes() if self.plaintext else [])
        ended = [one for one in self.programs if one.stream.ended and one.held and one.plaintext is None]
        return lines + [f"{program.tool} on {program.name} has ended: {program.last_words}" for program in ended]

    def failure(self) -> HeronError:
        """Why everything has ended by itself."""
        self.look()
        plaintext = self.plaintext
        if plaintext and plaintext.fatal:
            if plaintext.missing_right:
                return PrivilegeError(plaintext.fatal)
            return SourceError(f"TLS: {plaintext.fatal}")
        words = (f"{program.tool} on {program.name} has ended: {program.last_words}" for program in self.programs)
        return SourceError("; ".join(words))

    def stop(self) -> None:
        for program in self.programs:
            program.stop()

    def close(self) -> None:
        for program in self.programs:
            program.close()
        if self._recording:
            self._recording.close()
