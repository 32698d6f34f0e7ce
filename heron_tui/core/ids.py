"""Ids from content: the same capture read twice gives the same ids."""

import xxhash


def content_id(prefix: str, *parts: object) -> str:
    """A short id: `prefix` and 15 hex digits of a hash over `parts` (their text forms)."""
    return prefix + xxhash.xxh3_64_hexdigest("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"))[:15]
