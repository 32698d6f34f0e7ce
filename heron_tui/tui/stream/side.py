"""One side of an exchange as a section of a stream: read when it is looked at."""

from dataclasses import dataclass
from typing import Any

from ...store.reader import Reader
from ...store.shapes import Record
from ..long.passages import Lines, Paragraph, Passage


@dataclass(frozen=True, slots=True)
class OneSide:
    """What the client (`side` 0) or the server (1) said in an exchange. `state` changes when there is more of it."""

    exchange: str
    side: int
    size: int
    t_us: int
    form: str
    state: Any

    def load(self, reader: Reader) -> Passage:
        record = reader.get("exchange", self.exchange)
        if record is None:
            return Lines([Paragraph("the exchange is no longer in the store", "warn")])
        return self.read(reader, record)

    def read(self, reader: Reader, record: Record) -> Passage:
        """Its text in this form."""
        raise NotImplementedError
