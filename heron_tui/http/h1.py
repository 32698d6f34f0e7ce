"""Reads one direction of an HTTP/1 connection (RFC 9112), and finds its way again behind what is missing."""

import re
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..model.flow import Chunk, Gap, Side
from ..model.headers import Headers
from ..model.http import Place
from .chunks import Chunks, Ending
from .context import Context
from .head import HEAD_END, Framing, RequestHead, StatusHead, parse_headers, parse_request, parse_status
from .run import HEAD, Run
from .sniff import STATUS_BEGINS, begins_request, begins_status, find_request, find_status
from .tape import Tape

Head = RequestHead | StatusHead

# Where a chunk may begin behind a gap: right there, or behind the line end of the chunk before it.
CHUNK_GUESS = re.compile(rb"(?:\A|\r\n)([0-9a-fA-F]{1,8})(?:;[^\r\n]{0,200})?(?=\r\n)")
GUESS_TAIL = 256


class Handler(Protocol):
    """What a reader tells. For each message: `head`, then `body`, `gap` and `touch` in any number, then `end`."""

    def head(self, head: Head) -> Framing:
        """A head; answers how its body is framed."""

    def body(self, run: Run) -> None: ...

    def gap(self, size: int) -> None:
        """`size` bytes of the body will not come."""

    def touch(self, end: int, packet: int, time_us: int) -> None:
        """Framing behind the body reaches up to `end`."""

    def end(self, whole: bool, trailers: Headers = (), /) -> None:
        """The message is over; `whole`: its framing says so."""

    def lost_sync(self) -> None:
        """Messages may have been missed here."""

    def superseded(self) -> bool:
        """The other side shows that the message under way must be over."""


class Reader:
    """One direction. Bytes and gaps go in, `Handler` is told what they are.

    Behind a gap: a body with a length counts the missing bytes and goes on; a chunked one goes on at the next chunk
    line whose chunk ends where it says; otherwise everything up to the next message head is skipped and counted.
    """

    def __init__(self, requests: bool, handler: Handler, context: Context, hunting: bool = False) -> None:
        """`hunting`: the first bytes are in the middle of something."""
        self._handler = handler
        self._context = context
        self._tape = Tape()
        self._parse: Callable[[bytes, Place], Head | None] = parse_request if requests else parse_status
        self._begins = begins_request if requests else begins_status
        self._find = find_request if requests else find_status
        self._state: Callable[[], bool] = self._hunt if hunting else self._head
        self._scanned = 0
        self._left = 0  # bytes that are still to come of a sized body, or of the chunk under way
        self._lined = False  # the line end of a chunk's data stands before the next chunk line
        self._at_gap = True  # the first unread byte stands right behind a gap
        self._empty = True  # no byte of the body under way has come
        self._waiting: list[Chunk | Gap] | None = None
        self._waiting_size = 0

    @property
    def begun(self) -> bool:
        """A head has begun and is not whole."""
        return self._state == self._head and len(self._tape) > 0

    def feed(self, event: Chunk | Gap) -> None:
        if self._waiting is not None:
            self._wait(self._waiting, event)
        elif isinstance(event, Gap):
            self._gap(event.size)
        else:
            self._tape.append(event)
            self._read()
            self._tape.release()

    def pause(self) -> None:
        """Read no further: what follows belongs to a protocol that the other side has not agreed to yet."""
        self._waiting = []

    def resume(self) -> None:
        """It goes on as HTTP/1."""
        if self._waiting is None:
            return
        events, self._waiting, self._waiting_size = self._waiting, None, 0
        self._read()
        for event in events:
            self.feed(event)

    def rest(self, side: Side) -> list[Chunk | Gap]:
        """What was not read, for whoever goes on in another protocol."""
        events, self._waiting = self._waiting or [], None
        return [*self._tape.rest(self._context.flow, side), *events]

    def refuse(self) -> None:
        """The other side answered with an error while the announced body was still awaited (RFC 9110 10.1.1)."""
        if self._state in (self._sized, self._chunked) and self._empty:
            self._end(whole=False)

    def close(self, clean: bool) -> None:
        """The direction has ended. `clean`: by itself, so that a body that lasts until then is whole."""
        if self._waiting:
            self._context.skipped(sum(len(event.data) for event in self._waiting if isinstance(event, Chunk)))
        self._waiting = None
        if self._state == self._head:
            self._broken_head(0)
        elif self._state == self._rest_of_connection:
            self._end(whole=clean)
        elif self._state == self._trailers:
            self._end(whole=True)
        elif self._state != self._hunt:
            self._end(whole=False)
        rest = self._tape.data[self._tape.pos :]
        self._tape.clear()
        self._context.skipped(len(rest.strip(b"\r\n")))
        self._state = self._hunt

    def _read(self) -> None:
        while self._waiting is None and self._state():
            pass

    def _wait(self, waiting: list[Chunk | Gap], event: Chunk | Gap) -> None:
        size = len(event.data) if isinstance(event, Chunk) else 0
        self._waiting_size += size
        if self._waiting_size <= self._context.limits.waiting:
            waiting.append(event)
            return
        self._context.skipped(size)
        if not (waiting and isinstance(waiting[-1], Gap)):
            packet, time_us = (event.packet, event.time_us) if isinstance(event, Gap) else (0, 0)
            waiting.append(Gap(event.flow, event.side, event.offset, 0, packet, time_us))

    # Each state reads what it can; it answers whether another one shall go on.

    def _head(self) -> bool:
        tape = self._tape
        data, pos = tape.data, tape.pos
        while pos < len(data) and data[pos] in b"\r\n":  # RFC 9112 2.2
            pos += 1
        tape.pos = pos
        if pos >= len(data):
            return False
        found = HEAD_END.search(data, max(pos, self._scanned - tape.base))
        if found is None:
            if self._begins(data, pos) and len(tape) <= self._context.limits.head:
                self._scanned = max(tape.base + len(data) - 3, 0)
                return False
            return self._lose("what stands where a message should begin is none")
        end = tape.base + found.end()
        head = self._parse(data[pos : found.start()], tape.place(tape.offset, end))
        if head is None:
            return self._lose("what stands where a message should begin is none")
        tape.pos = found.end()
        self._begin(self._handler.head(head))
        return True

    def _begin(self, framing: Framing) -> None:
        self._left = framing.size
        self._lined = False
        self._empty = True
        match framing.kind:
            case "sized" if framing.size:
                self._state = self._sized
            case "none" | "sized":
                self._end(whole=True)
            case "chunked":
                self._state = self._chunked
            case "close":
                self._state = self._rest_of_connection
            case "broken":
                self._end(whole=False)
                self._lose("the head contradicts itself about the length of the body")

    def _end(self, whole: bool, trailers: Headers = ()) -> None:
        self._state = self._head
        self._scanned = 0
        self._handler.end(whole, trailers)

    def _body(self, size: int) -> None:
        tape = self._tape
        start, pos = tape.offset, tape.pos
        tape.pos += size
        self._empty = False
        self._handler.body(Run(tape.data[pos : pos + size], HEAD, np.array([start]), tape.marks))

    def _sized(self) -> bool:
        size = min(self._left, len(self._tape))
        if not size:
            return False
        self._left -= size
        self._body(size)
        if not self._left:
            self._end(whole=True)
        return True

    def _rest_of_connection(self) -> bool:
        if len(self._tape):
            self._body(len(self._tape))
        return False

    def _chunked(self) -> bool:
        tape = self._tape
        chunks = Chunks(tape.data, tape.pos, tape.base, self._left, self._lined)
        ending = chunks.read()
        tape.pos = chunks.pos
        self._left, self._lined = chunks.left, chunks.lined
        if data := chunks.data():
            self._empty = False
            self._handler.body(Run(data, *chunks.places(), tape.marks))
        if ending is Ending.LAST:
            self._state = self._trailers
        elif ending is Ending.BROKEN:
            return self._lose_chunk()
        return ending is Ending.LAST

    def _trailers(self) -> bool:
        tape = self._tape
        data, pos = tape.data, tape.pos
        headers: Headers = ()
        if data.startswith(b"\r\n", pos):
            tape.pos += 2
        elif data.startswith(b"\n", pos):
            tape.pos += 1
        elif data.startswith(STATUS_BEGINS, pos):
            pass  # the blank line is missing, and the next response is there
        elif found := HEAD_END.search(data, pos):
            headers = parse_headers(data[pos : found.start()])
            tape.pos = found.end()
        elif len(tape) <= self._context.limits.head:
            return False
        self._handler.touch(tape.offset, *tape.at(max(tape.offset - 1, 0)))
        self._end(True, headers)
        return True

    def _hunt(self) -> bool:
        """Skip up to the next message head."""
        tape = self._tape
        at, keep = self._find(tape.data, tape.pos)
        if at is None:
            self._skip(max(keep, tape.pos))
            return False
        self._skip(at)
        self._state = self._head
        self._scanned = 0
        return True

    def _skip(self, pos: int) -> None:
        self._context.skipped(pos - self._tape.pos)
        self._tape.pos = pos

    def _lose(self, why: str) -> bool:
        """A message cannot be read though nothing is missing."""
        tape, context = self._tape, self._context
        context.counters.desyncs += 1
        context.trouble("http.desync", why, *tape.at(tape.offset))
        if self._state == self._head and len(tape):
            self._skip(tape.pos + 1)
        self._handler.lost_sync()
        self._state = self._hunt
        return True

    def _lose_chunk(self) -> bool:
        tape, context = self._tape, self._context
        context.counters.desyncs += 1
        context.trouble("http.desync", "what stands where a chunk should begin is none", *tape.at(tape.offset))
        self._handler.gap(0)
        self._at_gap = False
        self._state = self._rescan
        return True

    def _gap(self, size: int) -> None:
        state, handler = self._state, self._handler
        self._at_gap = True
        if state == self._sized or (state == self._chunked and self._left):
            taken = min(size, self._left) if state == self._sized or size <= self._left else size
            handler.gap(taken)
            size -= taken
            if state == self._chunked and taken > self._left:
                self._left = 0
                self._state = self._rescan
            else:
                self._left -= taken
                if state == self._sized and not self._left:
                    self._end(whole=True)
            if not size:
                return
        elif state == self._rest_of_connection:
            handler.gap(size)
            return
        elif state in (self._chunked, self._rescan):
            handler.gap(size + self._tape.clear())
            self._state = self._rescan
            return
        elif state == self._trailers:
            self._end(whole=True)
        elif state == self._head:
            self._broken_head(size)
        self._context.skipped(self._tape.clear())
        handler.lost_sync()
        self._state = self._hunt

    def _broken_head(self, lost: int) -> None:
        """A head that will not become whole: what can be read of it is told."""
        tape = self._tape
        data = tape.data[tape.pos :]
        lines = data[: data.rfind(b"\n") + 1].rstrip(b"\r\n")
        head = self._parse(lines, tape.place(tape.offset, tape.offset + len(data))) if lines else None
        if head is None:
            return
        tape.clear()
        self._handler.head(head)
        if lost:
            self._handler.gap(lost)
        self._handler.end(False)

    def _rescan(self) -> bool:
        """Inside a chunked body whose framing was lost: find the next chunk, or the next message."""
        tape = self._tape
        if self._handler.superseded():
            return self._hunt_on()
        data = tape.data[tape.pos :]
        head, _ = self._find(data, 0)
        for guess in CHUNK_GUESS.finditer(data):
            if not (self._at_gap or guess[0].startswith(b"\r\n")):
                continue
            if head is not None and guess.start() > head:
                break
            believed = self._believe(data, guess)
            if believed is None:
                self._forget(guess.start())
                return False
            if believed:
                self._forget(guess.start())
                self._lined = guess[0].startswith(b"\r\n")
                self._left = 0
                self._state = self._chunked
                return True
        if head is not None:
            self._forget(head)
            return self._hunt_on()
        if len(data) > GUESS_TAIL:
            self._at_gap = False
            self._forget(len(data) - GUESS_TAIL)
        return False

    def _hunt_on(self) -> bool:
        self._end(whole=False)
        self._handler.lost_sync()
        self._state = self._hunt
        return True

    def _believe(self, data: bytes, guess: re.Match[bytes]) -> bool | None:
        """Whether a chunk begins at `guess`; None: more must come to tell."""
        size = int(guess[1], 16)
        end = guess.end() + 2 + size
        after = data[end : end + 10]
        if size > self._context.limits.resync:
            return False
        if len(after) < 2:
            return None if b"\r\n".startswith(after) else False
        if not after.startswith(b"\r\n"):
            return False
        if size:
            return len(after) == 2 or after[2:3] in b"0123456789abcdefABCDEF"
        return self._begins(after, 2) if len(after) > 2 else True

    def _forget(self, size: int) -> None:
        """Bytes of the body that cannot be placed."""
        if size > 0:
            self._handler.gap(size)
            self._skip(self._tape.pos + size)
