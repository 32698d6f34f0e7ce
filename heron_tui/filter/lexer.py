"""Text of a filter to tokens, each with its place."""

import re
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from .errors import FilterError

TokenKind = Literal["field", "word", "number", "text", "regex", "time", "op", "end"]
Value = str | float | int | bool

WORD_OPERATORS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
    "not": "not",
    "in": "in",
    "contains": "contains",
    "matches": "~",
    "any": "any",
    "all": "all",
}
SYMBOLS = {
    "==": "==",
    "!=": "!=",
    "<=": "<=",
    ">=": ">=",
    "&&": "and",
    "||": "or",
    "<": "<",
    ">": ">",
    "~": "~",
    "!": "not",
}
# Durations come out in microseconds, sizes in bytes, plain multiples as numbers.
UNITS = {
    "us": 1,
    "µs": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "B": 1,
    "kB": 1_000,
    "KB": 1_000,
    "MB": 1_000_000,
    "GB": 1_000_000_000,
    "KiB": 1_024,
    "MiB": 1_048_576,
    "GiB": 1_073_741_824,
    "k": 1_000,
    "K": 1_000,
    "M": 1_000_000,
    "%": 0.01,
}
DURATIONS = frozenset({"us", "µs", "ms", "s", "min", "h", "d"})
SIZES = frozenset({"B", "kB", "KB", "MB", "GB", "KiB", "MiB", "GiB"})

_SPACE = re.compile(r"\s+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")
_NUMBER = re.compile(r"-?(?:\d[\d_]*(?:\.(?!\.)\d+)?|\.\d+)([A-Za-zµ%]*)")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')
_REGEX = re.compile(r'r"((?:[^"\\]|\\.)*)"|r\'((?:[^\'\\]|\\.)*)\'')
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_\-]*(?:\.[A-Za-z0-9_][A-Za-z0-9_\-]*)*")
_PUNCTUATION = re.compile(r"\.\.|==|!=|<=|>=|&&|\|\||[<>~!(){},\[\]]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class Token(Struct, frozen=True):
    """`value` is ready for comparing: durations in microseconds, times in microseconds since the epoch."""

    kind: TokenKind
    value: Value
    at: int
    end: int
    unit: str = ""


def tokens(text: str) -> list[Token]:
    """All tokens, with one of kind `end` last.

    Raises:
        FilterError: a character or a number that has no meaning here.
    """
    found: list[Token] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        token = _next(text, at)
        found.append(token)
        at = token.end
    found.append(Token("end", "", len(text), len(text)))
    return found


def _next(text: str, at: int) -> Token:
    if match := _REGEX.match(text, at):
        return Token("regex", match[1] if match[1] is not None else match[2], at, match.end())
    if match := _TEXT.match(text, at):
        return Token("text", _unescape(match[1] if match[1] is not None else match[2]), at, match.end())
    if text[at] in "\"'":
        raise FilterError("this text has no closing quote", text, at, len(text))
    if match := _TIME.match(text, at):
        return Token("time", _time(match[0], text, at), at, match.end())
    if match := _NUMBER.match(text, at):
        return _number(match, text)
    if match := _PUNCTUATION.match(text, at):
        return Token("op", SYMBOLS.get(match[0], match[0]), at, match.end())
    if match := _NAME.match(text, at):
        word = match[0]
        if word in WORD_OPERATORS:
            return Token("op", WORD_OPERATORS[word], at, match.end())
        return Token("field" if "." in word or word == "body" else "word", word, at, match.end())
    if text[at] == "=":
        raise FilterError("a comparison is written ==", text, at)
    if text[at] == "." and (begun := re.search(r"\w+$", text[:at])):
        raise FilterError(f"the rest of a field's name is missing behind '{begun[0]}.'", text, at)
    raise FilterError(f"{text[at]!r} has no meaning here", text, at)


def _number(match: re.Match[str], text: str) -> Token:
    digits, unit = match[0][: len(match[0]) - len(match[1])].replace("_", ""), match[1]
    if unit and unit not in UNITS:
        raise FilterError(f"unit {unit!r} is unknown; there are {', '.join(UNITS)}", text, match.start(1), match.end())
    value = (float(digits) if "." in digits else int(digits)) * UNITS.get(unit, 1)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return Token("number", value, match.start(), match.end(), unit)


def _time(word: str, text: str, at: int) -> int:
    try:
        when = datetime.fromisoformat(word)
    except ValueError as error:
        raise FilterError(f"not a time: {error}", text, at, at + len(word)) from None
    when = when if when.tzinfo else when.astimezone()
    return int((when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text, flags=re.S)
