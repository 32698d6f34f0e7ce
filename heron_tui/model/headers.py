"""Headers of HTTP as they came: names and values, in their order."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

Headers = tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def header_values(headers: Headers) -> Mapping[str, Sequence[str]]:
    """The values of each header, by its name in lower case. Remembered, because several are looked for in the same."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first value of a header; `name` in lower case."""
    values = header_values(headers if isinstance(headers, tuple) else tuple(map(tuple, headers))).get(name)
    return values[0] if values else None
