"""The command line and the help."""

from ..widgets.pane import Pane
from .group import Group


class CommandActs(Group):
    def act_command(self) -> None:
        self.app.ask_command()

    def act_help(self) -> None:
        from ..screens.help import HelpScreen

        app = self.app
        names, pane = app.keyboard.available(), app.focused
        where = app.main.current.title + (f" › {pane.help_name}" if isinstance(pane, Pane) else "")
        app.push_screen(HelpScreen(names, where))
