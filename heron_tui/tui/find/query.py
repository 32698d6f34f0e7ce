"""What is looked for: text, a regular expression, or bytes in hexadecimal."""

import re
from typing import Literal

from msgspec import Struct

from ...core.errors import UsageError

Kind = Literal["text", "regex", "hex"]
KINDS: tuple[Kind, ...] = ("text", "regex", "hex")


class Query(Struct, frozen=True):
    """Something to find.

    Attributes:
        shown: as it was typed. words: it in text; None for bytes. raw: it in bytes.
    """

    shown: str
    kind: Kind
    words: re.Pattern[str] | None
    raw: re.Pattern[bytes]


def query(typed: str, kind: Kind) -> Query:
    """What a person typed. Case counts only where there is an upper case letter; in text, a space is any white space.

    Raises:
        UsageError: it is empty, no regular expression, or no hexadecimal.
    """
    if not typed.strip():
        raise UsageError("nothing to find was typed")
    if kind == "hex":
        try:
            return Query(typed, kind, None, re.compile(re.escape(bytes.fromhex(typed.replace(":", " "))), re.S))
        except ValueError as error:
            raise UsageError(f"'{typed}' is no hexadecimal: write it as 50 4f 53 54") from error
    pattern = typed if kind == "regex" else re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(typed))
    flags = re.NOFLAG if any(letter.isupper() for letter in typed) else re.IGNORECASE
    try:
        return Query(typed, kind, re.compile(pattern, flags), re.compile(pattern.encode(), flags))
    except re.error as error:
        at = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise UsageError(f"'{typed}' is no regular expression: {error.msg}{at}") from error
