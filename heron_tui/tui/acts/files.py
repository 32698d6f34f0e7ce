"""Opening another file, saving what is shown, and the observer's own health."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import HeronError
from ...store.reader import Reader
from ..units import whole
from .group import Group

if TYPE_CHECKING:
    from ...store.saving import Saved

STORE, SHOWN, MARKED, ALL = "store", "shown", "marked", "all"


class FileActs(Group):
    def act_health(self) -> None:
        from ..screens.health import HealthScreen

        self.app.push_screen(HealthScreen())

    # open

    def act_open_file(self) -> None:
        from ..screens.ask import AskScreen
        from ..screens.open import OpenScreen

        if self.app.another is None:
            self.app.say("no other file can be opened here", "muted")
            return

        def chosen(path: Path | None) -> None:
            if path == Path():
                self.app.push_screen(AskScreen("Open", f"{Path.cwd()}/", "path of a capture or a store"), typed)
            elif path is not None:
                self._open(path)

        def typed(text: str | None) -> None:
            if text and text.strip():
                self._open(Path(text.strip()).expanduser())

        self.app.push_screen(OpenScreen(Path.cwd()), chosen)

    def _open(self, path: Path) -> None:
        from ..screens.pick import Pick, PickScreen

        app = self.app
        assert app.another is not None
        if app.worker is not None and app.worker.running:
            stop = Pick("open", f"open {path.name}", "the capture stops")

            def answered(answer: str | None) -> None:
                if answer == "open":
                    self._leave_for(path)

            picks = [Pick("stay", "stay here"), stop]
            app.push_screen(PickScreen("A capture is still being read", picks), answered)
            return
        self._leave_for(path)

    def _leave_for(self, path: Path) -> None:
        app = self.app
        assert app.another is not None
        try:
            app.next = app.another(path)
        except HeronError as error:
            app.say(str(error), "error")
            return
        app.exit(0)

    # save

    def act_save(self) -> None:
        from ..screens.ask import AskScreen
        from ..screens.pick import Pick, PickScreen

        app = self.app
        marked = len(app.notes.marked("packet"))
        picks = [
            Pick(SHOWN, "packets shown, as pcapng", whole(self.app.main.packets.rows.count())),
            *([Pick(MARKED, "marked packets, as pcapng", whole(marked))] if marked else []),
            Pick(ALL, "all packets, as pcapng", whole(app.counts.get("packets", 0))),
            Pick(STORE, "the store, under another name"),
        ]

        def picked(what: str | None) -> None:
            if what is not None:
                stem = Path(app.capture_title.split(",")[0]).stem or "capture"
                name = f"{stem}-saved{'.store' if what == STORE else '.pcapng'}"
                app.push_screen(AskScreen("Save as", name), lambda text: self._named(what, text))

        app.push_screen(PickScreen("Save", picks), picked)

    def _named(self, what: str, text: str | None) -> None:
        from ..screens.pick import Pick, PickScreen

        if not text or not text.strip():
            return
        target = Path(text.strip()).expanduser()
        if not target.exists():
            self._save(what, target)
            return

        def answered(answer: str | None) -> None:
            if answer == "replace":
                self._save(what, target)

        picks = [Pick("keep", "keep it"), Pick("replace", f"replace {target.name}")]
        self.app.push_screen(PickScreen(f"{target.name} is there already", picks), answered)

    def _save(self, what: str, target: Path) -> None:
        from ...store.saving import save_packets, save_store

        app = self.app
        app.say(f"saving {target} …")
        comments = {int(id): note.comment for id, note in app.notes.of("packet") if note.comment}
        marked = sorted(map(int, app.notes.marked("packet")))
        numbers = self._numbers(what, marked)
        store = app.store

        def save(reader: Reader) -> str:
            try:
                if what == STORE:
                    save_store(store, target)
                    return f"saved the store as {target}"
                return _told(save_packets(reader, numbers(reader), target, comments), target)
            except HeronError as error:
                return f"! {error}"

        app.reading.ask(("save", str(target)), save, lambda said: app.say(said, "warn" if said[0] == "!" else "base"))

    def _numbers(self, what: str, marked: Sequence[int]) -> Callable[[Reader], Sequence[int]]:
        if what == MARKED:
            return lambda _: marked
        if what == SHOWN:
            rows = self.app.main.packets.rows
            return rows.shown_numbers
        return lambda reader: reader.packet_order("number").tolist()


def _told(saved: "Saved", target: Path) -> str:
    said = f"saved {whole(saved.packets)} packets as {target}"
    return f"! {said}; {whole(saved.missing)} left out: {saved.reason}" if saved.missing else said
