"""The last line: what can be done here, nearest first; or, for a moment, what was just said."""

from collections.abc import Sequence

from rich.style import Style

from ..actions import ACTIONS
from ..units import clean
from .bar import Bar, Run


class HintBar(Bar):
    """Keys of the pane in focus, from the registry of actions. `say` puts a message there until the next key."""

    def __init__(self) -> None:
        super().__init__()
        self._message = ""
        self._role = "base"

    def say(self, message: str, role: str = "base") -> None:
        self._message, self._role = clean(message), role
        self.refresh()

    def ground(self) -> Style:
        return self.palette.base

    def left(self) -> Sequence[Run]:
        palette = self.palette
        if self._message:
            return [(f" {self._message}", palette.role(self._role))]
        runs: list[Run] = []
        heron = self.heron
        for name in heron.available():
            action = ACTIONS[name]
            if not action.hint or name in ("help", "command"):
                continue
            runs.append((f" {heron.keymap.first(name)}", palette.accent))
            runs.append((f" {action.hint} ", palette.muted))
        return runs

    def right(self) -> Sequence[Run]:
        if self._message:
            return ()
        keymap, palette = self.heron.keymap, self.palette
        return [
            (f" {keymap.first('command')}", palette.accent),
            (" commands ", palette.muted),
            (f" {keymap.first('help')}", palette.accent),
            (" help ", palette.muted),
        ]
