"""The user's settings: `config.toml` in the configuration directory, the environment, flags.

A flag counts before the environment (`HERON_TUI_` and the setting's name in capitals, dots as underscores), that before
the file, that before the default. docs/configuration.md describes every setting.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UsageError

FILE = "config.toml"
PREFIX = "HERON_TUI_"
Value = str | bool | int | float
TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: as in the file; a dot stands before names in a table.
        default: its type is the setting's type.
        help: one line for people.
        choices: the texts that it may be, if only some.
        least: the smallest number that it may be.
    """

    name: str
    default: Value
    help: str
    choices: tuple[str, ...] = ()
    least: float = 0

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper().replace(".", "_")


SETTINGS: dict[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("theme", "auto", "`auto`, `dark`, `light`, `16`, `plain`, or a file of yours in `themes/`"),
        Setting("mouse", True, "whether the mouse selects, scrolls, sorts and opens"),
        Setting("times", "since", "how times are shown at first", ("since", "clock", "delta")),
        Setting("stores.most", 200, "how many stores are kept; the oldest go first", least=1),
        Setting("stores.gigabytes", 20.0, "how much room all stores may take", least=0.01),
        Setting("stores.days", 90.0, "how long a store is kept", least=0.01),
    )
}


class Settings:
    """The value of every setting, by name: ``settings["stores.most"]``."""

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        self._values = {name: setting.default for name, setting in SETTINGS.items()} | dict(values or {})

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def text(self, name: str) -> str:
        return str(self._values[name])

    def on(self, name: str) -> bool:
        return bool(self._values[name])

    def number(self, name: str) -> float:
        return float(self._values[name])


def load(directory: Path, environ: Mapping[str, str], **flags: str | None) -> Settings:
    """The settings. `flags` are those given on the command line, None for those that were not.

    Raises:
        UsageError: a setting is unknown, or its value is not right; it names where, and what is meant perhaps.
    """
    values = dict(_from_file(directory / FILE))
    for name, setting in SETTINGS.items():
        if (given := environ.get(setting.variable)) is not None and given != "":
            values[name] = _read(setting, given, setting.variable)
    for name, flag in flags.items():
        if flag is not None:
            values[name] = _read(SETTINGS[name], flag, f"--{name}")
    return Settings(values)


def _from_file(path: Path) -> dict[str, Value]:
    content = read_toml(path)
    values: dict[str, Value] = {}
    for name, value in _flat(content):
        if name not in SETTINGS:
            raise UsageError(f"{path}: {unknown(name, SETTINGS, 'setting')}")
        values[name] = _checked(SETTINGS[name], value, f"{path}: {name}")
    return values


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file, empty if there is none.

    Raises:
        UsageError: it cannot be read; names the file and where in it.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def unknown(name: str, known: Mapping[str, object] | tuple[str, ...], what: str) -> str:
    """Says that there is no such thing, and what is meant perhaps."""
    near = difflib.get_close_matches(name, known, 1)
    meant = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    return f"there is no {what} '{name}'; {meant}"


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows = []
    for name, value in table.items():
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return rows


def _read(setting: Setting, text: str, place: str) -> Value:
    """A setting's value from text."""
    kind = type(setting.default)
    if kind is bool:
        if text.lower() not in TRUE | FALSE:
            raise UsageError(f"{place}: must be true or false, not {text!r}")
        return text.lower() in TRUE
    if kind is str:
        return _checked(setting, text, place)
    convert: Callable[[str], Value] = kind
    try:
        return _checked(setting, convert(text), place)
    except ValueError:
        raise UsageError(f"{place}: must be a {_WORDS[kind]}, not {text!r}") from None


_WORDS: dict[type, str] = {str: "text", bool: "true or false", int: "whole number", float: "number"}


def _checked(setting: Setting, value: object, place: str) -> Value:
    kind = type(setting.default)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind or not isinstance(value, (str, bool, int, float)):
        raise UsageError(f"{place}: must be {'' if kind in (bool, str) else 'a '}{_WORDS[kind]}, not {value!r}")
    if setting.choices and value not in setting.choices:
        raise UsageError(f"{place}: must be one of {', '.join(setting.choices)}, not {value!r}")
    if isinstance(value, (int, float)) and kind is not bool and value < setting.least:
        raise UsageError(f"{place}: must be at least {setting.least:g}, not {value:g}")
    return value
