"""Bytes as they were captured: payloads of packets of one side that follow each other, printable or in hexadecimal."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import SourceError
from ...store.reader import Reader
from ..layers import dissect
from ..long.passages import Lines, Paragraph, Passage, Prose
from ..units import size as bytes_size
from ..units import whole
from .origin import InPacket, Origin

PER_LINE = 16
PRINTABLE = bytes(byte if 32 <= byte < 127 else 46 for byte in range(256)).decode("ascii")


@dataclass(frozen=True, slots=True)
class Run:
    """Packets of one side that follow each other. `offset` is the place of their first byte in what is shown of it.

    `packed` are their numbers, as 64-bit integers: of a long connection there are many, and few are looked at. `parts`
    are what of each payload counts, packed as `skip` and `size`; b"" for all of each.
    """

    packed: bytes
    side: int
    size: int
    t_us: int
    offset: int
    hex: bool
    unmasked: bool = False
    parts: bytes = b""

    @property
    def numbers(self) -> Sequence[int]:
        return memoryview(self.packed).cast("q").tolist()

    def load(self, reader: Reader) -> Passage:
        payloads, failed = [], ""
        parts = memoryview(self.parts).cast("q").tolist()
        for place, number in enumerate(self.numbers):
            try:
                payload = _payload(*reader.packet_bytes(number), unmasked=self.unmasked)
                skip, size = parts[2 * place : 2 * place + 2] if parts else (0, len(payload))
                payloads.append(payload[skip : skip + size])
            except SourceError as error:
                failed = str(error)
                break
        if failed and not payloads:
            line = Paragraph(f"{bytes_size(self.size)} of packet {self._span()} cannot be shown: {failed}", "warn")
            return Lines([line], [InPacket(self.numbers[0])])
        return Hex(self, payloads) if self.hex else Raw(self, payloads)

    def skip(self, place: int) -> int:
        """Bytes of a payload that stand before what counts of it."""
        return int(memoryview(self.parts).cast("q")[2 * place]) if self.parts else 0

    def _span(self) -> str:
        first, last = self.numbers[0], self.numbers[-1]
        return whole(first) if first == last else f"{whole(first)} to {whole(last)}"


@dataclass(frozen=True, slots=True)
class Aside:
    """A line between runs: bytes that are missing, or came again."""

    words: str
    number: int
    side: int
    t_us: int
    role: str
    size: int = 80

    def load(self, reader: Reader) -> Passage:  # noqa: ARG002 - there is nothing to read
        return Lines([Paragraph(f"[{self.words}]", self.role)], [InPacket(self.number)])


def _payload(data: bytes, link: int, *, unmasked: bool) -> bytes:
    """The TCP payload of a packet, secrets in it overwritten unless they are asked for."""
    found = dissect(data, link)
    if found.payload is None:
        return b""
    shown = bytearray(data)
    for start, end in () if unmasked else found.secrets:
        shown[start:end] = b"*" * (end - start)
    return bytes(shown[found.payload[0] : found.payload[1]])


@dataclass(slots=True)
class _Payloads:
    """Payloads joined, and which packet carried which byte."""

    run: Run
    numbers: Sequence[int]
    starts: list[int] = field(default_factory=list)
    data: bytes = b""

    def origin(self, start: int, end: int) -> Origin:
        place = max(bisect_right(self.starts, start) - 1, 0)
        stop = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.data)
        shift = self.run.skip(place) - self.starts[place]
        return InPacket(self.numbers[place], start + shift, min(end, stop) + shift)


def _joined(run: Run, payloads: Sequence[bytes]) -> _Payloads:
    made = _Payloads(run, run.numbers, data=b"".join(payloads))
    at = 0
    for payload in payloads:
        made.starts.append(at)
        at += len(payload)
    return made


class Raw(Prose):
    """Payloads as text: lines as they are, what cannot be printed as dots."""

    def __init__(self, run: Run, payloads: Sequence[bytes]) -> None:
        joined = _joined(run, payloads)
        super().__init__(joined.data, joined.origin)

    def paragraph(self, index: int) -> Paragraph:
        start, end = self.span(index)
        text = self.data[start:end].decode("utf-8", "replace").expandtabs(4)
        return Paragraph("".join(letter if letter.isprintable() and letter != "\ufffd" else "." for letter in text))


class Hex:
    """Payloads as offset in the side's stream, hexadecimal and text."""

    def __init__(self, run: Run, payloads: Sequence[bytes]) -> None:
        self._run = run
        self._joined = _joined(run, payloads)
        self.weight = len(self._joined.data)

    @property
    def data(self) -> bytes:
        return self._joined.data

    def index(self, offset: int) -> int:
        """The line that holds the byte at `offset`."""
        return offset // PER_LINE

    def __len__(self) -> int:
        return max(-(-len(self._joined.data) // PER_LINE), 1)

    def paragraph(self, index: int) -> Paragraph:
        start = index * PER_LINE
        row = self._joined.data[start : start + PER_LINE]
        shown = f"{row[:8].hex(' '):23}  {row[8:].hex(' '):23}"
        offset = f"{self._run.offset + start:08x}"
        text = "".join(PRINTABLE[byte] for byte in row)
        return Paragraph(f"{offset}  {shown}  {text}", runs=((0, len(offset), "muted"),))

    def origin(self, index: int) -> Any:
        start = index * PER_LINE
        return self._joined.origin(start, start + PER_LINE)
