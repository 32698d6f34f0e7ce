"""One side of an exchange on the wire: ranges of its decoded body as captured bytes, and back."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from msgspec import Struct

from ...store.reader import Reader
from ...store.shapes import Record
from .carried import Carried, Range, Spot
from .framing import Frame, Layout, lay_out

Side = Literal["request", "response"]


class Found(Struct, frozen=True):
    """Captured bytes that carried something.

    Attributes:
        spots: packets with ranges of their bytes, in the order of the stream.
        how: why they are more than what was asked for, "" if they are just that.
    """

    spots: Sequence[Spot]
    how: str = ""


class Wire:
    """One side of an exchange.

    Args:
        record: the exchange, as the store has it.
        body: its decoded body, b"" while there is none.

    Raises:
        SourceError: the captured bytes cannot be had.
    """

    def __init__(self, reader: Reader, record: Record, side: Side, body: bytes) -> None:
        self.record, self.side, self.body = record, side, body
        first, last = record["evidence"][side] or (-1, -1)
        self.encoding = record.get(f"{side}_encoding") or ""
        self.carried = Carried(reader.carriers(record["id"], side), first, last)
        self.layout: Layout = lay_out(self.carried.data, side, record["transport"], record.get("http_stream"))

    @cached_property
    def coded(self) -> str:
        """What stands between the captured and the decoded bytes, as words; "" for nothing."""
        if self.encoding and self.encoding != "identity":
            return f"{self.encoding}-compressed"
        if self.layout.compressed:
            return "compressed frame by frame"
        read = self.layout.read(self.carried.data)
        return "" if read[: len(self.body)] == self.body[: len(read)] else "not to be told apart"

    @cached_property
    def text(self) -> bytes:
        """The decoded body; while there is none, what of it was captured, if that can be read."""
        return self.body or (b"" if self.encoding or self.layout.compressed else self.layout.read(self.carried.data))

    def head(self) -> Found:
        return Found(self.carried.spots(self.layout.head))

    def start_line(self) -> Found:
        """The first line of an HTTP/1 head; of other versions the whole head."""
        if len(self.layout.head) == 1 and not self.record["transport"].startswith("http/2"):
            start, end = self.layout.head[0]
            line = self.carried.data.find(b"\n", start, end)
            return Found(self.carried.spots([(start, line if line > 0 else end)]))
        return self.head()

    def whole(self) -> Found:
        body = self.layout.body()
        return Found(self.carried.spots([*self.layout.head, *body]))

    def find(self, ranges: Sequence[Range], packets: Range | None = None) -> Found:
        """The captured bytes of ranges of the decoded body.

        Args:
            packets: the first and last packet that can have carried them, where that is known.
        """
        if not self.coded:
            spots = self.carried.spots([part for start, end in ranges for part in self.layout.place(start, end)])
            if spots:
                return Found(spots)
        part = "the part of the body" if packets else "the whole body"
        return Found(self.carried.spots(self.layout.body(), packets), f"{self.coded}: {part} that carried it")

    def frames_in(self, packet: int) -> list[tuple[Frame, Range, Range]]:
        """Frames with bytes in a packet: each with its header's and its payload's range there."""
        found = []
        for piece in self.carried.in_packet(packet):
            for frame in self.layout.frames:
                if frame.start < piece.end and frame.end > piece.start:
                    shift = piece.at - piece.start
                    ends = [max(piece.start, min(place, piece.end)) + shift for place in (frame.start, frame.payload)]
                    last = min(frame.end, piece.end) + shift
                    found.append((frame, (ends[0], ends[1]), (ends[1], last)))
        return found
