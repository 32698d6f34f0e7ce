"""Opening the export dialog on what the focus is on."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .group import Group

if TYPE_CHECKING:
    from ..scopes import Scope

KINDS = ("call", "turn", "session")
"""Kinds of rows that can be exported when they are marked."""
NAME = re.compile(r"[^\w.-]+")
ENDINGS = (".pcap", ".pcapng", ".cap", ".store", ".gz", ".zst")


class ExportActs(Group):
    def act_export(self) -> None:
        from ..scopes import scopes

        app = self.app
        subject = app.main.current.subject()
        marked = {kind: list(app.notes.marked(kind)) for kind in KINDS}
        shown = app.filtering.text
        app.reading.ask("scopes", lambda reader: scopes(reader, subject, marked, shown), self._open)

    def _open(self, found: "Sequence[Scope]") -> None:
        from ..screens.export import ExportScreen

        self.app.push_screen(ExportScreen(self.app.store, found, self._name()), self._closed)

    def _closed(self, said: str | None) -> None:
        if said:
            self.app.say(said, "ok")

    def _name(self) -> str:
        """What the file is named after: the capture, where it is one."""
        name = Path(self.app.capture_title).name
        while name.endswith(ENDINGS):
            name = name.rpartition(".")[0]
        return NAME.sub("-", name).strip("-.") or "export"
