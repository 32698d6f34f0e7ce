"""WebSocket frames of one direction to messages (RFC 6455 5, permessage-deflate: RFC 7692)."""

import zlib
from dataclasses import dataclass
from typing import Protocol

from ..model.flow import Chunk, Gap
from ..model.headers import Headers
from ..model.http import Place
from .context import Context
from .tape import Tape

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KNOWN = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
FIN, COMPRESSED, RESERVED, MASKED = 0x80, 0x40, 0x30, 0x80
FLUSH_END = b"\x00\x00\xff\xff"
CHAIN = 3
PEEK = 1 << 16


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `data` is None where it could not be decoded. `raw_size`: its bytes on the wire, frames included."""

    kind: int
    data: bytes | None
    place: Place
    raw_size: int


@dataclass(frozen=True, slots=True)
class FrameHead:
    """`size` bytes of payload follow the head, which is `length` bytes long."""

    fin: bool
    compressed: bool
    kind: int
    mask: bytes
    length: int
    size: int


def frame_head(data: bytes, pos: int) -> FrameHead | bool:
    """The head of the frame at `pos`; True if more bytes must come to tell, False if none stands there."""
    have = len(data) - pos
    if have < 2:
        return have < 1 or _first(data[pos])
    first, second = data[pos], data[pos + 1]
    kind, masked, size = first & 15, bool(second & MASKED), second & 127
    if not _first(first) or (kind >= CLOSE and size > 125):
        return False
    length = 2
    if size >= 126:
        length = 4 if size == 126 else 10
        if have < length:
            return True
        size = int.from_bytes(data[pos + 2 : pos + length])
        if size < (126 if length == 4 else 1 << 16) or size >> 63:
            return False
    mask = data[pos + length : pos + length + 4] if masked else b""
    length += 4 * masked
    return FrameHead(bool(first & FIN), bool(first & COMPRESSED), kind, mask, length, size) if have >= length else True


def _first(byte: int) -> bool:
    """Whether a frame may begin with this byte: reserved bits unused, control frames whole and never compressed."""
    kind = byte & 15
    return kind in KNOWN and not byte & RESERVED and (kind < CLOSE or byte & (FIN | COMPRESSED) == FIN)


def begins_messages(data: bytes, pos: int) -> bool:
    """Whether messages of JSON begin at `pos`: a text frame that can be that, and frames from there up to the very end
    of `data` (or three of them, and a rest)."""
    first = frame_head(data, pos)
    if isinstance(first, bool) or first.kind != TEXT or not first.size:
        return False
    end = pos
    for _ in range(CHAIN):
        head = frame_head(data, end)
        if isinstance(head, bool) or bool(head.mask) is not bool(first.mask):
            return False
        end += head.length + head.size
        if end >= len(data):
            break
    begin = pos + first.length
    return end <= len(data) and _may_be_json(unmask(data[begin : begin + first.size], first.mask), first.compressed)


def _may_be_json(payload: bytes, compressed: bool) -> bool:
    if compressed:
        try:
            payload = zlib.decompressobj(-15).decompress(payload, PEEK)
        except zlib.error as error:
            return "too far back" in str(error)  # it refers to a message that was not seen
    return payload.lstrip()[:1] in (b"{", b"[")


def unmask(data: bytes, mask: bytes) -> bytes:
    """RFC 6455 5.3; an empty mask leaves the data as it is."""
    if not mask:
        return data
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)


class Inflater:
    """Undoes permessage-deflate for one direction.

    After a message that was missed, or could not be decoded, what it added to the window is unknown. zlib knows how
    much of its window is real and refuses to refer beyond it, so a fresh window gives the right bytes or an error.
    """

    def __init__(self, takeover: bool) -> None:
        self.too_long = False
        self._takeover = takeover
        self._object = zlib.decompressobj(-15)

    def decode(self, data: bytes, room: int) -> bytes | None:
        """The message, or None if it cannot be decoded or is longer than `room` (`too_long`)."""
        self.too_long = False
        try:
            out = self._object.decompress(data + FLUSH_END, room)
        except zlib.error:
            self.lose()
            return None
        if self._object.unconsumed_tail:
            self.too_long = True
            self.lose()
            return None
        if not self._takeover or self._object.eof:
            self.lose()
        return out

    def lose(self) -> None:
        self._object = zlib.decompressobj(-15)


class Teller(Protocol):
    """What `Frames` tells of one direction."""

    def message(self, message: Message) -> None: ...

    def closing(self, place: Place) -> None:
        """A close frame."""

    def lost(self) -> None:
        """Messages may have been missed here."""


class Frames:
    """Reads one direction. Behind a gap it goes on with the next frame if the gap lies inside one, else at the next
    segment that begins with frames."""

    def __init__(self, teller: Teller, context: Context, takeover: bool, hunting: bool) -> None:
        self._teller = teller
        self._context = context
        self._tape = Tape()
        self._inflater = Inflater(takeover)
        self._hunting = hunting
        self._head: FrameHead | None = None
        self._left = 0
        self._parts: list[bytes] = []  # of the payload under way
        self._holed = False
        self._unread = False  # the message before could not be decoded
        self._kind = 0
        self._compressed = False
        self._payloads: list[bytes] = []  # of the message under way
        self._size = 0
        self._begun: Place | None = None
        self._raw_size = 0

    def feed(self, event: Chunk | Gap) -> None:
        if isinstance(event, Gap):
            self._gap(event.size)
            return
        self._tape.append(event)
        while len(self._tape) and self._step():
            pass

    def close(self) -> None:
        """The direction has ended."""
        self._context.skipped(self._tape.clear())

    def _step(self) -> bool:
        if self._head:
            return self._payload(self._head)
        if self._hunting:
            return self._hunt()
        tape = self._tape
        head = frame_head(tape.data, tape.pos)
        if head is True:
            return False
        if head is False:
            self._context.counters.desyncs += 1
            text = "what stands where a frame should begin is none"
            self._context.trouble("websocket.desync", text, *tape.at(tape.offset))
            self._lose()
            return True
        self._open(head)
        return True

    def _open(self, head: FrameHead) -> None:
        tape = self._tape
        place = tape.place(tape.offset, tape.offset + head.length)
        tape.pos += head.length
        self._head, self._left, self._parts = head, head.size, []
        if head.kind in (TEXT, BINARY):
            self._kind, self._compressed, self._holed = head.kind, head.compressed, False
            self._payloads, self._size, self._raw_size = [], 0, 0
            self._begun = place
        if head.kind < CLOSE:
            self._raw_size += head.length + head.size
        if not head.size:
            self._frame_done(head)

    def _payload(self, head: FrameHead) -> bool:
        tape = self._tape
        size = min(self._left, len(tape))
        data = tape.data[tape.pos : tape.pos + size]
        tape.pos += size
        self._left -= size
        if self._size + size > self._context.limits.event:
            self._holed = True
        if not self._holed:
            self._parts.append(data)
            self._size += size
        if not self._left:
            self._frame_done(head)
        return bool(size)

    def _frame_done(self, head: FrameHead) -> None:
        self._head = None
        payload, self._parts = b"".join(self._parts), []
        end = self._tape.offset
        place = self._tape.place(max(end - 1, 0), end)
        if head.kind == CLOSE:
            self._teller.closing(place)
        if head.kind >= CLOSE:
            return
        if not self._holed:
            self._payloads.append(unmask(payload, head.mask))
        if head.fin and self._begun:
            self._message_done(self._begun, place)

    def _message_done(self, first: Place, last: Place) -> None:
        data: bytes | None = b"".join(self._payloads)
        self._payloads = []
        if self._holed:
            data = None
            if self._compressed:
                self._inflater.lose()
        elif data is not None and self._compressed:
            limits = self._context.limits
            data = self._inflater.decode(data, min(limits.event, limits.decoded(len(data))))
        place = Place(first.start, last.end, first.first_packet, last.last_packet, first.t_first_us, last.t_last_us)
        self._begun = None
        if data is None:
            self._context.counters.desyncs += 1
            if not self._unread:
                self._context.trouble("websocket.desync", self._why(), place.last_packet, place.t_last_us)
        self._unread = data is None
        self._teller.message(Message(self._kind, data, place, self._raw_size))

    def _why(self) -> str:
        if self._inflater.too_long:
            return f"a message of {self._raw_size} bytes decodes to more than is kept of one"
        return "messages from here on cannot be decoded: what they refer to is not in the capture"

    def _gap(self, size: int) -> None:
        if self._head and size <= self._left:
            self._left -= size
            self._holed = self._holed or self._head.kind < CLOSE
            if not self._left:
                self._frame_done(self._head)
            return
        self._context.skipped(self._tape.clear())
        self._lose()

    def _lose(self) -> None:
        self._head, self._begun = None, None
        self._payloads, self._parts, self._left = [], [], 0
        self._hunting = True
        self._inflater.lose()
        self._teller.lost()

    def _hunt(self) -> bool:
        tape = self._tape
        for start in tape.marks.starts.tolist():
            at = max(start - tape.base, tape.pos)
            if at < len(tape.data) and begins_messages(tape.data, at):
                self._context.skipped(at - tape.pos)
                tape.pos = at
                self._hunting = False
                return True
        self._context.skipped(tape.clear())
        return False


def takeover(headers: Headers, server: bool) -> bool:
    """Whether a side keeps its window from message to message, by the extensions that the response agreed to."""
    word = "server_no_context_takeover" if server else "client_no_context_takeover"
    agreed = [value.lower() for name, value in headers if name.lower() == "sec-websocket-extensions"]
    return not any(word in value for value in agreed)
