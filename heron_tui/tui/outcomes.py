"""Glyphs and colours of how a call, a turn, a tool or a finding stands."""

from ..store.troubles import Trouble

OUTCOMES: dict[str, tuple[str, str]] = {
    "ok": ("●", "ok"),
    "in_progress": ("◌", "accent"),
    "error": ("✗", "error"),
    "truncated": ("◐", "error"),
    "aborted": ("⊘", "warn"),
    "no_response": ("○", "error"),
    "unknown": ("?", "muted"),
}
TURNS: dict[str, tuple[str, str]] = {
    "complete": ("✓", "ok"),
    "in_progress": ("◌", "accent"),
    "incomplete": ("◐", "warn"),
}
SEVERITIES: dict[str, tuple[str, str]] = {
    "chat": ("·", "muted"),
    "note": ("i", "accent"),
    "warning": ("!", "warn"),
    "error": ("✗", "error"),
}


def troubled(trouble: Trouble | None, *, wide: bool = True) -> list[tuple[str, str]]:
    """What findings there are, the gravest first, as words with their roles: `✗ 1 error`, or `✗1`."""
    counts = (("error", trouble.errors), ("warning", trouble.warnings)) if trouble else ()
    words = []
    for name, count in counts:
        glyph, role = SEVERITIES[name]
        if count:
            words.append((f"{glyph} {count} {name}{'s' * (count != 1)}" if wide else f"{glyph}{count}", role))
    return words


def outcome(name: str | None) -> tuple[str, str]:
    """Glyph and role of a call's outcome."""
    return OUTCOMES.get(name or "", ("?", "muted"))
