"""Content codings, decoded as the bytes come and never beyond the room that is given (RFC 9110 8.4, RFC 8878, 7932)."""

import zlib
from typing import Protocol

import brotli
import zstandard

STEP = 1 << 18
ZSTD_SLICE = 256  # one compressed byte of zstd may stand for 32 KiB: small slices keep a step below some 10 MiB
ZSTD_WINDOW = 1 << 26


class Coding(Protocol):
    """One content coding of one body. `error` says why nothing more can be decoded."""

    error: str | None

    def feed(self, data: bytes, room: int) -> bytes:
        """Decode `data`; stops soon after `room` bytes of output."""

    @property
    def ended(self) -> bool:
        """The coding's own end was seen, and nothing unfinished stands behind it."""


class Inflate:
    """gzip (with further members), zlib, and the raw deflate that some servers send as `deflate`."""

    def __init__(self, name: str) -> None:
        self.error: str | None = None
        self._gzip = name == "gzip"
        self._object = zlib.decompressobj(31) if self._gzip else None
        self._begin = b""
        self._fresh = True

    def feed(self, data: bytes, room: int) -> bytes:
        if self._object is None:
            data = self._begin = self._begin + data
            if len(data) < 2:
                return b""
            self._object = zlib.decompressobj(15 if _is_zlib(data) else -15)
        out = []
        while room > 0:
            data = self._next_member(data)
            if not data:
                break
            try:
                part = self._object.decompress(data, min(room, STEP))
            except zlib.error as error:
                if not self._retry_raw():
                    self.error = str(error)
                    break
                data = self._begin
                continue
            self._fresh = False
            out.append(part)
            room -= len(part)
            data = self._object.unused_data if self._object.eof else self._object.unconsumed_tail
            if self._object.eof and not self._gzip:
                break
        return b"".join(out)

    def _next_member(self, data: bytes) -> bytes:
        """Behind a member: another one, or padding, which is left out."""
        assert self._object is not None
        if not self._object.eof:
            return data
        data = data.lstrip(b"\0") if self._gzip else b""
        if data:
            self._object = zlib.decompressobj(31)
            self._fresh = True
        return data

    def _retry_raw(self) -> bool:
        """Raw deflate may look like a zlib header in its first two bytes."""
        if self._gzip or not self._fresh or self._object is None:
            return False
        self._object = zlib.decompressobj(-15)
        self._fresh = False
        return True

    @property
    def ended(self) -> bool:
        return self._object is not None and self._object.eof


def _is_zlib(data: bytes) -> bool:
    return data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0


class Brotli:
    def __init__(self) -> None:
        self.error: str | None = None
        self._object = brotli.Decompressor()

    def feed(self, data: bytes, room: int) -> bytes:
        out = []
        try:
            while room > 0:
                part: bytes = self._object.process(data, output_buffer_limit=min(room, STEP))
                out.append(part)
                room -= len(part)
                data = b""
                if not part or self._object.is_finished():
                    break
        except brotli.error as error:
            self.error = str(error) or "not brotli"
        return b"".join(out)

    @property
    def ended(self) -> bool:
        return bool(self._object.is_finished())


class Zstd:
    """zstd with any number of frames."""

    def __init__(self) -> None:
        self.error: str | None = None
        self._object = self._new()
        self._inside = False

    @staticmethod
    def _new() -> "zstandard.ZstdDecompressionObj":
        return zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()

    def feed(self, data: bytes, room: int) -> bytes:
        out = []
        at = 0
        try:
            while at < len(data) and room > 0:
                part = self._object.decompress(data[at : at + ZSTD_SLICE])
                out.append(part)
                room -= len(part)
                at = min(at + ZSTD_SLICE, len(data))
                self._inside = not self._object.eof
                if self._object.eof:
                    at -= len(self._object.unused_data)
                    self._object = self._new()
        except zstandard.ZstdError as error:
            self.error = str(error)
        return b"".join(out)

    @property
    def ended(self) -> bool:
        return not self._inside


class Decoding:
    """The codings of one body, the last one applied undone first.

    `error` says why nothing more can be decoded.
    """

    def __init__(self, names: list[str]) -> None:
        self.error: str | None = None
        self._codings: list[tuple[str, Coding]] = []
        for name in reversed(names):
            coding = _open(name)
            if coding is None:
                self.error = f"unknown content coding {name}"
                break
            self._codings.append((name, coding))

    def feed(self, data: bytes, room: int) -> bytes:
        """The decoded form of the next bytes, about `room` bytes at most."""
        if self.error:
            return b""
        for name, coding in self._codings:
            data = coding.feed(data, room)
            if coding.error:
                self.error = f"{name}: {coding.error}"
        return data

    def close(self) -> None:
        """The body is whole: a coding that has not ended is an error."""
        for name, coding in self._codings:
            if not self.error and not coding.ended:
                self.error = f"{name}: ends before its end"


def _open(name: str) -> Coding | None:
    match name.removeprefix("x-"):
        case "gzip" | "deflate" as name:
            return Inflate(name)
        case "br":
            return Brotli()
        case "zstd":
            return Zstd()
        case _:
            return None
