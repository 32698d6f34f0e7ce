"""The filter bar: a line to type a filter in, which says at once whether it can be read and what could follow."""

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Input, Static

from ...core.errors import HeronError
from ...filter.complete import Completion, Item, complete, hints
from ...filter.errors import FilterError
from ..filtering import OF_VIEW
from ..screens.ask import AskScreen
from ..units import clean
from .line import Line
from .pane import Pane

if TYPE_CHECKING:
    from ..app import HeronApp

MOST_SHOWN = 7
NOTHING = Completion(0, 0)
SIGNS = {"ok": "✓", "error": "✗", "warn": "!", "muted": "▽"}
KEYS = "enter applies · tab completes · ↑↓ history · ^s saves · esc leaves"


class FilterInput(Line):
    """The line itself; keys that mean something to the bar go there."""

    async def _on_key(self, event: events.Key) -> None:
        bar = self.parent
        while bar is not None and not isinstance(bar, FilterBar):
            bar = bar.parent
        if bar is not None and bar.pressed(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)


class FilterBar(Container):
    """Above the status line while it is open: what can follow, the line, and what is wrong with it."""

    DEFAULT_CSS = """
    FilterBar { height: auto; display: none; background: $background; }
    FilterBar > Container { layout: horizontal; height: 1; }
    FilterBar #filter-sign { width: 10; height: 1; }
    FilterBar Static { background: $background; height: auto; width: 1fr; }
    FilterBar Input { border: none; height: 1; padding: 0; width: 1fr; background: $background; }
    FilterBar Input:focus { border: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._offered = NOTHING
        self._chosen = -1
        self._back: Pane | None = None
        self._at: int | None = None
        self._draft = ""

    @property
    def heron(self) -> "HeronApp":
        return cast("HeronApp", self.app)

    def compose(self) -> ComposeResult:
        self.offers = Static(markup=False)
        self.sign = Static(id="filter-sign", markup=False)
        self.line = FilterInput(
            placeholder='call.ttft > 2s and tool.name == "Bash"', id="filter-line", select_on_focus=False
        )
        self.said = Static(markup=False)
        yield self.offers
        with Container():
            yield self.sign
            yield self.line
        yield self.said

    # opening and leaving

    def open(self, text: str) -> None:
        """Show the bar with `text` in it."""
        if not self.display:
            focused = self.app.focused
            self._back = focused if isinstance(focused, Pane) else None
        self.display = True
        self._at, self._draft = None, ""
        self._put(text)
        self.screen.set_focus(self.line)
        self.judge()

    def leave(self) -> None:
        self.display = False
        view = self.heron.main.current
        there = self._back in view.shown_panes()
        view.focus_pane(self._back if there and self._back else view.last_pane or view.first_pane)
        self.heron.main.refresh_frame()

    def _put(self, text: str) -> None:
        self.line.value = text
        self.line.cursor_position = len(text)

    # keys

    def pressed(self, key: str) -> bool:
        """Do what a key means here; False for those of the line itself."""
        match key:
            case "enter":
                self._enter()
            case "escape":
                self.heron.filtering.escaped = True
                self.leave()
            case "tab" | "shift+tab":
                self._choose(1 if key == "tab" else -1)
            case "up" | "down":
                self._older(1 if key == "up" else -1)
            case "ctrl+s":
                self.save()
            case "ctrl+u":
                self._put("")
            case _:
                return False
        return True

    def _enter(self) -> None:
        heron = self.heron
        try:
            heron.filtering.apply(self.line.value)
        except HeronError:
            self.judge()
            self.app.bell()
            return
        self.leave()

    def _choose(self, by: int) -> None:
        """Put the next of what is offered in the line."""
        items = self._offered.items
        if not items:
            return
        self._chosen = (self._chosen + by) % len(items) if self._chosen >= 0 or by > 0 else len(items) - 1
        text, start = self.line.value, self._offered.start
        chosen = items[self._chosen].text
        after = text[self._offered.end :]
        self._offered = Completion(start, start + len(chosen), items)
        with self.line.prevent(Input.Changed):
            self.line.value = text[:start] + chosen + after
            self.line.cursor_position = start + len(chosen)
        self.judge(offer=False)
        self._draw_offers()

    def _older(self, by: int) -> None:
        """Go through what was applied before; below the newest is what was being typed."""
        history = self.heron.filtering.history
        if self._at is None:
            self._draft = self.line.value
        at = (len(history) if self._at is None else self._at) - by
        if at < 0 or at > len(history):
            return
        self._at = at
        self._put(history[at] if at < len(history) else self._draft)

    def save(self, name: str = "") -> None:
        """Keep what is in the line, or else what is applied, under a name; ask for that where it is not given."""
        heron, text = self.heron, self.line.value.strip() if self.display else self.heron.filtering.text
        if not text:
            heron.say("there is no filter to save", "warn")
            return

        def named(name: str | None) -> None:
            if name:
                try:
                    heron.filtering.save(name.strip(), text)
                except HeronError as error:
                    heron.say(str(error).splitlines()[0], "error")
                else:
                    heron.say(f"saved: ${name.strip().lstrip('$')} stands for {text}")

        if name:
            named(name)
        else:
            heron.push_screen(AskScreen("Save this filter as", "", "a name, used as $name"), named)

    # what is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.judge()

    def judge(self, *, offer: bool = True) -> None:
        """Say whether the filter can be read, and what can stand at the caret."""
        if not self.display:
            return
        filtering, text, caret = self.heron.filtering, self.line.value, self.line.cursor_position
        role, words = "muted", f" {KEYS}"
        try:
            node = filtering.parse(text)
            if node is not None:
                said = hints(node, values=filtering.values)
                role, words = ("warn", f"          {said[0].message}") if said else ("ok", f" {KEYS}")
        except FilterError as error:
            role, words = "error", self._pointed(error, text)
        except HeronError as error:
            role, words = "error", str(error)
        palette = self.heron.palette
        word = {"ok": "ok", "error": "error", "warn": "hint", "muted": "filter"}[role]
        self.sign.update(Text(f" {SIGNS[role]} {word} ", palette.role(role)))
        self.said.update(Text(words, palette.role(role if role in ("error", "warn") else "muted")))
        if offer:
            self._chosen = -1
            scope = OF_VIEW.get(self.heron.main.current.title, "call")
            names = tuple(filtering.saved)
            self._offered = complete(text, caret, values=filtering.values, saved=names, scope=scope)
            self._draw_offers()

    def _pointed(self, error: FilterError, text: str) -> str:
        """The message below a caret at its place; in a saved filter, or beyond the line, without."""
        if error.text != text or error.end > self.size.width - 12 or self.line.scroll_offset.x:
            return f"          {error.message}"
        at = 10 + error.at
        caret = "^" * max(1, min(error.end, len(text)) - error.at)
        return f"{' ' * at}{caret}\n{' ' * max(0, min(at, self.size.width - len(error.message) - 1))}{error.message}"

    def _draw_offers(self) -> None:
        palette, items = self.heron.palette, self._offered.items
        first = max(0, self._chosen - MOST_SHOWN + 1)
        shown = items[first : first + MOST_SHOWN]
        self.offers.display = bool(shown)
        text = Text(no_wrap=True, overflow="ellipsis")
        width = max((len(item.text) for item in shown), default=0)
        for at, item in enumerate(shown, first):
            text.append(self._offer(item, width, at == self._chosen))
            if at < first + len(shown) - 1:
                text.append("\n")
        if len(items) > len(shown):
            text.append(f"  (+{len(items) - len(shown)})", palette.muted)
        self.offers.update(text)

    def _offer(self, item: Item, width: int, chosen: bool) -> Text:
        palette = self.heron.palette
        style = palette.cursor if chosen else palette.base
        line = Text(f" {'▸' if chosen else ' '} ", style)
        line.append(clean(item.text).ljust(width), style + palette.accent if not chosen else style)
        line.append(f"  {item.help}", style if chosen else palette.muted)
        return line
