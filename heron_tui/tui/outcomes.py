"""Glyphs and colours of how a call, a turn, a tool or a finding stands."""

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


def outcome(name: str | None) -> tuple[str, str]:
    """Glyph and role of a call's outcome."""
    return OUTCOMES.get(name or "", ("?", "muted"))
