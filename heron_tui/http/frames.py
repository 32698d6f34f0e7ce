"""HTTP/2 frames of one direction (RFC 9113 4), and the way back to them behind what is missing."""

from enum import IntEnum
from typing import Protocol

import numpy as np

from ..model.flow import CLIENT, SERVER, Chunk, Gap, Side
from ..model.headers import Headers
from ..model.http import Place
from .context import Context
from .header_blocks import HeaderBlocks
from .run import Run
from .sniff import PREFACE
from .tape import Tape

HEAD = 9


class Kind(IntEnum):
    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


END_STREAM = ACK = 1
END_HEADERS = 4
PADDED = 8
HAS_PRIORITY = 32
# Flags that a frame may carry, its least and greatest length, and whether it belongs to a stream (None: either).
RULES: dict[int, tuple[int, int, int, bool | None]] = {
    Kind.DATA: (END_STREAM | PADDED, 0, 1 << 20, True),
    Kind.HEADERS: (END_STREAM | END_HEADERS | PADDED | HAS_PRIORITY, 1, 1 << 16, True),
    Kind.PRIORITY: (0, 5, 5, True),
    Kind.RST_STREAM: (0, 4, 4, True),
    Kind.SETTINGS: (ACK, 0, 120, False),
    Kind.PUSH_PROMISE: (END_HEADERS | PADDED, 4, 1 << 16, True),
    Kind.PING: (ACK, 8, 8, False),
    Kind.GOAWAY: (0, 8, 1 << 12, False),
    Kind.WINDOW_UPDATE: (0, 4, 4, None),
    Kind.CONTINUATION: (END_HEADERS, 0, 1 << 16, True),
}
STREAM_MOST = 1 << 24  # no connection of an agent opens that many; random bytes mostly say more
CHAIN = 3
STATUS_FIRST = [bytes([first]) for first in (*range(0x88, 0x8F), 0x48, 0x08, 0x18)]
METHOD_FIRST = [bytes([first]) for first in (0x82, 0x83, 0x42, 0x43, 0x02, 0x03, 0x12, 0x13)]


def plausible(data: bytes, pos: int, strict: bool = True) -> int | None:
    """Where the frame that may begin at `pos` would end; None if none can begin there. The nine bytes must be there.

    `strict`: also believe no flags that mean nothing (which RFC 9113 allows), and no stream beyond `STREAM_MOST`.
    """
    rule = RULES.get(data[pos + 3])
    if rule is None:
        return None
    flags, least, most, on_stream = rule
    size = int.from_bytes(data[pos : pos + 3])
    stream = int.from_bytes(data[pos + 5 : pos + HEAD])
    if not least <= size <= most or (strict and (data[pos + 4] & ~flags or stream > STREAM_MOST)):
        return None
    if on_stream is not None and on_stream is not (stream > 0):
        return None
    if data[pos + 3] == Kind.SETTINGS and (size % 6 or (data[pos + 4] & ACK and size)):
        return None
    return pos + HEAD + size


def find_frame(data: bytes, pos: int, least: int = 1) -> int | None:
    """Where frames begin at or behind `pos`: three behind each other, or at least `least` that end with `data`.

    Lengths begin with a zero byte, which text never holds.
    """
    while 0 <= (pos := data.find(b"\0", pos)) <= len(data) - HEAD:
        if _chain(data, pos, least):
            return pos
        pos += 1
    return None


def _chain(data: bytes, pos: int, least: int) -> bool:
    for count in range(CHAIN):
        if pos == len(data):
            return count >= least
        if pos + HEAD > len(data):
            return count > least
        end = plausible(data, pos)
        if end is None:
            return False
        pos = end
    return True


def side_of(data: bytes, pos: int) -> Side | None:
    """Who sends the frames that begin at `pos`, as far as header blocks among them tell (RFC 7541 appendix A)."""
    while pos + HEAD < len(data):
        end = plausible(data, pos)
        if end is None:
            return None
        if data[pos + 3] == Kind.HEADERS:
            flags = data[pos + 4]
            block = data[pos + HEAD + bool(flags & PADDED) + 5 * bool(flags & HAS_PRIORITY) : end]
            block = block.lstrip(bytes(range(0x20, 0x40)))  # table size updates
            if block[:1] in STATUS_FIRST:
                return SERVER
            if block[:1] in METHOD_FIRST:
                return CLIENT
        pos = end
    return None


class Teller(Protocol):
    """What `Frames` tells of one direction."""

    def headers(self, stream: int, headers: Headers | None, place: Place) -> None:
        """A whole header block; None where it cannot be read."""

    def promise(self, stream: int, headers: Headers | None, place: Place) -> None:
        """A request that the server will answer unasked, on `stream`."""

    def data(self, stream: int, run: Run) -> None: ...

    def missing(self, stream: int, size: int) -> None:
        """`size` bytes of the stream's data will not come."""

    def end(self, stream: int, place: Place) -> None:
        """The stream's last frame of this direction."""

    def reset(self, stream: int, code: int, place: Place) -> None: ...

    def goaway(self, last: int, place: Place) -> None:
        """Streams beyond `last` will not be answered."""

    def lost(self) -> None:
        """Frames may have been missed here."""


class Frames:
    """Reads one direction. Data is told as it comes; the data that several frames of a run bring to a stream is told at
    once."""

    def __init__(self, teller: Teller, context: Context, preface: bool, hunting: bool) -> None:
        self._teller = teller
        self._context = context
        self._tape = Tape()
        self._blocks = HeaderBlocks(context.limits.head, hunting)
        self._preface = preface
        self._hunting = hunting
        self._left = 0  # of the data frame under way: bytes of data, then of padding
        self._padding = 0
        self._stream = 0
        self._ends = False
        self._block: list[bytes] = []
        self._block_size = 0  # with the frames' heads: those without payload are some, too
        self._block_head = (0, 0, 0)  # kind, flags, stream
        self._block_place = Place(0, 0, 0, 0, 0, 0)
        self._runs: dict[int, tuple[list[bytes], list[int], list[int]]] = {}

    def feed(self, event: Chunk | Gap) -> None:
        if isinstance(event, Gap):
            self._gap(event.size)
            return
        self._tape.append(event)
        self._read()
        for stream in list(self._runs):
            self._flush(stream)

    def close(self) -> None:
        """The direction has ended."""
        self._context.skipped(self._tape.clear())

    def _gap(self, size: int) -> None:
        if size <= self._left:
            self._left -= size
            self._teller.missing(self._stream, size)
            if not self._left and not self._padding:
                self._end_data()
            return
        if self._left or self._padding:
            self._teller.missing(self._stream, self._left)
        self._context.skipped(self._tape.clear())
        self._lose()

    def _lose(self) -> None:
        self._left = self._padding = 0
        self._block = []
        self._hunting = True
        self._blocks.lose()
        self._teller.lost()

    def _read(self) -> None:
        tape = self._tape
        if self._preface and not self._skip_preface():
            return
        while len(tape):
            if self._left or self._padding:
                self._data()
            elif self._hunting:
                if not self._hunt():
                    return
            elif not self._frame():
                return

    def _skip_preface(self) -> bool:
        tape = self._tape
        while tape.data[tape.pos : tape.pos + 1] in (b"\r", b"\n"):
            tape.pos += 1
        if len(tape) < len(PREFACE):
            return False
        self._preface = False
        if tape.data.startswith(PREFACE, tape.pos):
            tape.pos += len(PREFACE)
        return True

    def _hunt(self) -> bool:
        tape = self._tape
        at = find_frame(tape.data, tape.pos)
        keep = max(len(tape.data) - HEAD, tape.pos) if at is None else at
        keep = self._begun(keep) if at is None else keep
        self._context.skipped(keep - tape.pos)
        tape.pos = keep
        self._hunting = at is None
        return at is not None

    def _begun(self, keep: int) -> int:
        """From where on the bytes may be frames whose chain is not long enough yet."""
        tape = self._tape
        pos = tape.data.find(b"\0", max(tape.pos, len(tape.data) - self._context.limits.resync))
        while 0 <= pos < keep:
            end = plausible(tape.data, pos)
            if end is not None and end > keep:
                return pos
            pos = tape.data.find(b"\0", pos + 1)
        return keep

    def _frame(self) -> bool:
        """Read one frame, or as much of its data as there is; False if more must come."""
        tape = self._tape
        data, pos = tape.data, tape.pos
        if pos + HEAD > len(data):
            return False
        size = data[pos] << 16 | data[pos + 1] << 8 | data[pos + 2]
        kind, flags = data[pos + 3], data[pos + 4]
        stream = int.from_bytes(data[pos + 5 : pos + HEAD]) & 0x7FFFFFFF
        if self._block and (kind != Kind.CONTINUATION or stream != self._block_head[2]):
            return self._desync("a header block is not continued")
        if kind == Kind.DATA:
            return self._begin_data(size, flags, stream)
        if size > self._context.limits.head or (
            kind <= Kind.CONTINUATION and plausible(data, pos, strict=False) is None
        ):
            return self._desync("what stands where a frame should begin is none")
        end = pos + HEAD + size
        if end > len(data):
            return False
        tape.pos = end
        place = tape.place(tape.base + pos, tape.base + end)
        self._tell(kind, flags, stream, data[pos + HEAD : end], place)
        return True

    def _tell(self, kind: int, flags: int, stream: int, payload: bytes, place: Place) -> None:
        match kind:
            case Kind.HEADERS | Kind.PUSH_PROMISE | Kind.CONTINUATION:
                self._header_part(kind, flags, stream, payload, place)
            case Kind.RST_STREAM:
                self._flush(stream)
                self._teller.reset(stream, int.from_bytes(payload), place)
            case Kind.GOAWAY:
                self._teller.goaway(int.from_bytes(payload[:4]) & 0x7FFFFFFF, place)
            case _:
                pass  # settings, windows, pings and priorities change nothing that is told here

    def _header_part(self, kind: int, flags: int, stream: int, payload: bytes, place: Place) -> None:
        if kind != Kind.CONTINUATION:
            if flags & PADDED and payload:
                payload = payload[1 : max(len(payload) - payload[0], 1)]
            if kind == Kind.HEADERS and flags & HAS_PRIORITY:
                payload = payload[5:]
            self._block = []
            self._block_size = 0
            self._block_head = kind, flags, stream
            self._block_place = place
        elif not self._block:
            self._desync("a header block is continued that has not begun")
            return
        self._block.append(payload)
        self._block_size += HEAD + len(payload)
        if flags & END_HEADERS:
            self._block_done(place)
        elif self._block_size > self._context.limits.head:
            self._desync("a header block is too long")

    def _block_done(self, last: Place) -> None:
        block, self._block = b"".join(self._block), []
        kind, flags, stream = self._block_head
        first = self._block_place
        place = Place(first.start, last.end, first.first_packet, last.last_packet, first.t_first_us, last.t_last_us)
        promised = 0
        if kind == Kind.PUSH_PROMISE:
            promised, block = int.from_bytes(block[:4]) & 0x7FFFFFFF, block[4:]
        blind = self._blocks.blind
        headers = self._blocks.decode(block)
        if headers is None and not blind:
            self._say("a header block cannot be decoded")
        self._flush(stream)
        if promised:
            self._teller.promise(promised, headers, place)
            return
        self._teller.headers(stream, headers, place)
        if flags & END_STREAM:
            self._teller.end(stream, place)

    def _begin_data(self, size: int, flags: int, stream: int) -> bool:
        tape = self._tape
        head = HEAD
        self._padding = 0
        if not stream:
            return self._desync("what stands where a frame should begin is none")
        if flags & PADDED:
            if len(tape) <= HEAD:
                return False
            head += 1
            self._padding = tape.data[tape.pos + HEAD]
            if self._padding >= size:
                return self._desync("padding is longer than its frame")
            size -= 1 + self._padding
        self._left, self._stream, self._ends = size, stream, bool(flags & END_STREAM)
        tape.pos += head
        if not size and not self._padding:
            self._end_data()
        return True

    def _data(self) -> None:
        tape = self._tape
        size = min(self._left, len(tape))
        if size:
            parts, starts, wires = self._runs.setdefault(self._stream, ([], [], []))
            starts.append(starts[-1] + len(parts[-1]) if starts else 0)
            parts.append(tape.data[tape.pos : tape.pos + size])
            wires.append(tape.offset)
            tape.pos += size
            self._left -= size
        if not self._left:
            size = min(self._padding, len(tape))
            tape.pos += size
            self._padding -= size
            if not self._padding:
                self._end_data()

    def _end_data(self) -> None:
        if self._ends:
            self._ends = False
            self._flush(self._stream)
            offset = self._tape.offset
            self._teller.end(self._stream, self._tape.place(max(offset - 1, 0), offset))

    def _flush(self, stream: int) -> None:
        if stream in self._runs:
            parts, starts, wires = self._runs.pop(stream)
            self._teller.data(stream, Run(b"".join(parts), np.array(starts), np.array(wires), self._tape.marks))

    def _desync(self, why: str) -> bool:
        self._say(why)
        if len(self._tape):
            self._tape.pos += 1
            self._context.skipped(1)
        self._lose()
        return True

    def _say(self, why: str) -> None:
        self._context.counters.desyncs += 1
        self._context.trouble("h2.desync", why, *self._tape.at(max(self._tape.offset - 1, 0)))
