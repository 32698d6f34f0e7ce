"""Stretches of time: how long at least one of several was open."""

from collections.abc import Iterable

Span = tuple[int, int]
"""From, to: microseconds."""


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that neither touch nor overlap, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif end > start:
            found.append((start, end))
    return found


def length(spans: Iterable[Span]) -> int:
    """Time in which at least one of `spans` is open."""
    return sum(end - start for start, end in union(spans))
