"""How figures are written on screen: short, aligned, and with a dash where the wire said nothing."""

import re
from datetime import UTC, datetime

NONE = "–"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """`text` on one line, safe for a terminal: control and direction-changing characters become visible marks."""
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda found: " " if found[0] in "\r\n\t" else "·", text)


def first_line(text: str, limit: int = 400) -> str:
    """What fits on a line of `text`: white space folded, cut at `limit` characters."""
    return clean(" ".join(text[: limit * 2].split())[:limit])


def duration(us: int | None) -> str:
    """A duration in at most seven characters: `84 µs`, `412 ms`, `2.31 s`, `1m02s`, `3h07m`."""
    if us is None:
        return NONE
    if us < 1_000:
        return f"{us} µs"
    if us < 9_950:
        return f"{us / 1e3:.1f} ms"
    if us < 999_500:
        return f"{us / 1e3:.0f} ms"
    if us < 9_995_000:
        return f"{us / 1e6:.2f} s"
    if us < 59_950_000:
        return f"{us / 1e6:.1f} s"
    seconds = round(us / 1e6)
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    if seconds < 360_000:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02}m"
    return f"{seconds // 86400}d{seconds % 86400 // 3600:02}h"


def whole(number: int | None) -> str:
    """`1,234,567`."""
    return NONE if number is None else f"{number:,}"


def short(number: float | None) -> str:
    """A count in at most five characters: `812`, `12.3k`, `4.1M`."""
    if number is None:
        return NONE
    if number < 1_000:
        return f"{number:.0f}" if number == int(number) or number >= 100 else f"{number:.1f}"
    for unit in "kMGT":
        number /= 1000
        if number < 999.5:
            return f"{number:.0f}{unit}" if number >= 99.95 else f"{number:.1f}{unit}"
    return f"{number:.0f}P"


def size(number: int | None) -> str:
    """Bytes in powers of 1000: `812 B`, `12.3 kB`."""
    if number is None:
        return NONE
    return f"{number} B" if number < 1000 else f"{short(number)[:-1]} {short(number)[-1]}B"


def percent(ratio: float | None) -> str:
    return NONE if ratio is None else f"{ratio * 100:.0f}%" if ratio >= 0.0995 or ratio == 0 else f"{ratio * 100:.1f}%"


def clock(us: int, *, digits: int = 3) -> str:
    """Local time of day, `14:03:22.512`."""
    moment = datetime.fromtimestamp(us // 1_000_000, UTC).astimezone()
    return f"{moment:%H:%M:%S}.{us % 1_000_000:06}"[: 9 + digits] if digits else f"{moment:%H:%M:%S}"


def date(us: int) -> str:
    return f"{datetime.fromtimestamp(us // 1_000_000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def since(us: int) -> str:
    """Seconds with microseconds, as Wireshark's time column: `12.034512`."""
    sign, us = ("-", -us) if us < 0 else ("", us)
    return f"{sign}{us // 1_000_000}.{us % 1_000_000:06}"
