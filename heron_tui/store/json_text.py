"""JSON text for columns, whatever came from the wire: lone surrogates and huge integers are real there."""

import json
from typing import Any

import orjson

LARGEST = (1 << 63) - 1


def dumps(value: Any) -> str:
    """`value` as JSON text that SQLite can hold and `loads` can read."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(storable(value), ensure_ascii=False, separators=(",", ":"), default=str)


def loads(text: str | None) -> Any:
    """The value of a JSON column; None for NULL."""
    return None if text is None else orjson.loads(text)


def storable(value: Any) -> Any:
    """`value` with what neither SQLite nor JSON can hold put right: surrogates replaced, integers kept to 64 bits."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case bool() | None:
            return value
        case int():
            return max(-LARGEST, min(value, LARGEST))
        case dict():
            return {storable(str(key)): storable(item) for key, item in value.items()}
        case list() | tuple():
            return [storable(item) for item in value]
    return value
