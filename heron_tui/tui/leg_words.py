"""A leg in words: where it went, which model answered there, and what became of the headers on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from .units import duration

Record = Mapping[str, Any]
SIGNS = {"removed": "-", "added": "+", "changed": "~"}


class Rewriting(Struct, frozen=True):
    """What became of the headers of a request on its way up, or of a response on its way back.

    `lines` are ``- name: value``, ``+ name: value``, ``~ name: before → after``; `counts` is how many of each.
    """

    name: str
    counts: str
    lines: Sequence[str]


def leg(record: Record) -> str:
    """Which model answered it where, and how much longer the client's call took."""
    if record.get("role") == "mirror":
        return f"seen also as {record['client']} → {record['server']}"
    overhead = record.get("overhead_us")
    longer = "" if overhead is None else f" in {duration(overhead)} less"
    return f"{record.get('model') or '?'} at {record['server']}{longer}"


def rewritings(record: Record) -> Sequence[Rewriting]:
    """Of the request first; nothing where the heads are not in the capture or nothing was changed."""
    ways = (("request_headers", "Headers to"), ("response_headers", "Headers from"))
    return [
        _rewriting(f"{name} {record['server']}", record[key])
        for key, name in ways
        if record.get(key) and any(record[key].values())
    ]


def _rewriting(name: str, found: Mapping[str, Mapping[str, Any]]) -> Rewriting:
    counts = ", ".join(f"{len(found[what])} {what}" for what in SIGNS if found[what])
    lines = [
        f"{sign} {header}: {' → '.join(value) if what == 'changed' else value}"
        for what, sign in SIGNS.items()
        for header, value in found[what].items()
    ]
    return Rewriting(name, counts, lines)
