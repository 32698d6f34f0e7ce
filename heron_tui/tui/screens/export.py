"""The export dialog: what, as what, with which options, where to; beside it the first record, and what is skipped."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from .. import exporting
from ..columns import Cell, Column
from ..document import Part
from ..rows import FixedRows
from ..scopes import Scope
from ..units import size, whole
from ..widgets.line import Line
from ..widgets.row_list import RowList
from ..widgets.text_pane import TextPane

if TYPE_CHECKING:
    from ..app import HeronApp

CALM_S = 0.15
"""Seconds without a change before a preview is asked for."""
FILE, WRITE, HISTORIES = "file", "write", "histories"
EXISTING = ("keep it", "replace it")


@dataclass(slots=True)
class Setting:
    """A line of the dialog. `choices` () is for lines that are not chosen from a few words."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    chosen: int = 0
    help: str = ""

    @property
    def value(self) -> str:
        return self.choices[self.chosen] if self.choices else ""


class Settings(RowList):
    """The lines: left and right change a value, enter does what the line is for."""

    scopes: ClassVar[tuple[str, ...]] = ("export", "list", "columns")

    def __init__(self, value: Column) -> None:
        name = Column("label", "", 13, lambda line: (line.label, "muted"))
        super().__init__((name, value), title="Export", opens="change", id="export-settings")

    def act_right(self, count: int | None = None) -> None:
        self.post_message(Changed(count or 1))

    def act_left(self, count: int | None = None) -> None:
        self.post_message(Changed(-(count or 1)))

    def copy_text(self) -> str:
        return ""


class Changed(Message):
    """Another value was asked for the line under the cursor: `by` further on."""

    def __init__(self, by: int) -> None:
        super().__init__()
        self.by = by


class ExportScreen(ModalScreen[str | None], inherit_bindings=False):
    """Answers what to say when it has closed: where the export is, None when nothing was written.

    Args:
        store: the store to export from.
        scopes: what there is to export.
        name: what the file is named after.
    """

    DEFAULT_CSS = """
    ExportScreen { align: center middle; background: $background 40%; }
    ExportScreen > Container { width: 98%; max-width: 150; height: 94%; border: round $accent;
        background: $background; }
    ExportScreen Horizontal { height: 1fr; }
    ExportScreen #export-settings { width: 42%; min-width: 36; max-width: 60; }
    ExportScreen #export-preview { width: 1fr; }
    ExportScreen Input { display: none; border: none; height: 1; padding: 0 1; background: $surface; }
    ExportScreen Input.-asking { display: block; }
    ExportScreen Static { height: 1; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "#export-settings"

    def __init__(self, store: Path, scopes: Sequence[Scope], name: str) -> None:
        super().__init__()
        self._store = store
        self._scopes = scopes
        self._stem = name
        self._catalogue: exporting.Catalogue | None = None
        self._file = ""
        self._named = False
        self._under_way: exporting.Export | None = None
        self._work: asyncio.Task[None] | None = None
        self._serial = 0
        self._writing = False
        self._lines: dict[str, Setting] = {
            "what": Setting("what", "What", tuple(scope.name for scope in scopes)),
        }

    @property
    def heron(self) -> "HeronApp":
        return cast("HeronApp", self.app)

    def compose(self) -> ComposeResult:
        with Container():
            with Horizontal():
                yield Settings(Column("value", "", 20, self._cell, flex=True))
                yield TextPane(title="Preview", empty="…", id="export-preview")
            self.line = Line(placeholder="file to write", select_on_focus=False)
            self.keys = Static()
            yield self.line
            yield self.keys

    async def on_mount(self) -> None:
        self.settings = self.query_one(Settings)
        self.preview = self.query_one(TextPane)
        self._hint()
        self._catalogue = await exporting.catalogue()
        formats = tuple(form.name for form in self._catalogue.formats)
        self._lines["format"] = Setting("format", "Format", formats)
        self._formatted()

    async def on_unmount(self) -> None:
        await self._stop()

    # the lines

    @property
    def _format(self) -> exporting.Format:
        assert self._catalogue is not None
        return self._catalogue.formats[self._lines["format"].chosen]

    @property
    def _scope(self) -> Scope:
        return self._scopes[self._lines["what"].chosen]

    def _formatted(self) -> None:
        """Another format: other units and options; values that it knows too stay."""
        assert self._catalogue is not None
        form, before = self._format, self._lines
        unit = before["unit"].value if "unit" in before else self._scope.unit
        units = form.units
        lines = [before["what"], before["format"]]
        lines.append(Setting("unit", "One record", units, units.index(unit) if unit in units else 0, "is of this"))
        for option in self._catalogue.options:
            if option.name in form.options:
                old = before.get(option.name)
                chosen = old.chosen if old else 0
                label = option.name.replace("_", " ").capitalize()
                lines.append(Setting(option.name, label, option.choices, chosen, option.help))
        lines.append(Setting(FILE, "File"))
        lines.append(before.get("existing") or Setting("existing", "If it exists", EXISTING))
        lines.append(Setting(WRITE, f"{self.heron.keymap.first('write')} Write"))
        self._lines = {line.name: line for line in lines}
        if HISTORIES not in before:
            self._unit_chosen()
        if not self._named:
            self._file = f"{self._stem}.{form.name}.{form.ending}"
        place = self.settings.cursor
        self.settings.show(FixedRows(lines), cursor=min(place, len(lines) - 1))
        self._ask()

    def _cell(self, line: Setting) -> Cell:
        if line.name == "what":
            return self._scope.words, "strong"
        if line.name == FILE:
            return self._file, "strong"
        if line.name == WRITE:
            return ("writing, esc stops it" if self._writing else ""), "accent"
        first = line.chosen == 0 or line.name in ("format", "unit")
        return line.value, "base" if first else "accent"

    @on(RowList.Moved, "#export-settings")
    def _moved(self, event: RowList.Moved) -> None:
        line: Setting = event.row
        self._hint(self._format.help if line.name == "format" else line.help)

    @on(Changed)
    def _changed(self, event: Changed) -> None:
        line: Setting | None = self.settings.row
        if line is None or not line.choices or self._writing:
            return
        line.chosen = (line.chosen + event.by) % len(line.choices)
        if line.name == "format":
            self._formatted()
            return
        if line.name == "what" and self._scope.unit in (unit := self._lines["unit"]).choices:
            unit.chosen = unit.choices.index(self._scope.unit)
        if line.name in ("what", "unit"):
            self._unit_chosen()
        self.settings.refresh()
        if line.name != "existing":
            self._ask()

    def _unit_chosen(self) -> None:
        """Calls are written each, turns by their longest history, unless that is changed again."""
        if HISTORIES in self._lines:
            self._lines[HISTORIES].chosen = int(self._lines["unit"].value == "call")

    @on(RowList.Opened, "#export-settings")
    def _opened(self, event: RowList.Opened) -> None:
        line: Setting = event.row
        if line.name == FILE:
            field = self.line
            field.value, field.cursor_position = self._file, len(self._file)
            field.add_class("-asking")
            field.focus()
        elif line.name == WRITE:
            self.act_write()
        else:
            self._changed(Changed(1))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self._file, self._named = event.value.strip(), True
        self._asked()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and isinstance(self.focused, Input):
            self._asked()
            event.stop()
            event.prevent_default()

    def _asked(self) -> None:
        self.line.remove_class("-asking")
        self.settings.focus()
        self.settings.refresh()

    # preview and writing

    def _arguments(self) -> list[str]:
        unit = self._lines["unit"].value
        found = ["--format", self._format.name, "--unit", unit, *self._scope.arguments]
        assert self._catalogue is not None
        for option in self._catalogue.options:
            line = self._lines.get(option.name)
            if line is None or (option.name == HISTORIES and unit == "session"):
                continue
            if line.chosen or option.name == HISTORIES:
                found += [option.flag, line.value]
        return found

    def _ask(self) -> None:
        """Ask for a preview of what is chosen now; one under way is stopped."""
        arguments = [*self._arguments(), "--preview"]
        self._begin(lambda turn: self._preview(turn, arguments))

    def _begin(self, work: Callable[[int], Awaitable[None]]) -> None:
        """Begin another run when the one under way has stopped; of several that wait, only the newest is done."""
        self._serial += 1
        self._work = asyncio.create_task(self._after(self._work, self._serial, work))

    async def _after(
        self, previous: "asyncio.Task[None] | None", turn: int, work: Callable[[int], Awaitable[None]]
    ) -> None:
        await self._stop(previous)
        if turn == self._serial:
            await work(turn)

    async def _stop(self, task: "asyncio.Task[None] | None" = None) -> None:
        if self._under_way is not None:
            await self._under_way.cancel()
        if task is not None and not task.done():
            await asyncio.wait([task])

    async def _preview(self, turn: int, arguments: Sequence[str]) -> None:
        self.preview.show([Part("", "counting …", "muted")], key="wait", title="Preview")
        run = self._under_way = exporting.Export(self._store, arguments)
        await asyncio.sleep(CALM_S)
        done = await run.run()
        if turn == self._serial and self.is_attached:
            self.preview.show(_told(done), key="preview", title="Preview of the first record")

    def act_write(self) -> None:
        if self._writing or self._catalogue is None:
            return
        self._writing = True
        self.settings.refresh()
        arguments = [*self._arguments(), "-o", str(Path(self._file).expanduser())]
        if self._lines["existing"].chosen:
            arguments.append("--force")
        self._begin(lambda _: self._write(arguments))

    async def _write(self, arguments: Sequence[str]) -> None:
        run = self._under_way = exporting.Export(self._store, arguments)
        done = await run.run()
        self._writing = False
        if not self.is_attached:
            return
        self.settings.refresh()
        report = done.report
        if report is not None and report.written:
            records = "record" if report.written == 1 else "records"
            skipped = f", {whole(sum(report.skipped.values()))} skipped" if report.skipped else ""
            where = Path(self._file).expanduser().absolute()
            self.dismiss(f"{whole(report.written)} {records} ({size(report.bytes)}) written to {where}{skipped}")
        else:
            self.preview.show(_told(done), key="done", title="Nothing was written")

    async def _stopped(self, _turn: int) -> None:
        self.preview.show([Part("", "stopped: nothing was written", "warn")], key="done", title="Stopped")

    # keys

    def act_next_pane(self) -> None:
        (self.preview if self.settings.has_focus else self.settings).focus()

    act_previous_pane = act_next_pane

    def act_back(self) -> None:
        """While it writes, stop that; else close."""
        if self._writing:
            self._begin(self._stopped)
        else:
            self.dismiss(None)

    act_leave = act_back

    def _hint(self, words: str = "") -> None:
        keys, palette = self.heron.keymap, self.heron.palette
        line = Text(no_wrap=True, overflow="ellipsis")
        for name, what in (("right", "change"), ("write", "write"), ("next-pane", "preview"), ("back", "close")):
            line.append(f" {keys.first(name)}", palette.accent)
            line.append(f" {what} ", palette.muted)
        if words:
            line.append(f" {words}", palette.muted)
        self.keys.update(line)


def _told(done: exporting.Done) -> list[Part]:
    """Counts and reasons, then the first record."""
    report = done.report
    if report is None:
        return [Part("", done.error, "error")]
    skipped = sum(report.skipped.values())
    records = "record" if report.written == 1 else "records"
    counts = f"{whole(report.written)} {records}, {size(report.bytes)}; {whole(skipped)} skipped"
    parts = [Part("", counts, "strong" if report.written else "warn")]
    for code, count in report.skipped.items():
        named = report.examples.get(code, [])
        some = ", ".join(one["what"] for one in named[:3]) + (", …" if count > 3 else "")
        why = named[0]["why"] if len({one["why"] for one in named}) == 1 else report.reasons[code]
        parts.append(Part("", f"{whole(count)} × {why}: {some}", "warn"))
    parts += [Part("", f"{whole(count)} × {note}", "muted") for note, count in report.notes.items()]
    if report.redacted:
        parts.append(Part("", f"{whole(report.redacted)} secrets redacted", "ok"))
    if done.first:
        parts.append(Part("First record", exporting.pretty(done.first)))
    return parts
