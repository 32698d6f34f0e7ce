"""Prompt caches: a provider keeps what it has read of a prompt, as long as the next one begins with the same."""

from collections.abc import Callable, Iterator

from ..model.call import Piece
from ..model.finding import Finding
from ..model.prefix import first_difference
from .seen import SILENT, Prompt, Seen
from .words import count, seconds

SMALLEST = 1024
"""Tokens below which providers do not cache (Anthropic: 1,024 to 4,096 by model; OpenAI: 1,024)."""

KEPT_US = 5 * 60 * 1_000_000
"""How long a prompt is kept at least (Anthropic: five minutes from its last use; OpenAI: five to ten minutes)."""

Label = Callable[[bytes], str]


def broken(call: Seen, before: Seen, label: Label) -> Iterator[Finding]:
    """`cache.broken`: fewer tokens came from the cache than in the call before, although the session went on.

    It names the first tool, system block or message that differs; where none does, it says what else it may be.

    Args:
        before: the call before in the same conversation and of the same model.
        label: words for a message, by its key.
    """
    cached, now = before.tokens.cache_read, call.tokens.cache_read
    if cached is None or now is None or call.tokens.input is None or cached < SMALLEST or now >= cached:
        return
    fall = f"cached tokens fell from {cached:,} to {now:,} of {call.tokens.input:,}"
    place = difference(before.prompt, call.prompt, label)
    if place:
        yield Finding("cache.broken", "warning", call.t_us, "call", call.id, f"{fall}: {place}", call.packet)
        return
    pause_us = call.t_us - before.t_last_us
    if pause_us > KEPT_US:
        why = f"the prompt goes on as before, but {seconds(pause_us)} passed: the cache had expired"
    elif call.prompt.chained:
        why = "the provider holds the history, so the prompt cannot be compared"
    else:
        why = "the prompt begins as before: the provider did not find it in its cache"
    yield Finding("cache.broken", "note", call.t_us, "call", call.id, f"{fall}: {why}", call.packet)


def difference(before: Prompt, now: Prompt, label: Label) -> str:
    """Where `now` stops beginning with `before`, in words; "" where it begins with all of it."""
    for kind, word in (("tool", "tool"), ("system", "system block")):
        one = [piece for piece in before.pieces if piece.kind == kind]
        other = [piece for piece in now.pieces if piece.kind == kind]
        if found := _piece(word, one, other):
            return found
    if now.chained:
        return ""
    return _message(before.keys, now.keys, label)


def _piece(word: str, before: list[Piece], now: list[Piece]) -> str:
    for number, (one, other) in enumerate(zip(before, now, strict=False), 1):
        if one.key != other.key:
            if one.name != other.name:
                return f"{word} {number} was {one.name or '?'} and is now {other.name or '?'}"
            name = f" {one.name}" if word == "tool" else f" {number}"
            return f"{word}{name} was rewritten ({one.size:,} → {other.size:,} bytes)"
    if len(before) != len(now):
        more, fewer = (now, before) if len(now) > len(before) else (before, now)
        extra = more[len(fewer) :]
        names = ", ".join([piece.name for piece in extra[:3]]) if word == "tool" else ""
        verb = "added" if more is now else "removed"
        return f"{count(len(extra), word)} {verb}{': ' + names if names else ''}"
    return ""


def _message(before: tuple[bytes, ...], now: tuple[bytes, ...], label: Label) -> str:
    found = first_difference(before, now, SILENT)
    if found is None:
        return ""
    was, at = found
    if at == len(now):
        return f"the history ends at message {at}; the one before went on with {label(before[was])}"
    return f"the prompt differs from message {at + 1} on: {label(now[at])}, before it was {label(before[was])}"
