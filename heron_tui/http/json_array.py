"""An array of JSON objects that comes piece by piece: what Gemini's API streams where `alt=sse` was not asked for."""

import re

import numpy as np

from .events import Found

_begins = re.compile(rb"\s*\[\s*\{")
_may_begin = re.compile(rb"\s*(?:\[\s*)?\Z")
_token = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.S)
"""A whole string, a bracket, or the quote of a string that is not over."""


class JsonArray:
    """Splits a body that begins like such an array into its objects; of other bodies it tells nothing. See `Splitter`.

    Behind a gap nothing is told: where the next object begins cannot be known.
    """

    kind = "json-array"

    def __init__(self, limit: int) -> None:
        self.overflows = 0
        self._limit = limit
        self._begun = False
        self._over = False
        self._held = b""
        self._base = 0  # offset in the body of the bytes held
        self._next = 0  # place in them up to which brackets are counted
        self._depth = 0
        self._object = 0  # place in them of the object under way

    @property
    def start(self) -> int:
        return self._base + (self._object if self._depth > 1 else len(self._held))

    @property
    def unfinished(self) -> int:
        return len(self._held) - self._object if self._depth > 1 else 0

    def feed(self, data: bytes) -> Found:
        if self._over:
            self._base += len(data)
            return Found()
        self._held = self._held + data if self._held else data
        if not self._begun:
            self._begun = _begins.match(self._held) is not None
            if not self._begun:
                if not _may_begin.match(self._held):
                    self._stop()
                return Found()
        places = self._scan()
        found = Found([""] * len(places), [self._held[start:end] for start, end in places])
        if places:
            borders = np.array(places, np.int64) + self._base
            found.starts, found.ends = borders[:, 0], borders[:, 1]
        self._let_go()
        return found

    def gap(self) -> None:
        """Bytes are missing here."""
        self._stop()

    def close(self, _whole: bool) -> Found:
        return Found()

    def _scan(self) -> list[tuple[int, int]]:
        """Places of the objects that end in what is held."""
        places: list[tuple[int, int]] = []
        for token in _token.finditer(self._held, self._next):
            match token[0]:
                case b"{" | b"[":
                    self._depth += 1
                    if self._depth == 2:
                        self._object = token.start()
                case b"}" | b"]":
                    self._depth -= 1
                    if self._depth == 1 and self._held[self._object : self._object + 1] == b"{":
                        places.append((self._object, token.end()))
                    elif not self._depth:
                        self._over = True
                        break
                case b'"':
                    self._next = token.start()
                    return places
        self._next = len(self._held)
        return places

    def _let_go(self) -> None:
        """Hold no more than the object under way."""
        if self._over:
            self._stop()
            return
        done = self._object if self._depth > 1 else self._next
        self._base += done
        self._held = self._held[done:]
        self._next -= done
        self._object = 0
        if len(self._held) > self._limit:
            self.overflows += 1
            self._stop()

    def _stop(self) -> None:
        self._over = True
        self._base += len(self._held)
        self._held, self._depth = b"", 0
