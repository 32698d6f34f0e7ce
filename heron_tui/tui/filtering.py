"""The display filter of all views: what is applied, and what fits it, found in a thread of its own.

Lists ask `narrowed(kind)` for what they may show. Whoever needs the filter itself takes `node` and `text`.
"""

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ..core import paths
from ..core.errors import HeronError, UsageError
from ..filter import saved
from ..filter.fields import Field
from ..filter.parser import parse
from ..filter.tree import Node
from ..store.reader import Reader
from ..store.where import Where
from .reading import Reading

if TYPE_CHECKING:
    from textual.timer import Timer

    from ..model.packet import Ints
    from ..store.fitting import FitKind
    from .app import HeronApp

KINDS: tuple["FitKind", ...] = ("packet", "flow", "turn", "session", "finding", "call", "exchange")
OF_VIEW: dict[str, "FitKind"] = {
    "packets": "packet",
    "flows": "flow",
    "turns": "turn",
    "sessions": "session",
    "findings": "finding",
    "metrics": "call",
    "calls": "call",
}
"""What each view counts."""
BESIDE: dict[str, tuple["FitKind", ...]] = {
    "packets": ("turn", "session", "call"),
    "flows": ("exchange",),
    "turns": ("session", "call"),
}
"""What views show besides what they count: only what is shown is looked at again when the store has grown."""
REST = 4
"""How much longer than a look at a store that grows took it is left alone after that."""


class Narrowed(Struct, frozen=True, eq=False):
    """The records of one kind that fit.

    Attributes:
        numbers: of packets, in order. where, ids: of records.
    """

    count: int
    total: int
    numbers: "Ints | None" = None
    where: Where | None = None
    ids: frozenset[str] = frozenset()

    def among(self, only: frozenset[str] | None) -> frozenset[str]:
        """Ids to show of those in `only`, or of all if that is None."""
        return self.ids if only is None else self.ids & only

    @property
    def pick(self) -> "Callable[[Reader], Ints] | None":
        """The numbers as lists want them."""
        numbers = self.numbers
        return None if numbers is None else lambda _: numbers


class Settled(Struct, frozen=True, eq=False):
    """A filter of which it is known what fits; one that is given up returns to it."""

    text: str = ""
    node: Node | None = None
    before: str = ""
    fits: Mapping[str, Narrowed] = field(default_factory=dict)


class Filtering:
    """One filter everywhere.

    Attributes:
        text, node: the filter applied; "" and None for none.
        before: the text of the one applied before. history: texts applied, oldest first.
        saved: texts of saved filters by name.
        escaped: the bar was left a moment ago; back then restores the filter before.
    """

    def __init__(self, app: "HeronApp") -> None:
        self.text = ""
        self.node: Node | None = None
        self.before = ""
        self.history: list[str] = saved.history(paths.state_dir())
        self.saved: dict[str, str] = {}
        self.escaped = False
        self._app = app
        self._fits: dict[str, Narrowed] = {}
        self._settled = Settled()
        self._pending: set[str] = set()
        self._again = False
        self._behind: set[FitKind] = set()
        self._begun = self._due = 0.0
        self._timer: Timer | None = None
        self._stop = threading.Event()
        self._thread: Reading | None = None
        self._values: dict[str, Sequence[str]] = {}
        self._asked: set[str] = set()

    # what is applied

    @property
    def working(self) -> bool:
        """What fits is not known yet."""
        return bool(self._pending)

    @property
    def growing(self) -> bool:
        """The store has grown, and is looked at again."""
        return self._again

    def narrowed(self, kind: str) -> Narrowed | None:
        """What of a kind fits; None while nothing is left out."""
        return self._fits.get(kind)

    def parse(self, text: str) -> Node | None:
        """The tree of a filter, saved ones included. Raises FilterError and UsageError."""
        if "$" in text:
            self.saved = saved.load(paths.config_dir())
        return parse(text, self.saved)

    def apply(self, text: str) -> None:
        """Show what fits, in every view. Raises FilterError and UsageError; the filter then stays as it was."""
        text = text.strip()
        node = self.parse(text)
        if text != self.text:
            self.before = self.text
        self._begin(text, node)
        if text:
            try:
                self.history = saved.remember(paths.state_dir(), text)
            except UsageError as error:
                self._app.say(f"the history is not kept: {error}", "warn")

    def go_back(self) -> bool:
        """Restore the filter before, if the bar was left a moment ago; answers whether it was."""
        escaped, self.escaped = self.escaped, False
        if escaped:
            self.restore()
        return escaped

    def restore(self) -> None:
        """Apply the filter before."""
        self.apply(self.before)
        self._app.say(f"filter: {self.text}" if self.text else "no filter")

    def stop(self) -> bool:
        """Give up a filter whose evaluation is under way, for the one before; answers whether there was one."""
        if not self.working or self._again:
            return False
        self._return()
        self._app.say(f"the filter was stopped: {self._words()} again", "warn")
        return True

    def _words(self) -> str:
        return f"it is {self.text}" if self.text else "everything is shown"

    def _return(self) -> None:
        """Go back to the filter of which it is known what fits."""
        settled = self._settled
        self._leave_off()
        self.text, self.node, self.before = settled.text, settled.node, settled.before
        self._fits = dict(settled.fits)
        for kind in KINDS:
            self._tell(kind, grown=False)
        self._app.main.refresh_frame()
        self.store_changed()

    def save(self, name: str, text: str) -> None:
        """Keep a filter as `$name`. Raises UsageError and FilterError."""
        saved.save(paths.config_dir(), name.lstrip("$"), text)
        self.saved = saved.load(paths.config_dir())

    # what fits

    def _begin(self, text: str, node: Node | None) -> None:
        self._leave_off()
        self.text, self.node = text, node
        self._behind.clear()
        if node is None:
            self._fits.clear()
            self._settle()
            for kind in KINDS:
                self._tell(kind, grown=False)
        else:
            self._ask()
        self._app.main.refresh_frame()

    def _leave_off(self) -> None:
        """What is being found out is not wanted any more."""
        self._stop.set()
        self._stop = threading.Event()
        self._again = False
        self._pending.clear()

    def _settle(self) -> None:
        self._settled = Settled(self.text, self.node, self.before, dict(self._fits))

    def store_changed(self) -> None:
        """The store has grown."""
        self._values.clear()
        self._asked.clear()
        if self.node is not None:
            self._behind.update(KINDS)
            self.catch_up()

    def catch_up(self) -> None:
        """Look again at what the current view shows, if the store has grown since; not while that is under way, nor
        at once after a look that took long."""
        title = self._app.main.current.title
        counted = {OF_VIEW[title]} if title in OF_VIEW else set()
        kinds = self._behind.intersection(counted.union(BESIDE.get(title, ())))
        if self.node is None or self._pending or not kinds:
            return
        wait = self._due - time.monotonic()
        if wait <= 0:
            self._again = True
            self._ask(kinds)
        elif self._timer is None:
            self._timer = self._app.set_timer(wait, self._rested)

    def _rested(self) -> None:
        self._timer = None
        self.catch_up()

    def _ask(self, kinds: Collection["FitKind"] = KINDS) -> None:
        if self._thread is None:
            self._thread = Reading(self._app.open_reader, self._app.call_later, self._cannot_open)
        first = OF_VIEW.get(self._app.main.current.title, "packet")
        node, stop = self.node, self._stop
        self._begun = time.monotonic()
        self._pending = set(kinds)
        self._behind.difference_update(kinds)
        for kind in sorted(kinds, key=lambda kind: kind != first):
            self._thread.ask(
                ("fit", kind),
                lambda reader, kind=kind: _fitting(reader, kind, node, stop),  # type: ignore[misc]
                lambda found, kind=kind: self._came(kind, found, stop),  # type: ignore[misc]
            )

    def _came(self, kind: str, found: Narrowed | Exception, stop: threading.Event) -> None:
        if stop is not self._stop:
            return
        if isinstance(found, Exception):
            self._failed(found)
            return
        self._fits[kind] = found
        self._pending.discard(kind)
        self._tell(kind, grown=self._again)
        if not self._pending:
            now = time.monotonic()
            self._again, self._due = False, now + REST * (now - self._begun)
            self._settle()
            self.catch_up()
        self._app.main.refresh_frame()

    def _tell(self, kind: str, *, grown: bool) -> None:
        for view in self._app.main.views.values():
            view.filtered(kind, grown=grown)

    def _failed(self, error: Exception) -> None:
        """A filter that cannot be evaluated is given up; one that could be before stays, with what fitted then."""
        if self._again:
            self._leave_off()
        else:
            self._return()
        self._complain(error)

    def _cannot_open(self, error: Exception) -> None:
        self._leave_off()
        self._complain(error)

    def _complain(self, error: Exception) -> None:
        words = str(error) if isinstance(error, HeronError) else f"{type(error).__name__}: {error}"
        self._app.say(f"the filter cannot be evaluated: {words}", "error")

    # values for completion

    def values(self, field: Field) -> Sequence[str]:
        """Values of a field in the store as far as they are known; they are asked for, and the bar is told."""
        name = field.name
        if name not in self._asked and field.type == "text":
            self._asked.add(name)
            self._app.reading.ask(
                ("values", name), lambda reader: reader.values(field), lambda found: self._know(name, found)
            )
        return self._values.get(name, ())

    def _know(self, name: str, found: Sequence[str]) -> None:
        self._values[name] = found
        if found:
            self._app.main.filter_bar.judge()

    @property
    def idle(self) -> bool:
        """Nothing is being found out."""
        return self._thread is None or (self._thread.idle and not self._pending)

    def close(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.close()


def _fitting(reader: Reader, kind: "FitKind", node: Node | None, stop: threading.Event) -> Narrowed | Exception:
    """What fits, or why that cannot be said: whoever asked still knows then what was asked."""
    try:
        fit = reader.fit(kind, node, stop=stop)
        if kind == "packet":
            return Narrowed(fit.count, fit.total, numbers=fit.keys)
        among = Where(f"{kind}.rowid IN (SELECT value FROM json_each(?))", (json.dumps(fit.keys.tolist()),))
        return Narrowed(fit.count, fit.total, where=among, ids=frozenset(reader.fit_ids(fit)))
    except Exception as error:  # noqa: BLE001 - whatever a store can raise is said on screen
        return error
