"""Keys to actions: which one is meant where the focus is, and who does it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from textual import events
from textual.widgets import Input

from .actions import ACTIONS, Action
from .keymap import Keymap, KeyReader, Pending, Pressed
from .places import Place
from .widgets.pane import Pane

if TYPE_CHECKING:
    from .app import HeronApp

TYPED_S = (0.03, 0.2)
"""Seconds between a digit and the motion that it counts, as people type; programs that press keys are faster."""


class Switched(Struct, frozen=True):
    """A view that a digit changed to, and where one was before."""

    digit: str
    time: float
    place: Place
    scopes: tuple[str, ...]


class Keyboard:
    """Reads the application's keys. `pending` is what has been typed of a count or a sequence."""

    def __init__(self, app: "HeronApp", keymap: Keymap) -> None:
        self.pending = ""
        self._app = app
        self._keys = KeyReader(keymap)
        self._switched: Switched | None = None

    def scopes(self) -> tuple[str, ...]:
        """The scopes of the pane in focus, nearest first."""
        focused = self._app.focused
        return (*(focused.scopes if isinstance(focused, Pane) else ()), "all")

    def pressed(self, event: events.Key) -> bool:
        """Do what a key means; answers whether it meant anything (in a text field it does not)."""
        app = self._app
        if isinstance(app.focused, Input):
            return False
        key = event.character if event.character and event.is_printable and event.character != " " else event.key
        app.say("")
        self._was_it_a_count(key, event.time)
        place, scopes = app.here(), self.scopes()
        found = self._keys.feed(key, scopes)
        self.pending = found.text if isinstance(found, Pending) else ""
        if isinstance(found, Pressed):
            app.perform(found.action, found.count)
            if key.isdigit() and place:
                self._switched = Switched(key, event.time, place, scopes)
        app.main.status.refresh()
        return found is not None

    def settle(self) -> None:
        """Time has passed: a digit that changed the view meant just that."""
        self._switched = None

    def _was_it_a_count(self, key: str, now: float) -> None:
        """Take back a change of view if its digit was the beginning of a count: a motion followed at typing speed."""
        switched, self._switched = self._switched, None
        if switched is None or not self._keys.takes_count(key, switched.scopes):
            return
        gap = now - switched.time
        if gap < TYPED_S[1] and (key.isdigit() or gap > TYPED_S[0]):
            self._app.show_place(switched.place)
            self._keys.begin_count(switched.digit)

    def handler(self, action: Action) -> Callable[..., None] | None:
        """The method that does `action` here: of the pane in focus, of what holds it, or of a group of the application.

        While a dialog is open, the application itself only quits.
        """
        app, name = self._app, f"act_{action.name.replace('-', '_')}"
        nodes: list[Any] = list(app.focused.ancestors_with_self) if app.focused else [app.screen]
        if app.screen is app.main:
            nodes += [app.main.current, *app.groups]
        elif action.name == "quit":
            nodes += app.groups
        return next((getattr(node, name) for node in nodes if hasattr(node, name)), None)

    def available(self) -> list[str]:
        """Names of the actions that can be done here, nearest scope first."""
        scopes = self.scopes()
        names = [name for name, action in ACTIONS.items() if action.scope in scopes and self.handler(action)]
        return sorted(names, key=lambda name: scopes.index(ACTIONS[name].scope))
