"""What was read once is not read again: agents resend their whole history with every call."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from xxhash import xxh3_64_intdigest


class Memo:
    """Results of pure functions over bytes, found again by the xxh3 hash of the bytes.

    The least recently used go first once the bytes that the kept results were made from exceed `limit`; what is larger
    than a quarter of it is not kept at all.
    """

    def __init__(self, limit: int = 32 << 20) -> None:
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[tuple[str, int, int], Any] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, kind: str, raw: msgspec.Raw | bytes, make: Callable[[bytes, int], Any]) -> Any:
        """``make(raw, hash)``, or the result that it had before.

        Args:
            kind: names `make`: equal kinds must come with the same function.
        """
        digest, size = xxh3_64_intdigest(raw), memoryview(raw).nbytes
        key = (kind, digest, size)
        try:
            value = self._kept[key]
            self._kept.move_to_end(key)
            return value
        except KeyError:
            pass
        value = make(bytes(raw), digest)
        if size <= self._limit // 4:
            self._kept[key] = value
            self._held += size + 256
            while self._held > self._limit:
                (_, _, dropped), _ = self._kept.popitem(last=False)
                self._held -= dropped + 256
        return value
