"""Places: where in a request an id, a mark or a count stands, written as one short string.

=====================================  ==========================================================
``header:x-session-id``                a header of the request (names in any case)
``body:metadata.user_id``              a string of the body, as `CallRequest.ids` names it
``body:metadata.user_id#session_id``   a member of the JSON object that such a string holds
``header:x-meta#user.id``              the same in a header; dots lead into inner objects
``body:user~_session_([0-9a-f-]+)``    what a pattern's group finds in any of these
=====================================  ==========================================================
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec

from .view import View

_form = re.compile(r"(header|body):([^#~\s]+)(?:#([^#~\s]+))?(?:~(.+))?")


@dataclass(frozen=True, slots=True)
class Place:
    """One place.

    `path` leads into the JSON that stands there; () takes the string itself. `pattern` has a group for what is meant.
    """

    where: Literal["header", "body"]
    name: str
    path: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def read(self, view: View) -> str | None:
        """The text that stands there; None where there is none, or an empty one."""
        if self.where == "header":
            value = view.headers.get(self.name)
        else:
            value = view.call.request.ids.get(self.name)
        if value and self.path:
            value = _inside(value, self.path)
        if value and self.pattern:
            found = self.pattern.search(value)
            value = found[1] if found else None
        return value or None


def parse(text: str) -> Place:
    """Read a place as it is written in a profile. Raises ValueError where `text` is none."""
    found = _form.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no place: write header:NAME or body:NAME, with #MEMBER for JSON inside")
    where, name, path, group = found.groups()
    inner = tuple(path.split(".")) if path else ()
    pattern = _pattern(group) if group else None
    if where == "header":
        return Place("header", name.lower(), inner, pattern)
    return Place("body", name, inner, pattern)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no pattern: {error}") from None
    if pattern.groups != 1:
        raise ValueError(f"{text!r} needs one group, for what is meant")
    return pattern


def first(places: Iterable[Place], view: View) -> str | None:
    """What stands at the first of `places` that holds something."""
    for place in places:
        if value := place.read(view):
            return value
    return None


def _inside(text: str, path: tuple[str, ...]) -> str | None:
    value = _parsed(text)
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Any:
    """Remembered, because several places look into the same text, call after call."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
