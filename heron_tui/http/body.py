"""The body of one message: content decoded, kept up to a cap, and split into events while it comes."""

from collections.abc import Sequence

import numpy as np

from ..model.headers import Headers
from ..model.http import EventBatch, Place
from ..model.packet import Ints
from .context import Context
from .encoding import Decoding
from .events import Found, Splitter
from .head import codings
from .run import Run
from .splitting import splitter

Spot = tuple[int, int]  # packet, time


class Body:
    """Takes the bytes of a body as the framing gave them.

    Attributes:
        raw_size: bytes before content decoding.
        lost: bytes that gaps took. holed: something is missing, however much.
        dropped: decoded bytes beyond the cap; for an encoded body, which is not decoded any further then, the encoded
            bytes that followed count too. swollen: it decodes to far more than it is, and was given up.
        error: why it could not be decoded.
        events: how many events were told.
    """

    def __init__(self, context: Context, headers: Headers, exchange: str | None) -> None:
        """`exchange`: the id for event batches; None for a body that is no stream of events."""
        self.raw_size = 0
        self.lost = 0
        self.holed = False
        self.dropped = 0
        self.events = 0
        self._context = context
        self._exchange = exchange or ""
        names = codings(headers)
        self._decoding = Decoding(names) if names else None
        self._parts: list[bytes] = []
        self._kept = 0
        self._size = 0
        self._encoded = 0
        self.swollen = False
        self._splitter = splitter(headers, context.limits.event) if exchange is not None else None
        self._begun: Spot | None = None
        self._last: Spot = (0, 0)

    @property
    def error(self) -> str | None:
        return self._decoding.error if self._decoding else None

    @property
    def unfinished(self) -> int:
        """Bytes of an event that had begun when the body ended."""
        return self._splitter.unfinished if self._splitter else 0

    @property
    def truncated(self) -> bool:
        return bool(self.dropped) or bool(self._splitter and self._splitter.overflows)

    def feed(self, run: Run) -> EventBatch | None:
        """The next bytes; answers the events that they complete."""
        self.raw_size += len(run.data)
        if self._decoding:
            run = self._decode(run, self._decoding)
        if not run.data:
            return None
        base = self._size
        self._keep(run.data)
        return self._split(run, base, self._splitter) if self._splitter else None

    def whole(self, data: bytes) -> None:
        """The body, framed by itself."""
        self.raw_size += len(data)
        self._keep(data)

    def messages(self, kind: str, messages: Sequence[tuple[str, bytes, Place]]) -> EventBatch:
        """Events that came framed by themselves: name, data, and place of each. They stand in the body line by line."""
        names, data, places = map(list, zip(*messages, strict=True))
        borders = self._size + np.cumsum([0, *(len(item) + 1 for item in data)])
        self._keep(b"".join(item + b"\n" for item in data))
        index = self.events
        self.events += len(data)
        return EventBatch(
            exchange=self._exchange,
            kind=kind,
            index=index,
            names=names,
            data=data,
            starts=borders[:-1],
            ends=borders[1:],
            t_us=np.array([place.t_first_us for place in places]),
            t_end_us=np.array([place.t_last_us for place in places]),
            first_packet=np.array([place.first_packet for place in places]),
            last_packet=np.array([place.last_packet for place in places]),
        )

    def gap(self, size: int) -> None:
        """`size` bytes are missing here; 0 if it is not known how many."""
        self.lost += size
        self.holed = True
        if self._decoding and not self._decoding.error:
            self._decoding.error = f"{size} bytes are missing" if size else "bytes are missing"
        if self._splitter:
            self._splitter.gap()
            self._begun = None

    def close(self, whole: bool) -> EventBatch | None:
        """Nothing more will come; `whole`: because the framing says so."""
        if whole and self._decoding and self.raw_size and not self.dropped:
            self._decoding.close()
        if self._splitter:
            return self._batch(self._splitter.close(whole), None, self._size)
        return None

    def take(self) -> bytes:
        """The decoded body, which is then no longer held."""
        body = b"".join(self._parts)
        self._context.budget.give_back(self._kept)
        self._parts, self._kept = [], 0
        return body

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        size = self._context.budget.take(min(len(data), self._context.limits.body - self._kept))
        if size < len(data):
            self.dropped += len(data) - size
            data = data[:size]
        self._kept += size
        self._parts.append(data)

    def _decode(self, run: Run, decoding: Decoding) -> Run:
        """The decoded bytes, each ascribed to the segment with which it could be decoded."""
        limits = self._context.limits
        out, starts, wires = [], [], []
        size = 0
        whole = not self._splitter and len(run.starts) == 1
        for wire, data in [(run.wire.item(0), run.data)] if whole else run.pieces():
            self._encoded += len(data)
            room = limits.body + 1 - self._size - size  # one more shows that it is too much
            swell = limits.decoded(self._encoded) - self._size - size
            if room <= 0 or self.swollen:
                self.dropped += len(data)
                continue
            decoded = decoding.feed(data, min(room, swell))
            if len(decoded) >= swell:
                self.swollen = True
                decoding.error = decoding.error or f"decodes to more than {limits.swell} times its size"
                self.dropped += len(data)
            if decoded:
                out.append(decoded)
                starts.append(size)
                wires.append(wire)
                size += len(decoded)
        return Run(b"".join(out), np.array(starts, np.int64), np.array(wires, np.int64), run.marks, exact=False)

    def _split(self, run: Run, base: int, splitter: Splitter) -> EventBatch | None:
        batch = self._batch(splitter.feed(run.data), run, base)
        if base <= splitter.start < self._size:
            self._begun = run.at(splitter.start - base)
        elif splitter.start >= self._size:
            self._begun = None
        self._last = run.last
        return batch

    def _batch(self, found: Found, run: Run | None, base: int) -> EventBatch | None:
        """`found` with packets and times. Offsets before `base` belong to earlier runs."""
        if not found:
            return None
        first, t_first, last, t_last = self._places(found, run, base)
        index = self.events
        self.events += len(found)
        kind = self._splitter.kind if self._splitter else ""
        return EventBatch(
            exchange=self._exchange,
            kind=kind,
            index=index,
            names=found.names,
            data=found.data,
            starts=found.starts,
            ends=found.ends,
            t_us=t_first,
            t_end_us=t_last,
            first_packet=first,
            last_packet=last,
        )

    def _places(self, found: Found, run: Run | None, base: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Packets and times of all first bytes, then of all last ones.

        Only the first event can have begun before this run; it ended there if its last line end was a CR that had to
        wait for what follows it.
        """
        if run is None:
            first, t_first, last, t_last = np.zeros((4, len(found)), np.int64)
        else:
            first, t_first, last, t_last = run.places(found.starts, found.ends, base)
        if found.starts[0] < base or run is None:
            first[0], t_first[0] = self._begun or self._last
        if found.ends[0] <= base or run is None:
            last[0], t_last[0] = self._last
        return first, t_first, last, t_last
