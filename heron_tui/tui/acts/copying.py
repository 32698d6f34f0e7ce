"""Copying to the clipboard of the terminal."""

from ..widgets.pane import Pane
from .group import Group


class CopyActs(Group):
    def act_copy(self) -> None:
        app = self.app
        text = app.focused.copy_text() if isinstance(app.focused, Pane) else ""
        if text:
            app.copy_to_clipboard(text)
            app.say(f"copied {len(text):,} characters")
        else:
            app.say("nothing to copy here", "warn")
