"""The JSON body of a request: split at its top level, and parsed only where something is asked."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from ..model.call import Message
from . import digest, lenient
from .memo import Memo

_memo = Memo()
"""Digests of messages, tools and system prompts seen before: results of pure functions, nothing else."""

_separator = re.compile(rb"[\s,]*")
_small = 200
_many = 64
_attempts = 16
_most_messages = 20_000


class Body:
    """Members of the top-level object by name, each as its bytes.

    Attributes:
        data: the whole body that byte ranges refer to.
        members: what stands at the top level; {} where the body is no JSON object.
    """

    __slots__ = ("data", "members")

    def __init__(self, data: bytes, members: dict[str, msgspec.Raw] | None = None) -> None:
        self.data = data
        self.members = members if members is not None else lenient.fields(data) or {}

    def __contains__(self, name: str) -> bool:
        return name in self.members

    def get(self, name: str) -> Any:
        """The parsed value of a member, None where there is none."""
        raw = self.members.get(name)
        return None if raw is None else lenient.loads(raw)

    def text(self, name: str) -> str | None:
        return lenient.some(self.get(name))

    def holds(self, name: str, needle: bytes) -> bool:
        """Whether the bytes of a member hold `needle`."""
        raw = self.members.get(name)
        return raw is not None and needle in bytes(raw)

    def inner(self, name: str) -> "Body":
        """A member that is an object itself, as a body of its own (byte ranges refer to the same data)."""
        raw = self.members.get(name)
        return Body(self.data, lenient.fields(raw) or {} if raw is not None else {})

    def remembered(self, kind: str, name: str, make: Callable[[Any], Any], missing: Any) -> Any:
        """``make(value)`` of a member, read again only when its bytes are new."""
        raw = self.members.get(name)
        if raw is None:
            return missing
        return _memo.get(kind, raw, lambda data, _: make(lenient.loads(data)))

    def messages(
        self, kind: str, name: str, make: Callable[[Any, bytes, int], Message | None]
    ) -> tuple[tuple[Message, ...], tuple[tuple[int, int], ...]]:
        """The messages in the array `name`, and the byte range of each in the body.

        Args:
            kind: the wire API, for the memory of what was read before.
            make: digests one parsed message; None where it is not one.
        """

        def read(raw: bytes, raw_hash: int) -> Message:
            value = lenient.loads(raw)
            try:
                return make(value, raw, raw_hash) or digest.broken(raw, raw_hash)
            except RecursionError:
                return digest.broken(raw, raw_hash)

        array = self.members.get(name)
        if array is None:
            return (), ()
        raws = lenient.elements(array)
        if not raws and bytes(memoryview(array)[:1]) == b'"':
            raws = [array]  # Responses: the input may be one string
        raws = raws[:_most_messages]
        return tuple([_memo.get(kind, raw, read) for raw in raws]), tuple(places(self.data, raws))

    def params(self, skip: Iterable[str]) -> dict[str, Any]:
        """Small settings: scalars, lists of scalars, and those inside small objects as ``outer.inner``."""
        found: dict[str, Any] = {}
        for name, raw in self.members.items():
            if name in skip or memoryview(raw).nbytes > _small or len(found) >= _many:
                continue
            value = lenient.loads(raw)
            if isinstance(value, dict):
                found |= {f"{name}.{inner}": member for inner, member in value.items() if _is_setting(member)}
            elif _is_setting(value):
                found[name] = value
        return found

    def strings(self, *names: str) -> dict[str, str]:
        """The strings among the members `names`, and among the members of those that are objects (``outer.inner``)."""
        found: dict[str, str] = {}
        for name in names:
            value = self.get(name)
            if isinstance(value, dict):
                found |= {f"{name}.{inner}": text for inner, text in value.items() if isinstance(text, str)}
            elif isinstance(value, str):
                found[name] = value
        return found


def _is_setting(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | int | float) for one in value)
    return value is not None and isinstance(value, str | int | float)


def places(data: bytes, raws: list[msgspec.Raw]) -> list[tuple[int, int]]:
    """Where the elements of an array stand in `data`; [] where that cannot be told.

    msgspec says what the elements are, not where. The first place where all of them stand one behind the other, with
    commas and white space between, holds the same bytes even if it is not theirs.
    """
    if not raws:
        return []
    first = bytes(memoryview(raws[0])[:128])
    start = -1
    for _ in range(_attempts):
        start = data.find(first, start + 1)
        if start < 0:
            break
        if found := _places_from(data, start, raws):
            return found
    return []


def _places_from(data: bytes, start: int, raws: list[msgspec.Raw]) -> list[tuple[int, int]]:
    places = []
    end = start
    for raw in raws:
        start = _separator.match(data, end).end()  # type: ignore[union-attr]
        end = start + memoryview(raw).nbytes
        if not data.startswith(raw, start):
            return []
        places.append((start, end))
    return places
