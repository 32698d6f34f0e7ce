"""Which bytes of a stream are the head and the body of a message: HTTP/1 (RFC 9112), HTTP/2 (RFC 9113), WebSocket
(RFC 6455). What cannot be followed ends the layout early; nothing is guessed."""

import re
from collections.abc import Iterator

from msgspec import Struct, field

Range = tuple[int, int]
START = {
    "request": re.compile(rb"[A-Z]{3,10} \S+ HTTP/1\.[01]\r?\n"),
    "response": re.compile(rb"HTTP/1\.[01] (?:101|[2-5]\d\d)[^\r\n]*\r?\n"),
}
HEAD_END = re.compile(rb"\r?\n\r?\n")
CHUNKED = re.compile(rb"\ntransfer-encoding:[^\r\n]*\bchunked\b", re.I)
LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d+)", re.I)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, CONTINUATION = 0, 1, 9
PADDED, END_STREAM, PRIORITY = 8, 1, 0x20
LARGEST_FRAME = 1 << 24
H2_FRAMES = (
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
)
WS_FRAMES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


class Frame(Struct, frozen=True):
    """A unit of the framing: a chunk, an HTTP/2 frame, a WebSocket frame. Its payload begins at `payload`.

    Attributes:
        start, payload, end: places in the stream; `end` may lie beyond what was captured.
        body: its payload is part of the message's body. mask: what it is masked with.
    """

    name: str
    start: int
    payload: int
    end: int
    body: bool = True
    mask: bytes = b""


class Layout(Struct):
    """Head and body of a message in its stream."""

    head: list[Range] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    compressed: bool = False

    def body(self) -> list[Range]:
        """Ranges of the stream that make up the body, before content decoding."""
        return [(frame.payload, frame.end) for frame in self.frames if frame.body and frame.end > frame.payload]

    def place(self, start: int, end: int) -> list[Range]:
        """The ranges of the stream that bytes [start, end) of the body are."""
        found, at = [], 0
        for first, last in self.body():
            size = last - first
            if at < end and at + size > start:
                found.append((first + max(start - at, 0), first + min(end - at, size)))
            at += size
        return found

    def read(self, data: bytes | bytearray) -> bytes:
        """The body, unmasked."""
        parts = []
        for frame in self.frames:
            if frame.body:
                part = bytes(data[frame.payload : frame.end])
                parts.append(_unmasked(part, frame.mask) if frame.mask else part)
        return b"".join(parts)


def _unmasked(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(size)


def lay_out(data: bytes | bytearray, side: str, transport: str, stream: int | None) -> Layout:
    """Head and body of one side of an exchange in `data`, which begins in the packet of its first byte."""
    if transport == "http/2":
        return _http2(data, stream or 0)
    if transport == "websocket":
        return _websocket(data, masked=side == "request")
    return _http1(data, side)


def _http1(data: bytes | bytearray, side: str) -> Layout:
    start = START[side].search(data)
    ended = HEAD_END.search(data, start.end() - 2) if start else None
    if start is None or ended is None:
        return Layout()
    layout = Layout([(start.start(), ended.end())])
    head = bytes(data[start.start() : ended.end()])
    if CHUNKED.search(head):
        layout.frames = list(_chunks(data, ended.end()))
    else:
        length = LENGTH.search(head)
        end = ended.end() + int(length[1]) if length else len(data)
        layout.frames = [Frame("body", ended.end(), ended.end(), min(end, len(data)))]
    return layout


def _chunks(data: bytes | bytearray, at: int) -> Iterator[Frame]:
    while at < len(data):
        line = data.find(b"\n", at, at + 1024)
        try:
            size = int(data[at:line].split(b";")[0].strip(), 16) if line >= 0 else 0
        except ValueError:
            return
        if size <= 0:
            if line >= 0:
                yield Frame("HTTP last chunk", at, line + 1, line + 1, body=False)
            return
        yield Frame("HTTP chunk", at, line + 1, min(line + 1 + size, len(data)))
        at = line + 1 + size + 2 - (data[line - 1 : line] != b"\r")


def _http2(data: bytes | bytearray, stream: int) -> Layout:
    layout = Layout()
    begins = re.compile(b"\x01[\x00-\x3f]" + re.escape(stream.to_bytes(4)))
    at = next((m.start() - 3 for m in begins.finditer(data) if m.start() >= 3 and _chain(data, m.start() - 3)), None)
    while at is not None and at + 9 <= len(data):
        size, kind, flags = int.from_bytes(data[at : at + 3]), data[at + 3], data[at + 4]
        payload, end = at + 9, at + 9 + size
        mine = int.from_bytes(data[at + 5 : at + 9]) & 0x7FFFFFFF == stream
        if mine and kind in (HEADERS, CONTINUATION):
            layout.head.append((at, min(end, len(data))))
        if mine and kind == DATA:
            pad = data[payload] + 1 if flags & PADDED and payload < len(data) else 0
            name = f"HTTP/2 DATA, stream {stream}"
            layout.frames.append(Frame(name, at, payload + bool(pad), min(end - max(pad - 1, 0), len(data))))
        elif kind < len(H2_FRAMES):
            name = f"HTTP/2 {H2_FRAMES[kind]}"
            layout.frames.append(Frame(name, at, payload, min(end, len(data)), body=False))
        if mine and kind in (DATA, HEADERS) and flags & END_STREAM:
            break
        at = end
    return layout


def _chain(data: bytes | bytearray, at: int, most: int = 8) -> bool:
    """Whether HTTP/2 frames stand one behind the other from `at` on."""
    for _ in range(most):
        if at + 9 > len(data):
            break
        if data[at + 3] > CONTINUATION or data[at + 5] & 0x80:
            return False
        at += 9 + int.from_bytes(data[at : at + 3])
    return True


def _websocket(data: bytes | bytearray, *, masked: bool) -> Layout:
    layout = Layout()
    upgrade = HEAD_END.search(data) if data[:4] in (b"HTTP", b"GET ") else None
    begin = upgrade.end() if upgrade else 0
    at = next((place for place in range(begin, min(begin + 65536, len(data))) if _frames_from(data, place, masked)), -1)
    while 0 <= at < len(data):
        frame = _frame(data, at, masked)
        if frame is None:
            break
        layout.frames.append(frame)
        layout.compressed |= bool(data[at] & 0x40)
        at = frame.end
    return layout


def _frame(data: bytes | bytearray, at: int, masked: bool) -> Frame | None:
    if at + 2 > len(data):
        return None
    first, second = data[at], data[at + 1]
    if first & 0x30 or first & 15 not in WS_FRAMES or bool(second & 0x80) != masked:
        return None
    size, payload = second & 0x7F, at + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size, payload = int.from_bytes(data[payload : payload + width]), payload + width
    mask = bytes(data[payload : payload + 4]) if masked else b""
    payload += len(mask)
    kind = first & 15
    return Frame(f"WebSocket {WS_FRAMES[kind]}", at, payload, payload + size, body=kind < 8, mask=mask)


def _frames_from(data: bytes | bytearray, at: int, masked: bool) -> bool:
    """Whether WebSocket frames stand one behind the other from `at` to the end, or to a first part of one."""
    while at + 14 < len(data):
        frame = _frame(data, at, masked)
        if frame is None:
            return False
        at = frame.end
    return True
