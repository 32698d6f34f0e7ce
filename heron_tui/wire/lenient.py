"""JSON as the wire has it: fast where it is right, tolerant where it is not, and never an exception."""

import json
from typing import Any, Generic, TypeVar, get_origin

import msgspec

T = TypeVar("T")

BAD = (ValueError, RecursionError)
"""What decoding raises on bytes that are not what they should be (msgspec's errors are ValueErrors)."""

_any = msgspec.json.Decoder().decode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode


def loads(data: bytes | memoryview | msgspec.Raw) -> Any:
    """The value of a JSON text; None where it is none.

    The standard library reads what msgspec refuses: lone surrogates (replaced), NaN (null), bytes that are not UTF-8
    (replaced), a BOM.
    """
    try:
        return _any(data)
    except BAD:
        pass
    return clean(_patient(data))


def _patient(data: bytes | memoryview | msgspec.Raw) -> Any:
    """The value of a JSON text that msgspec refuses, lone surrogates left as they are; None where it is none."""
    try:
        return json.loads(bytes(data).decode("utf-8-sig", "replace"), parse_constant=lambda _: None)
    except BAD:
        return None


def clean(value: Any) -> Any:
    """A JSON value that can be written again: lone surrogates in it are replaced. None where it cannot."""
    try:
        msgspec.json.encode(value)
    except BAD:
        pass
    else:
        return value
    try:
        return json.loads(whole(json.dumps(value, ensure_ascii=False)))
    except BAD:
        return None


def fields(data: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object, not parsed further; None where it is no object."""
    try:
        return _fields(data)
    except BAD:
        value = loads(data)
        if not isinstance(value, dict):
            return None
        return {str(key): msgspec.Raw(json.dumps(member).encode()) for key, member in value.items()}


def elements(data: msgspec.Raw) -> list[msgspec.Raw]:
    """The elements of a JSON array, not parsed further; [] where it is no array."""
    try:
        return _elements(data)
    except BAD:
        return []


def text(value: Any) -> str:
    """`value` if it is a string, else "". Halves of surrogate pairs that deltas tore apart are joined again."""
    if not isinstance(value, str):
        return ""
    return whole(value)


def whole(value: str) -> str:
    """`value` without lone surrogates, so that it can be written as UTF-8."""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def some(value: Any) -> str | None:
    """`value` if it is a string that is not empty, else None."""
    return text(value) or None


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _halves(data: bytes) -> Any:
    """`loads`, but with the halves of surrogate pairs that deltas tear apart: the next event may bring the other."""
    try:
        return _any(data)
    except BAD:
        return _patient(data)


class EventDecoder(Generic[T]):
    """Decodes the JSON events of a stream into structs of one type, a batch at a time.

    Args:
        kind: a msgspec.Struct all of whose fields have defaults.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._many = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def decode(self, data: list[bytes]) -> list[T | None]:
        """One struct for each event; None for an event that is no JSON object.

        The whole batch is decoded at once. Where that fails, each event is decoded alone, and fields of another type
        than the struct's keep their defaults.
        """
        if not data:
            return []
        array = data[:]  # the brackets go to its ends: the whole is copied once
        array[0] = b"[" + array[0]
        array[-1] += b"]"
        try:
            events: list[T | None] = self._many(b",".join(array))
            if len(events) == len(data):
                return events
        except BAD:
            pass
        return [self.convert(_halves(one)) for one in data]

    def convert(self, value: Any) -> T | None:
        """A parsed event as a struct; None where it is no object."""
        return _salvage(value, self._kind) if isinstance(value, dict) else None


def _salvage(value: Any, kind: Any) -> Any:
    """`value` as `kind`, keeping what fits: fields that do not are left at their defaults."""
    try:
        return msgspec.convert(value, kind)
    except BAD:
        pass
    arguments: tuple[Any, ...] = getattr(kind, "__args__", ())
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        given = mapping(value)
        kept = {
            field.name: _salvage(given[field.encode_name], field.type)
            for field in msgspec.structs.fields(kind)
            if field.encode_name in given
        }
        return kind(**{name: member for name, member in kept.items() if member is not None})
    if get_origin(kind) is list:
        return [member for member in (_salvage(one, arguments[0]) for one in sequence(value)) if member is not None]
    for option in arguments:  # a union: the first that keeps anything
        if option is not type(None) and isinstance(value, dict | list):
            return _salvage(value, option)
    return None
