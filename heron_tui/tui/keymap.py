"""From keys to actions: the default keymap, the user's own, and a reader of sequences and counts."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from ..core.errors import UsageError
from .actions import ACTIONS, Action

FILE = "keymap.toml"
UNBINDABLE = frozenset({"ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j", "ctrl+left_square_bracket", "ctrl+[", "ctrl+z"})
SHOWN = {
    "escape": "esc",
    "space": "space",
    "backspace": "⌫",
    "shift+tab": "⇧tab",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "f1": "F1",
}


def shown(keys: str) -> str:
    """A key or sequence as help shows it: `gg`, `^d`, `esc`."""
    parts = [SHOWN.get(key, key.replace("ctrl+", "^")) for key in keys.split(" ")]
    return "".join(parts)


class Pending(Struct, frozen=True):
    """More keys are needed."""

    text: str


class Pressed(Struct, frozen=True):
    action: Action
    count: int | None


class Keymap:
    """Which keys do what, by scope."""

    def __init__(self, changed: Mapping[str, Sequence[str]] | None = None) -> None:
        changed = changed or {}
        self.keys: dict[str, tuple[str, ...]] = {
            name: tuple(changed.get(name, action.keys)) for name, action in ACTIONS.items()
        }
        self._by_scope: dict[str, dict[tuple[str, ...], Action]] = {}
        for name in [*(name for name in ACTIONS if name not in changed), *changed]:  # the user's own keys win
            for keys in self.keys[name]:
                self._by_scope.setdefault(ACTIONS[name].scope, {})[tuple(keys.split(" "))] = ACTIONS[name]

    def find(self, keys: tuple[str, ...], scopes: Iterable[str]) -> Action | None:
        """The action of `keys` in the first scope that has one."""
        for scope in scopes:
            if action := self._by_scope.get(scope, {}).get(keys):
                return action
        return None

    def begins(self, keys: tuple[str, ...], scopes: Iterable[str]) -> bool:
        """Whether a longer sequence begins with `keys`."""
        return any(
            len(known) > len(keys) and known[: len(keys)] == keys
            for scope in scopes
            for known in self._by_scope.get(scope, ())
        )

    def first(self, name: str) -> str:
        """The key to name for an action, "" if it has none."""
        keys = self.keys[name]
        return shown(keys[0]) if keys else ""

    def all(self, name: str) -> str:
        return " ".join(shown(keys) for keys in self.keys[name])


def load(directory: Path) -> Keymap:
    """The default keymap, changed by ``[keys]`` of the user's `keymap.toml` (``action-name = ["key", "g g"]``).

    Raises:
        UsageError: the file is no TOML, names an unknown action, or a key that terminals cannot send.
    """
    path = directory / FILE
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Keymap()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    for section in content:
        if section != "keys":
            raise UsageError(f"{path}: unknown key '{section}' (known: keys)")
    table = content.get("keys", {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: 'keys' must be a table of action names")
    return Keymap({name: _checked(path, name, value) for name, value in table.items()})


def _checked(path: Path, name: str, value: object) -> list[str]:
    if name not in ACTIONS:
        near = difflib.get_close_matches(name, ACTIONS, 1)
        raise UsageError(f"{path}: keys.{name}: no such action" + (f"; did you mean '{near[0]}'?" if near else ""))
    keys = [value] if isinstance(value, str) else value
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.strip() for key in keys):
        raise UsageError(f"{path}: keys.{name}: must be a key or a list of keys")
    for key in keys:
        for single in key.split(" "):
            if single in UNBINDABLE or single.startswith("ctrl+shift+"):
                raise UsageError(f"{path}: keys.{name}: terminals cannot send or already use '{single}'")
    return [str(key) for key in keys]


class KeyReader:
    """Reads keys one by one: counts, sequences, and what they mean in the pane in focus.

    A digit that is a key of its own (a view) acts at once; whoever finds that it was meant as a count says so with
    `begin_count`. Other digits begin a count.
    """

    def __init__(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self._count = ""
        self._keys: tuple[str, ...] = ()

    def feed(self, key: str, scopes: Sequence[str]) -> Pressed | Pending | None:
        """The action that `key` completes, `Pending` if it began something, None if it means nothing."""
        begun = bool(self._count or self._keys)
        if not self._keys and _is_digit(key) and (self._count or self.keymap.find((key,), scopes) is None):
            self._count += key
            return Pending(self._count)
        keys = (*self._keys, key)
        action = self.keymap.find(keys, scopes)
        if action is None and self.keymap.begins(keys, scopes):
            self._keys = keys
            return Pending(self._count + "".join(map(shown, keys)))
        count = self._count
        self.clear()
        if action is None or (begun and key == "escape"):
            return None
        return Pressed(action, int(count[:9]) if count and action.counts else None)

    def takes_count(self, key: str, scopes: Sequence[str]) -> bool:
        """Whether a count may stand before `key`: another digit, or a motion."""
        action = self.keymap.find((key,), scopes)
        return _is_digit(key) or (action is not None and action.counts) or self.keymap.begins((key,), scopes)

    def begin_count(self, digit: str) -> None:
        self._count, self._keys = digit, ()

    def clear(self) -> None:
        self._count, self._keys = "", ()


def _is_digit(key: str) -> bool:
    return len(key) == 1 and key.isascii() and key.isdigit()
