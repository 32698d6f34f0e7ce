"""The application: keys to actions, and ticks to views."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.screen import Screen

from ..core.config import Settings
from ..core.errors import HeronError
from ..engine.protocol import Counters, Job, Tick
from ..store.notes import Notes
from . import Capturing, Looking, questions, theme
from .actions import ACTIONS, Action
from .acts import GROUPS
from .bridge import CaptureWorker, EngineEnded, Ticked
from .chosen_columns import Layout
from .colouring import Colouring
from .colours import Rule
from .filtering import Filtering
from .going import Going
from .health import Rates
from .keyboard import Keyboard
from .keymap import Keymap
from .listing import Listing
from .pacing import Pacing
from .places import Places
from .reading import Closeable, Reading
from .screens.main import MainScreen
from .starting import Starting
from .times import Mode, Times
from .widgets.pane import Pane

if TYPE_CHECKING:
    from .screens.command import Chosen

LOOK_S = 1.0


class HeronApp(Going, inherit_bindings=False):
    """The terminal product over one store.

    Args:
        store: the store to show.
        open_reader: opens a reader on it, in the thread that reads.
        job: what the engine shall read into it; None shows the store as it is.
        title: what is being looked at, in words.
        another: what to look at when the user opens another file; raises HeronError.
        capturing: begins a live capture instead of what is looked at.
        window: tokens that fit into a model's window, by the model's name.
        first: name of an action that is done as soon as the screen is there, "" for none.
        made: called when all of the screen is there, behind the first paint.
        rules: colour rules; None for those that are shipped. layouts: columns that the user chose, by kind of rows.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    TITLE = "heron-tui"

    def __init__(
        self,
        store: Path,
        open_reader: Callable[[], Closeable],
        *,
        job: Job | None = None,
        title: str = "",
        keymap: Keymap | None = None,
        palette: theme.Palette | None = None,
        settings: Settings | None = None,
        another: Callable[[Path], Looking] | None = None,
        capturing: Capturing | None = None,
        made: Callable[[], object] = lambda: None,
        window: Callable[[str | None], int | None] = lambda name: None,
        rules: Sequence[Rule] | None = None,
        layouts: Mapping[str, Layout] | None = None,
        first: str = "",
    ) -> None:
        self.palette = palette or theme.choose()
        super().__init__(ansi_color=True if self.palette.ansi else None)
        self.animation_level = "none"
        self.store = store
        self.window = window
        self._first = first
        self.capture_title = title
        self.keymap = keymap or Keymap()
        self.settings = settings or Settings()
        self.another = another
        self.capturing = capturing
        self.next: Looking | None = None
        self.rates = Rates()
        self.times = Times(mode=cast("Mode", self.settings.text("times")))
        self.notes = Notes(store)
        self.tell_references()
        self.tick: Tick | None = None
        self.capture_state = "store" if job is None else "starting"
        self.counts: dict[str, int] = {}
        self.found: Mapping[str, int] = {}
        self.losses: Counters | None = None
        self.said: tuple[str, ...] = ()
        self.now_us = 0
        self.processes = False
        self.following = False
        self.screen_paused = False
        self.unmasked = False
        self.finding: object | None = None
        self.open_reader = open_reader
        self.filtering = Filtering(self)
        self.colouring = Colouring(self, rules)
        self.listing = Listing(self, layouts)
        self.keyboard = Keyboard(self, self.keymap)
        self.groups = [group(self) for group in GROUPS]
        self.places = Places()
        self.pacing = Pacing(self)
        self.starting = Starting(self, made)
        self._version = -1
        self._notes = 0
        self._alarm = ""
        self.restart = False
        self._begun = False
        self._typed_early: list[events.InputEvent] = []
        self._early: questions.Summary | None = None
        self.leaving = False
        self.worker = CaptureWorker(job, self.post_message) if job else None
        self.palettes = theme.PALETTES | {self.palette.name: self.palette}
        for palette_ in self.palettes.values():
            self.register_theme(theme.textual_theme(palette_))
        self.theme = self.palette.name

    # start and end

    def get_default_screen(self) -> Screen[Any]:
        self.main = MainScreen()
        return self.main

    def on_load(self) -> None:
        self.reading = Reading(self.open_reader, self.call_later, self._read_failed)
        if self.worker is None:
            self.look()  # the store opens while the screen is made

    def on_mount(self) -> None:
        self.starting.begin()

    def on_ready(self) -> None:
        self.main.show_view(self.main.first)
        self._begun = True
        self.starting.ready()
        if self.worker:
            self.worker.start()
        else:
            self.set_interval(LOOK_S, self.look)
        if self._early:
            self._looked(self._early)
        if self._first:
            self.call_after_refresh(self.do, self._first)
        for event in self._typed_early:
            self.post_message(event)

    async def on_unmount(self) -> None:
        if self.worker:
            self.worker.close()
        self.filtering.close()
        self.reading.close()

    def _read_failed(self, error: Exception) -> None:
        if self.worker is not None and self._version < 0:
            return  # the engine has not made the store (yet): it says itself why
        words = str(error) if isinstance(error, HeronError) else f"{type(error).__name__}: {error}"
        self.main.banner.show(f"the store cannot be read: {words}")

    # what the engine says

    def on_ticked(self, message: Ticked) -> None:
        tick = self.tick = message.tick
        self.rates.add(time.monotonic(), tick.counters)
        if tick.state != self.capture_state:
            self.capture_state = tick.state
            self.redraw()
        if tick.message:
            self.say(tick.message, "warn")
        elif tick.alarm and not self.main.banner.text:
            self.main.banner.show(tick.alarm)
        elif not tick.alarm and self.main.banner.text == self._alarm:
            self.main.banner.hide()
        elif len(tick.notes) > self._notes:
            self.say(tick.notes[-1], "warn")
        self._alarm = tick.alarm
        self._notes = len(tick.notes)
        if tick.version != self._version and tick.version > 0:
            self.look()
        self.main.status.refresh()

    def on_engine_ended(self, message: EngineEnded) -> None:
        if self.restart and self.worker:
            self.restart = False
            self.capture_state = "starting"
            self.worker.start()
        elif message.reason is not None:
            self.capture_state = "failed"
            self.main.banner.show(f"{message.reason} · {self.keymap.first('capture')} starts it again")
        elif self.capture_state not in ("done", "failed"):
            self.capture_state = "stopped"
        self.look()
        self.main.refresh_frame()

    def look(self) -> None:
        """Ask the store what it has; the views follow when that is something new."""
        self.reading.ask("summary", questions.summary, self._looked)

    def _looked(self, summary: questions.Summary) -> None:
        if not self._begun:
            self._early = summary
            return
        new = summary.version != self._version
        if (self.losses, self.said) != (summary.counters, summary.said):
            self.losses, self.said = summary.counters, summary.said
            self.main.status.refresh()
        if self.screen_paused or not new:
            return
        self._version = summary.version
        self.counts = summary.counts
        self.found = summary.found
        self.now_us = summary.now_us
        self.processes = summary.processes
        self.times.origin_us = summary.origin_us
        self.colouring.store_changed()
        self.listing.store_changed()
        self.main.store_changed()
        self.filtering.store_changed()
        self.main.refresh_frame()

    @property
    def loaded(self) -> bool:
        """It is known what the store holds."""
        return self._version >= 0

    # keys

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent) and not self._begun:
            self._typed_early.append(event)  # there is no view yet that it could mean something in
            return
        if isinstance(event, events.InputEvent):
            self.pacing.touched()
            await self.starting.finish()  # what a key leads to must be there
        if isinstance(event, events.Key) and not event.is_forwarded and self.keyboard.pressed(event):
            return
        await super().on_event(event)

    def perform(self, action: Action, count: int | None = None, argument: str = "") -> None:
        """Do an action where the focus is, or say that it cannot be done here; `argument` was typed behind its name."""
        self.leaving = self.leaving and action.name == "leave"
        self.filtering.escaped = self.filtering.escaped and action.name == "back"
        handler = self.keyboard.handler(action)
        if handler is None:
            self.say(f"{action.name}: not here", "muted")
            return
        if argument and action.takes:
            handler(argument=argument)
        elif action.counts:
            handler(count)
        else:
            handler()
        self.main.hints.refresh()  # other actions may make sense now

    def do(self, name: str, count: int | None = None) -> None:
        """Do an action by name, as its key would."""
        self.perform(ACTIONS[name], count)

    def ask_command(self, begun: str = "") -> None:
        """Open the command line with `begun` typed in it, and do what is chosen there."""
        from .screens.command import CommandScreen

        names = [name for name in self.keyboard.available() if name != "command"]
        self.push_screen(CommandScreen(names, begun), self._chosen)

    def _chosen(self, chosen: "Chosen | None") -> None:
        if chosen is not None:
            self.perform(chosen.action, chosen.count, chosen.argument)

    def tell_references(self) -> None:
        """Times of packets count from those that are references now."""
        noted = [(int(id), note.reference) for id, note in self.notes.of("packet")]
        self.times.references = sorted((number, us) for number, us in noted if us is not None)

    def redraw(self) -> None:
        """Draw everything anew: how it is shown has changed."""
        for pane in self.main.query(Pane):
            pane.refresh()
        self.main.refresh_frame()

    def post_display_hook(self) -> None:
        self.pacing.painted()

    def pop_screen(self) -> AwaitComplete:
        """Close a dialog; one that is closed by two keys before it is gone is closed once."""
        return super().pop_screen() if len(self.screen_stack) > 1 else AwaitComplete()
