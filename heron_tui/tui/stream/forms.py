"""The forms in which a stream is shown, and the sections of each."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from ...store.reader import Reader
from ...store.shapes import Record
from ..long.passages import Section
from .captured import Run
from .decoded import Said
from .scope import Scope
from .told import Told

Form = Literal["text", "JSON", "events", "raw", "hex"]
FORMS: tuple[Form, ...] = ("text", "JSON", "events", "raw", "hex")
SHOWN: tuple[tuple[str, frozenset[int]], ...] = (
    ("both sides", frozenset({0, 1})),
    ("client", frozenset({0})),
    ("server", frozenset({1})),
)
MOST_RUN = 32
MOST_BYTES = 64 << 10
"""Packets, and bytes, that are read at once."""
DELIVERED = (0, 6)
"""Kinds of packets whose payload counted: data, and data out of order."""
HEAD = 300


def sections(
    reader: Reader, scope: Scope, form: Form, sides: frozenset[int], *, unmasked: bool = False
) -> tuple[Sequence[Section], str]:
    """The sections of a form, and what is left out of it, in words."""
    if form in ("raw", "hex"):
        return _runs(reader, scope, form, sides, unmasked)
    made = [section for record in scope.shown for section in _two(record, form) if section.side in sides]
    return sorted(made, key=lambda section: section.t_us), ""


def _two(record: Record, form: Form) -> Iterator[Said | Told]:
    """What client and server said in an exchange."""
    state = (record["state"], record.get("events"), record.get("response_bytes"))
    asked, answered = record.get("request_bytes") or 0, record.get("response_bytes") or 0
    kind = Told if form == "events" else Said
    yield kind(record["id"], 0, HEAD + asked, record["t_request_us"], form, state)
    if record.get("t_response_us"):
        yield kind(record["id"], 1, HEAD + answered, record["t_response_us"], form, state)


def _runs(
    reader: Reader, scope: Scope, form: Form, sides: frozenset[int], unmasked: bool
) -> tuple[Sequence[Section], str]:
    """Packets with payload, in order of capture, together as long as one side goes on."""
    columns = reader.payload_packets(scope.flow["id"])
    keep = np.isin(columns["kind"], DELIVERED)
    if scope.alone and scope.exchange:
        mine = np.isin(columns["number"], reader.exchange_packets(scope.exchange))
        again = int((mine & ~keep).sum())
        keep &= mine
    else:
        again = int((~keep).sum())
    keep &= np.isin(columns["side"], list(sides))
    number, side, payload, times = (columns[name][keep] for name in ("number", "side", "payload", "time_us"))
    cuts = np.flatnonzero(np.diff(side)) + 1
    made: list[Section] = []
    offsets = [0, 0]
    for start, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), len(number)], strict=True):
        at = start
        while at < stop:
            size = end = 0
            while at + end < stop and end < MOST_RUN and size < MOST_BYTES:
                size += int(payload[at + end])
                end += 1
            which, numbers = int(side[at]), number[at : at + end].astype(np.int64)
            made.append(Run(numbers.tobytes(), which, size, int(times[at]), offsets[which], form == "hex", unmasked))
            offsets[which] += size
            at += end
    return made, "in order of capture" + (f", without {again} packets sent again" if again else "")
