"""Messages of Amazon's event stream (`application/vnd.amazon.eventstream`), as Bedrock streams its answers.

A message is its length and that of its headers (four bytes each), a CRC over these eight, headers, payload, and a CRC
over all before it (AWS SDK documentation, "Event stream encoding"). Numbers are big-endian.
"""

from zlib import crc32

import numpy as np

from .events import Found

PRELUDE, TAIL = 12, 4
LARGEST = 24 << 20
"""Bytes of the largest message (16 MiB of payload, 128 KiB of headers)."""

_STRING, _SIZES = 7, {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Type of a header value that is text; and bytes of the values of fixed size, by type."""


class AwsEvents:
    """Splits messages, however their bytes are cut. See `Splitter`.

    Behind a gap it goes on at the next prelude whose CRC is right. An event's name is its `:event-type`; that of an
    exception its `:exception-type` (or `:error-code`), with an exclamation mark before it.
    """

    kind = "aws-events"

    def __init__(self, limit: int) -> None:
        self.start = 0
        self.overflows = 0
        self._limit = min(limit, LARGEST)
        self._parts: list[bytes] = []
        self._held = 0
        self._wanted = PRELUDE
        self._lost = False

    @property
    def unfinished(self) -> int:
        return self._held

    def feed(self, data: bytes) -> Found:
        """The messages that the next bytes of the body complete."""
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:
            return Found()
        text = b"".join(self._parts)
        names: list[str] = []
        payloads: list[bytes] = []
        starts: list[int] = []
        ends: list[int] = []
        at, self._wanted = 0, PRELUDE
        while len(text) - at >= PRELUDE:
            size, headers = _prelude(text, at)
            if not size or size > self._limit:
                if not self._lost:
                    self.overflows += 1
                self._lost = True
                at += 1
                continue
            self._lost = False
            if len(text) - at < size:
                self._wanted = size
                break
            names.append(_name(text[at + PRELUDE : at + PRELUDE + headers]))
            payloads.append(text[at + PRELUDE + headers : at + size - TAIL])
            starts.append(self.start + at)
            at += size
            ends.append(self.start + at)
        self.start += at
        self._parts, self._held = [text[at:]], len(text) - at
        return Found(names, payloads, np.array(starts, np.int64), np.array(ends, np.int64))

    def gap(self) -> None:
        """Bytes are missing here."""
        self.start += self._held
        self._parts, self._held, self._wanted, self._lost = [], 0, PRELUDE, True

    def close(self, _whole: bool) -> Found:
        """The body is over."""
        return Found()


def _prelude(text: bytes, at: int) -> tuple[int, int]:
    """Sizes of the message at `at` and of its headers; (0, 0) where none begins."""
    size, headers, check = (int.from_bytes(text[at + step : at + step + 4]) for step in (0, 4, 8))
    if headers + PRELUDE + TAIL > size or crc32(text[at : at + 8]) != check:
        return 0, 0
    return size, headers


def _name(data: bytes) -> str:
    """The name of an event from its headers."""
    headers = _strings(data)
    if headers.get(":message-type", "event") == "event":
        return headers.get(":event-type", "")
    return "!" + (headers.get(":exception-type") or headers.get(":error-code") or "error")


def _strings(data: bytes) -> dict[str, str]:
    """Headers whose values are texts, as far as they can be read."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        name = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
        kind = data[at] if at < len(data) else -1
        at += 1
        if kind in (6, _STRING):
            size = int.from_bytes(data[at : at + 2])
            at += 2
            if kind == _STRING:
                found[name.decode("utf-8", "replace")] = data[at : at + size].decode("utf-8", "replace")
        elif kind in _SIZES:
            size = _SIZES[kind]
        else:
            break
        at += size
    return found
