"""Opening another file: the stores of earlier runs, and what lies in a directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import ModalScreen

from ...store import catalog
from ..columns import Column
from ..rows import FixedRows
from ..units import NONE, date, short, size
from ..widgets.row_list import RowList

if TYPE_CHECKING:
    from ..app import HeronApp

CAPTURES = (".pcap", ".pcapng", ".cap", ".gz", ".zst")
PATH = "path…"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: a store, a capture, a directory to go to, or the wish to type a path."""

    path: Path | None
    kind: str
    name: str
    size: int | None = None
    modified_us: int | None = None
    counts: str = ""


class OpenScreen(ModalScreen[Path | None], inherit_bindings=False):
    """Answers the file to open, None for none; a directory is gone into. ``Path("")`` asks for a path to be typed."""

    DEFAULT_CSS = """
    OpenScreen { align: center middle; background: $background 60%; }
    OpenScreen > Container { width: 96%; max-width: 130; height: 90%; border: round $accent; background: $background; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "RowList"

    def __init__(self, place: Path) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        columns = (
            Column("kind", "What", 9, lambda row: (row.kind, "accent" if row.kind == "store" else "muted")),
            Column("name", "Name", 24, lambda row: (row.name, "strong"), flex=True, sort="name"),
            Column("counts", "Holds", 26, lambda row: (row.counts, "base"), priority=3),
            Column("size", "Size", 8, lambda row: (size(row.size) if row.size is not None else "", ""), right=True),
            Column(
                "when", "When", 19, lambda row: (date(row.modified_us) if row.modified_us else "", "muted"), priority=2
            ),
        )
        with Container() as box:
            box.border_title = "Open: enter opens, q goes back"
            self.list = RowList(columns, empty="looking…")
            yield self.list

    def on_mount(self) -> None:
        self._look()

    def _look(self) -> None:
        place = self._place
        cast("HeronApp", self.app).reading.look("open", lambda: entries(place), self._show)

    def _show(self, found: Sequence[Entry]) -> None:
        if self.list.is_attached:  # the dialog may have been left meanwhile
            self.list.show(FixedRows(found))

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        event.stop()
        entry: Entry = event.row
        if entry.kind == "directory" and entry.path:
            self._place = entry.path
            self._look()
        else:
            self.dismiss(entry.path or Path())

    def act_back(self) -> None:
        self.dismiss(None)

    act_leave = act_back


def entries(place: Path) -> list[Entry]:
    """What can be opened: a path to type, stores (newest first), then captures and directories in `place`."""
    found = [Entry(None, "path", PATH)]
    for store in catalog.stores():
        counts = ", ".join(f"{short(store.counts.get(name, 0))} {name}" for name in ("packets", "calls", "turns"))
        words = ", ".join(Path(name).name for name in store.sources) or store.path.name
        said = counts if store.problem is None else "cannot be read"
        found.append(Entry(store.path, "store", words, store.size, store.modified_us, said))
    try:
        inside = sorted(place.iterdir(), key=lambda path: path.name.lower())
    except OSError as error:
        inside = []
        found.append(Entry(None, "path", f"{place}: {error.strerror}"))
    found.append(Entry(place.resolve().parent, "directory", f"../  (of {place.resolve()})"))
    for path in inside:
        try:
            if path.name.startswith("."):
                continue
            if path.is_dir():
                found.append(Entry(path, "directory", f"{path.name}/"))
            elif path.name.endswith((*CAPTURES, catalog.SUFFIX)):
                stat = path.stat()
                kind = "store" if path.name.endswith(catalog.SUFFIX) else "capture"
                found.append(Entry(path, kind, path.name, stat.st_size, stat.st_mtime_ns // 1000, NONE))
        except OSError:
            continue  # it went away while it was looked at, or may not be looked at: it cannot be opened either
    return found
