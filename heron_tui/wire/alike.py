"""Events of a stream that differ in one text only, read many at a time.

Most events of an answer are the same bytes but for the next few words. Once one of them was understood, the texts of
those like it are cut out and decoded together; an event that is not like it goes the long way.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from operator import and_, itemgetter
from typing import Generic, TypeVar

import msgspec

from .lenient import BAD

P = TypeVar("P")

LEAST = 8
"""Events from which on it pays."""
STRIDE = 4
"""Events from one that is compared with the next to the following such one."""
MOST_FORMS = 4
PATIENCE = 3
"""Batches in which no event was like the next before events are no longer compared."""
PROBE = b"heron"
STRING_END = re.compile(rb'(?:[^"\\]|\\.)*"')

_strings = msgspec.json.Decoder(list[str]).decode


@dataclass(frozen=True, slots=True)
class Stretch(Generic[P]):
    """Events [start, stop): their `texts` go to `place`; None where they have to be read one by one."""

    start: int
    stop: int
    place: P | None = None
    texts: tuple[str, ...] | list[str] = ()

    def hits(self) -> Sequence[int]:
        """Places of the events whose text is not empty."""
        places = range(self.start, self.stop)
        return list(compress(places, self.texts)) if "" in self.texts else places


@dataclass(frozen=True, slots=True)
class _Form(Generic[P]):
    """Events that begin with `before` and end with `behind`; their texts, which stand between, go to `place`."""

    before: bytes
    behind: bytes
    place: P

    def fits(self, event: bytes) -> bool:
        return event.startswith(self.before) and event.endswith(self.behind)

    def stretch(self, data: list[bytes], start: int) -> Stretch[P]:
        """The events of this form from `start` on; `place` is None where a text is not the inside of a JSON string."""
        stop = self._guess(data, start)
        found = self._between(data[start:stop])
        if found is None:
            stop = self._end(data, start)
            found = self._between(data[start:stop])
        texts = None if found is None or len(found) < LEAST else _texts(found)
        return Stretch(start, stop) if texts is None else Stretch(start, stop, self.place, texts)

    def _guess(self, data: list[bytes], start: int) -> int:
        """Where the events of this form that begin at `start` end, if no other stands among them."""
        if self.fits(data[-1]):
            return len(data)
        last, other = start, len(data) - 1
        while other - last > 1:
            middle = (last + other) // 2
            last, other = (middle, other) if self.fits(data[middle]) else (last, middle)
        return other

    def _end(self, data: list[bytes], start: int) -> int:
        """Where the events of this form that begin at `start` end."""
        begin = map(bytes.startswith, data[start:], repeat(self.before))
        fit = bytes(map(and_, begin, map(bytes.endswith, data[start:], repeat(self.behind))))
        other = fit.find(0)
        return len(data) if other < 0 else start + other

    def _between(self, events: list[bytes]) -> list[bytes] | None:
        """What stands between in each event; None where one of them is none of this form.

        Put together again they have to give the same bytes, which is told faster than by looking at each of them.
        """
        found = list(map(itemgetter(slice(len(self.before), -len(self.behind))), events))
        again = self.before + (self.behind + self.before).join(found) + self.behind
        return found if again == b"".join(events) else None


def _texts(found: list[bytes]) -> list[str] | None:
    """The texts that stand there as JSON; None where one has a quote, or escapes the one behind it."""
    bare = b"\n".join(found)
    if b"\\" in bare:
        bare = bare.replace(b"\\\\", b"").replace(b'\\"', b"") + b"\n"
    if b'"' in bare or b"\\\n" in bare:
        return None
    try:
        texts: list[str] = _strings(b'["' + b'","'.join(found) + b'"]')
    except BAD:
        return None
    return texts


class Alike(Generic[P]):
    """Finds such events.

    Args:
        markers: how a text may begin: its key, a colon and a quote.
        read: what an event says, read by itself: the place that its text goes to, and the text. None where it says
            anything else, too: what is said of one event has to hold of all that differ in the text only.
    """

    def __init__(self, markers: tuple[bytes, ...], read: Callable[[bytes], tuple[P, str] | None]) -> None:
        self._markers = markers
        self._read = read
        self._forms: list[_Form[P]] = []
        self._misses = 0

    def stretches(self, data: list[bytes], start: int = 0) -> list[Stretch[P]]:
        """``data[start:]`` in stretches, in order."""
        if len(data) - start < LEAST or self._misses >= PATIENCE:
            return [Stretch(start, len(data))]
        found: list[Stretch[P]] = []
        at = told = start
        while at <= len(data) - LEAST:
            form = self._form(data[at], data[at + 1])
            if form is None:
                at += STRIDE
                continue
            stretch = form.stretch(data, at)
            if stretch.place is not None:
                if told < at:
                    found.append(Stretch(told, at))
                found.append(stretch)
                told = stretch.stop
            at = max(stretch.stop, at + 1)
        self._misses = 0 if found else self._misses + 1
        if told < len(data):
            found.append(Stretch(told, len(data)))
        return found

    def _form(self, event: bytes, following: bytes) -> _Form[P] | None:
        """The form of an event, known or learned from it if the one that follows has it, too."""
        for form in self._forms:
            if form.fits(event):
                return form
        for marker in self._markers:
            begin = event.find(marker) + len(marker)
            if begin < len(marker) or not following.startswith(event[:begin]):
                continue
            end = STRING_END.match(event, begin)
            if end and following.endswith(event[end.end() - 1 :]):
                return self._learn(event[:begin], event[end.end() - 1 :])
        return None

    def _learn(self, before: bytes, behind: bytes) -> _Form[P] | None:
        """A form, if what stands between is all that a probe brings."""
        said = self._read(before + PROBE + behind)
        if said is None or said[1] != PROBE.decode():
            return None
        form = _Form(before, behind, said[0])
        self._forms = [form, *self._forms[: MOST_FORMS - 1]]
        return form
