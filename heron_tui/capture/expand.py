"""Decompression in bounded pieces, as far as the bytes are sound: gzip of several members, zstd of several frames."""

import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard

PIECE = 1 << 20
"""Uncompressed bytes that are made at once, about."""

ZSTD_STEP = 1024
"""Compressed bytes given to zstd at once. A block of 4 bytes can stand for 128 KiB, so this makes 32 MiB at most."""

ZSTD_WINDOW = 1 << 27
"""Memory that a frame may ask for (the default of the zstd tool): 128 MiB."""


class Expander(Protocol):
    """Attributes:
    name: of the compression.
    open: in the midst of a member or frame, so that an end here cuts it.
    damage: why nothing more can be expanded, if so.
    """

    name: str

    @property
    def open(self) -> bool: ...

    @property
    def damage(self) -> str | None: ...

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What `data` adds, in pieces; take them all before the next call. Sets `damage` instead of raising."""
        ...


def expander(head: bytes) -> Expander | None:
    """The decompressor for input that begins with `head` (4 bytes), None if it is not compressed."""
    if head[:3] == b"\x1f\x8b\x08":
        return Gzip()
    if head[:4] == b"\x28\xb5\x2f\xfd" or (len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18"):
        return Zstd()
    return None


class Gzip:
    """RFC 1952. Zero bytes between and after members are padding (as tape drives leave it)."""

    name = "gzip"

    def __init__(self) -> None:
        self._member: zlib._Decompress | None = None
        self.open = False
        self.damage: str | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member is None:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._member = zlib.decompressobj(wbits=31)
                self.open = True
            before = self._member.copy()
            try:
                piece = self._member.decompress(data, PIECE)
            except zlib.error as error:
                yield from _salvage(before, data)
                self.damage = f"the gzip data is damaged ({str(error).split(': ')[-1]})"
                return
            if self._member.eof:
                data = self._member.unused_data
                self._member = None
                self.open = False
            else:
                data = self._member.unconsumed_tail
            if piece:
                yield piece


def _salvage(member: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """What comes out of `data` before the byte that is wrong; zlib gives nothing at all of a call that fails."""
    for index in range(len(data)):
        try:
            piece = member.decompress(data[index : index + 1])
        except zlib.error:
            return
        if piece:
            yield piece


class Zstd:
    """RFC 8878, skippable frames included."""

    name = "zstd"

    def __init__(self) -> None:
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self.open = False
        self.damage: str | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        pieces: list[bytes] = []
        made = 0
        for start in range(0, len(data), ZSTD_STEP):
            step = data[start : start + ZSTD_STEP]
            while step and not self.damage:
                if self._frame is None:
                    self._frame = self._decompressor.decompressobj(write_size=32768)
                    self.open = True
                try:
                    pieces.append(self._frame.decompress(step))
                except zstandard.ZstdError as error:
                    self.damage = f"the zstd data is damaged ({str(error).split(': ')[-1]})"
                    break
                made += len(pieces[-1])
                step = self._frame.unused_data if self._frame.eof else b""
                if self._frame.eof:
                    self._frame = None
                    self.open = False
            if made >= PIECE or self.damage:
                yield b"".join(pieces)
                pieces, made = [], 0
            if self.damage:
                return
        if made:
            yield b"".join(pieces)
