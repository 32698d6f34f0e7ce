"""Connections as the reader of the pipe sees them, made of what the kernel program tells.

A kernel *source* is a library's pointer: a connection, except for rustls, where it is the key of one direction; two
sources with one socket then make one *talk*. What a talk says is held back until it is known to be HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import protocol, sniff
from .files import Files
from .processes import Process
from .protocol import Outlet
from .records import HOW, Address, Piece

HELD_BYTES = 1 << 18  # of one talk, before it is taken for something else than HTTP
HELD_CALLS = 64
HALF_WAITS_NS = 2_000_000_000  # for the socket of one direction of rustls
LINGER_NS = 500_000_000  # after the socket was closed: what the library still holds may yet be read
HALVES = "aws-lc"
MOST = 65536  # sources, as many as the kernel keeps


@dataclass
class Talk:
    id: int
    process: Process
    stack: str
    fresh: bool
    began: int
    settling: bool = False
    address: Address | None = None
    http: bool | None = None  # None: not known yet
    held: list[tuple[bytes, bytes]] = field(default_factory=list)
    held_bytes: int = 0
    calls: int = 0
    heads: list[bytes] = field(default_factory=lambda: [b"", b""])
    ends: list[int] = field(default_factory=lambda: [0, 0])
    sources: set[int] = field(default_factory=set)
    closing: int | None = None
    announced: bool = False


@dataclass
class Source:
    id: int
    ptr: int
    pid: int
    talk: Talk | None
    process: Process
    began: int
    fresh: bool
    base: list[int] = field(default_factory=lambda: [0, 0])
    waiting: list[Piece] = field(default_factory=list)


class Talks:
    """`ignore` tells the kernel to copy no more of a source."""

    def __init__(self, outlet: Outlet, ignore: Callable[[int], None], files: Files) -> None:
        self._outlet, self._ignore, self._files = outlet, ignore, files
        self._sources: dict[int, Source] = {}
        self._at: dict[tuple[int, int], int] = {}
        self._by_socket: dict[int, Talk] = {}
        self._of_pid: dict[int, set[int]] = {}
        self._said: dict[int, Process] = {}
        self._closing: set[int] = set()
        self._waiting: set[int] = set()
        self._talks: dict[int, Talk] = {}
        self.ignored = 0
        self.ignored_bytes = 0
        self.bytes = 0

    @property
    def open(self) -> int:
        return sum(t.announced for t in self._talks.values())

    # -- what the kernel tells

    def begin(self, conn: int, ptr: int, process: Process, stack: str, fresh: bool, time: int) -> None:
        old = self._at.get((process.pid, ptr))
        if old is not None and old != conn:
            self._end(old, time, protocol.REUSED)
        if len(self._sources) >= MOST:
            self._end(next(iter(self._sources)), time, protocol.FORGOTTEN)
        talk = None if stack == HALVES else self._new_talk(conn, process, stack, fresh, time)
        self._sources[conn] = Source(conn, ptr, process.pid, talk, process, time, fresh)
        self._at[process.pid, ptr] = conn
        self._of_pid.setdefault(process.pid, set()).add(conn)

    def knows(self, conn: int) -> bool:
        return conn in self._sources

    def address(self, conn: int, address: Address) -> None:
        source = self._sources.get(conn)
        if source is None:
            return
        if source.talk is None:
            self._join(source, address)
            return
        talk = source.talk
        self._learn(talk, address)

    def data(self, conn: int, piece: Piece) -> None:
        source = self._sources.get(conn)
        if source is None:
            return
        if source.talk is None:
            source.waiting.append(piece)
            self._waiting.add(conn)
            return
        self._data(source, source.talk, piece)

    def gone(self, conn: int, time: int) -> None:
        self._end(conn, time, protocol.FREED)

    def socket_closed(self, serial: int, time: int) -> None:
        talk = self._by_socket.pop(serial, None)
        if talk is not None:
            talk.closing = time
            self._closing.add(talk.id)

    def process_over(self, pid: int, time: int) -> list[tuple[int, int]]:
        """(conn, ptr) of its sources, for the kernel to forget."""
        out = []
        for conn in list(self._of_pid.get(pid, ())):
            out.append((conn, self._sources[conn].ptr))
            self._end(conn, time, protocol.ENDED)
        self._of_pid.pop(pid, None)
        return out

    def exited(self, pid: int, time: int) -> None:
        process = self._said.pop(pid, None)
        if process is not None:
            self._outlet.say(protocol.EXIT, pid=pid, start=process.start, time=time)

    def tick(self, now: int) -> None:
        for conn in list(self._waiting):
            source = self._sources.get(conn)
            if source is None or source.talk is not None:
                self._waiting.discard(conn)
            elif now - source.waiting[0].time > HALF_WAITS_NS:
                self._settle(source, self._new_talk(conn, source.process, HALVES, source.fresh, source.began))
        for id in list(self._closing):
            talk = self._talks.get(id)
            if talk is None or talk.closing is None:
                self._closing.discard(id)
            elif now - talk.closing > LINGER_NS:
                for conn in list(talk.sources):
                    self._end(conn, now, protocol.FREED)

    # -- how

    def _new_talk(self, id: int, process: Process, stack: str, fresh: bool, time: int) -> Talk:
        settling = self._files.settling(process.pid)
        talk = self._talks[id] = Talk(id, process, stack, fresh, time, settling, sources={id})
        return talk

    def _join(self, source: Source, address: Address) -> None:
        """The socket of one direction's key is known: the other direction may be there already."""
        talk = self._by_socket.get(address.serial)
        if talk is None or talk.stack != HALVES or talk.process.pid != source.pid:
            talk = self._new_talk(source.id, source.process, HALVES, source.fresh, source.began)
        self._learn(talk, address)
        self._settle(source, talk)

    def _learn(self, talk: Talk, address: Address) -> None:
        if talk.address and talk.address.serial == address.serial and talk.address.sure >= address.sure:
            return
        talk.address, talk.fresh = address, talk.fresh or (address.born and not talk.settling)
        self._by_socket[address.serial] = talk
        if talk.announced:
            self._announce(talk)

    def _settle(self, source: Source, talk: Talk) -> None:
        talk.sources.add(source.id)
        source.talk, source.base = talk, list(talk.ends)
        waiting, source.waiting = source.waiting, []
        self._waiting.discard(source.id)
        for piece in waiting:
            self._data(source, talk, piece)

    def _data(self, source: Source, talk: Talk, piece: Piece) -> None:
        direction, payload, size = piece.direction, piece.payload, piece.size
        offset = piece.offset + source.base[direction]
        talk.ends[direction] = max(talk.ends[direction], offset + size)
        if talk.http is False:
            self.ignored_bytes += size
            return
        if talk.closing is not None:
            talk.closing = piece.time
        if payload is None:
            reason = protocol.TOO_LONG if piece.first else protocol.UNREADABLE
            frame, payload = protocol.cut(talk.id, offset, piece.time, direction, reason, size), b""
        else:
            frame = protocol.data(talk.id, offset, piece.time, direction, size)
        if talk.http:
            self._put(frame, payload)
            return
        talk.held.append((frame, payload))
        talk.held_bytes += len(payload)
        talk.calls += piece.first
        talk.http = self._verdict(talk, direction, payload, piece.first)
        if talk.http:
            self._announce(talk)
            for held in talk.held:
                self._put(*held)
            talk.held.clear()
        elif talk.http is False:
            talk.held.clear()
            self.ignored += 1
            self.ignored_bytes += talk.held_bytes
            for conn in talk.sources:
                self._ignore(conn)

    def _put(self, frame: bytes, payload: bytes) -> None:
        self._outlet.put(frame, payload)
        self.bytes += len(payload)

    def _verdict(self, talk: Talk, direction: int, payload: bytes, first: bool) -> bool | None:
        if len(talk.heads[direction]) < sniff.ENOUGH:
            talk.heads[direction] += payload[: sniff.ENOUGH - len(talk.heads[direction])]
        answers = [sniff.begins(head) for head in talk.heads if head]
        if True in answers:
            return True
        if talk.fresh:
            return False if False in answers else None
        if first and sniff.resumes(payload, len(payload)):
            return True
        return False if talk.held_bytes > HELD_BYTES or talk.calls > HELD_CALLS else None

    def _announce(self, talk: Talk) -> None:
        process = talk.process
        if self._said.get(process.pid) != process:
            self._said[process.pid] = process
            self._outlet.say(protocol.PROCESS, **process.as_json())
        talk.announced = True
        where = talk.address
        self._outlet.say(
            protocol.CONN,
            conn=talk.id,
            pid=process.pid,
            start=process.start,
            stack=talk.stack,
            library=self._files.library(process.pid, talk.stack),
            local=where and where.local,
            remote=where and where.remote,
            address_from=where and HOW[where.sure],
            fresh=talk.fresh,
            time=talk.began,
        )

    def _end(self, conn: int, time: int, reason: int) -> None:
        source = self._sources.pop(conn, None)
        if source is None:
            return
        if self._at.get((source.pid, source.ptr)) == conn:
            del self._at[source.pid, source.ptr]
        self._of_pid.get(source.pid, set()).discard(conn)
        if source.talk is None and source.waiting:
            self._settle(source, self._new_talk(conn, source.process, HALVES, source.fresh, source.began))
        talk = source.talk
        self._waiting.discard(conn)
        if talk is None:
            return
        talk.sources.discard(conn)
        # one direction of rustls has a new key, or its key's memory serves another connection: the socket decides
        if talk.sources or (
            talk.stack == HALVES and reason == protocol.REUSED and talk.address and talk.closing is None
        ):
            return
        del self._talks[talk.id]
        if talk.address and self._by_socket.get(talk.address.serial) is talk:
            del self._by_socket[talk.address.serial]
        if talk.announced:
            self._outlet.put(protocol.close(talk.id, time, reason))
