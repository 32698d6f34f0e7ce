"""Copying to the clipboard of the terminal: `copy` opens the choices, and once more takes the value."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..widgets.pane import Pane
from .group import Group

if TYPE_CHECKING:
    from ...store.reader import Reader
    from ..copying import Copyable


class CopyActs(Group):
    _asked = 0
    """How often the key was pressed before the choices were there."""

    def act_copy(self) -> None:
        from ..copying import copyables

        app = self.app
        self._asked += 1
        value = app.focused.copy_text() if isinstance(app.focused, Pane) else ""
        subject = app.main.current.subject()
        what = subject.kind if subject else "text"
        applied = app.filtering.text

        def ask(reader: "Reader") -> "Sequence[Copyable]":
            return copyables(reader, subject, value, applied)

        app.reading.ask("copy", ask, lambda found: self._open(found, what))

    def _open(self, found: "Sequence[Copyable]", what: str) -> None:
        from ..screens.copy import CopyScreen

        asked, self._asked = self._asked, 0
        if found and asked > 1:
            self._chosen(found[0])
        elif not asked:
            return  # one that was asked for twice, and is done
        elif not found:
            self.app.say("nothing to copy here", "warn")
        elif self.app.screen is self.app.main:
            title = f"Copy of this {what}   enter copies, {self.app.keymap.first('copy')} the first"
            self.app.push_screen(CopyScreen(found, title), self._chosen)

    def _chosen(self, chosen: "Copyable | None") -> None:
        from ..clipboard import put

        if chosen is None:
            return
        try:
            self.app.say(put(chosen.text, chosen.name, chosen.ending, self.app.copy_to_clipboard))
        except OSError as error:
            self.app.say(f"not copied: {error.filename}: {error.strerror}", "warn")
