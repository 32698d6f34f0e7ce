"""A table of a TOML file, read key by key: every mistake is one line that names file, key, and the mend."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from ..core.errors import UsageError
from . import place
from .condition import Pattern
from .place import Place

FLAGS = re.DOTALL | re.MULTILINE
"""Of all patterns in profiles: a dot is any character, `^` and `$` are ends of lines, `\\A` and `\\Z` of the text."""

T = TypeVar("T")


class Table:
    """What is asked for is known; `end` says what was not."""

    def __init__(self, path: Path, members: dict[str, Any], inside: str = "") -> None:
        self._path = path
        self._members = members
        self._inside = inside
        self._known: list[str] = []

    @classmethod
    def open(cls, path: Path) -> "Table":
        """The whole of a file. Raises UsageError where it cannot be read or is no TOML."""
        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: is no TOML: {error}") from error

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def wrong(self, key: str, what: str) -> UsageError:
        return UsageError(f"{self._path}: {self._name(key)} {what}")

    def end(self) -> None:
        """Raises UsageError for a key that nobody asked for."""
        for key in self._members:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                mend = f"did you mean `{near[0]}`?" if near else f"keys here are {', '.join(self._known)}"
                raise self.wrong(key, f"is not known: {mend}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string that must be there unless `default` is given."""
        value = self._take(key, str, "a string", default)
        if value is None:
            raise self.wrong(key, "is missing: it must be a string")
        return value

    def number(self, key: str, default: int) -> int:
        value = self._take(key, int, "a whole number", default)
        return default if value is None else value

    def flag(self, key: str) -> bool | None:
        return self._take(key, bool, "true or false", None)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; one string stands for a list of one."""
        value = self._get(key)
        value = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(key, "must be a list of strings")
        return tuple(value)

    def values(self, key: str) -> tuple[tuple[str, Any], ...]:
        """A table of scalars."""
        found = self._take(key, dict, "a table", {}) or {}
        for name, value in found.items():
            if not isinstance(value, str | int | float):
                raise self.wrong(f"{key}.{name}", "must be a string, a number, true or false")
        return tuple(found.items())

    def pattern(self, key: str) -> Pattern | None:
        value = self._take(key, str, "a string that holds a regular expression", None)
        return None if value is None else self._compile(key, value)

    def patterns(self, key: str, *, groups: int = 0) -> tuple[Pattern, ...]:
        """A list of regular expressions, each with at least so many groups."""
        found = tuple([self._compile(key, one) for one in self.texts(key)])
        for one in found:
            if one.groups < groups:
                raise self.wrong(key, f"needs a (group) that says what is meant: {one.pattern!r}")
        return found

    def places(self, key: str) -> tuple[Place, ...]:
        return tuple([self._place(key, one) for one in self.texts(key)])

    def patterns_at(self, key: str) -> tuple[tuple[Place, Pattern], ...]:
        """A table of patterns by place."""
        found = self._take(key, dict, "a table of places and patterns", {}) or {}
        for name, value in found.items():
            if not isinstance(value, str):
                raise self.wrong(f"{key}.{name}", "must be a string that holds a regular expression")
        return tuple([(self._place(key, name), self._compile(f"{key}.{name}", one)) for name, one in found.items()])

    def table(self, key: str) -> "Table":
        """A table inside; an empty one where there is none."""
        return Table(self._path, self._take(key, dict, "a table", {}) or {}, self._name(key))

    def tables(self, key: str) -> list["Table"]:
        """A list of tables (``[[key]]``)."""
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(key, f"must be a list of tables: write [[{self._name(key)}]]")
        return [Table(self._path, one, f"{self._name(key)}[{n}]") for n, one in enumerate(value, 1)]

    def _name(self, key: str) -> str:
        return ".".join([part for part in (self._inside, key) if part])

    def _get(self, key: str) -> Any:
        self._known.append(key)
        return self._members.get(key)

    def _take(self, key: str, kind: type[T], words: str, default: T | None) -> T | None:
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be {words}, not {value!r}")
        return value

    def _compile(self, key: str, text: str) -> Pattern:
        try:
            return re.compile(text, FLAGS)
        except re.error as error:
            raise self.wrong(key, f"is no regular expression: {error}: {text!r}") from error

    def _place(self, key: str, text: str) -> Place:
        try:
            return place.parse(text)
        except ValueError as error:
            raise self.wrong(key, f"is not right: {error}") from error
