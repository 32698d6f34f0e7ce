"""Figures in the sentences of findings."""


def seconds(us: int) -> str:
    """A duration: `480 ms`, `12.3 s`, `4 min 5 s`."""
    if us < 1_000_000:
        return f"{us / 1000:.0f} ms"
    if us < 60_000_000:
        return f"{us / 1_000_000:.1f} s"
    minutes, rest = divmod(us // 1_000_000, 60)
    return f"{minutes} min {rest} s"


def count(number: int, one: str, many: str = "") -> str:
    """`1 attempt`, `5 attempts`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def cut(text: str, most: int = 60) -> str:
    """A text on one line, cut."""
    line = " ".join(text[: most * 4].split())
    return line if len(line) <= most else line[: most - 1] + "…"


def dollars(usd: float) -> str:
    return f"${usd:.2f}" if usd >= 0.095 else f"${usd:.4f}".rstrip("0") if usd >= 0.0001 else "under $0.0001"
