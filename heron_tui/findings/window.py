"""How much of a model's window a prompt fills, and with what."""

from collections.abc import Iterator

from ..model.finding import Finding, Severity
from .seen import Seen

LEVELS: tuple[tuple[float, Severity], ...] = ((0.95, "error"), (0.9, "warning"), (0.8, "note"))
"""Shares of the window from which on a finding is told, the greatest first."""


def level(call: Seen, window: int | None) -> int:
    """How many of the levels a call has reached. A prompt greater than the window shows that the table is wrong."""
    used = call.tokens.input
    if used is None or not window or used > window:
        return 0
    return sum(used >= share * window for share, _ in LEVELS)


def near_limit(call: Seen, window: int | None, before: int) -> Iterator[Finding]:
    """`context.near_limit`: the first call of a conversation that reaches a level.

    Args:
        window: tokens that fit. before: the level of the call before.
    """
    reached = level(call, window)
    used = call.tokens.input
    if reached <= before or used is None or not window:
        return
    severity = LEVELS[len(LEVELS) - reached][1]
    text = f"{used:,} of {window:,} tokens ({used / window:.0%}) of the window are used: {filling(call.prompt.sizes)}"
    yield Finding("context.near_limit", severity, call.t_us, "call", call.id, text, call.packet)


def filling(sizes: dict[str, int]) -> str:
    """What fills a prompt, by share of its bytes, the greatest first."""
    whole = sum(sizes.values())
    if not whole:
        return "with what, the request does not show"
    shares = sorted(sizes.items(), key=lambda item: -item[1])
    return ", ".join([f"{kind} {size / whole:.0%}" for kind, size in shares if size / whole >= 0.01])
