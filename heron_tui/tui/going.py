"""The way between views: on to a packet, a call, a turn or the bytes of a claim, each with a way back."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App

from . import questions
from .places import Place, Places
from .reading import Reading
from .screens.main import MainScreen
from .widgets.pane import Pane

if TYPE_CHECKING:
    from .evidence.claims import Claim, Evidence


class Going(App[int], inherit_bindings=False):
    """What of the application leads from one place to another."""

    main: MainScreen
    reading: Reading
    places: Places

    def say(self, text: str, role: str = "base") -> None:
        self.main.hints.say(text, role)

    def show_view(self, name: str) -> None:
        """Show a view by its key: the way back begins anew."""
        self.places.clear()
        self.main.show_view(name)
        self.main.refresh_frame()

    def go(self, pane: Pane, *, leaving: Callable[[], object] | None = None) -> None:
        """Go on to a pane of the current view; back returns."""
        self._remember(None, leaving)
        self.main.current.focus_pane(pane)

    def here(self, pane: Pane | None = None, leaving: Callable[[], object] | None = None) -> Place | None:
        """The pane in focus (or `pane`), as a place to come back to."""
        pane = pane or (self.focused if isinstance(self.focused, Pane) else None)
        return Place(self.main.current.title, pane, leaving) if pane is not None else None

    def _remember(self, pane: Pane | None, leaving: Callable[[], object] | None = None) -> None:
        if place := self.here(pane, leaving):
            self.places.push(place)

    def visit(self, view: str, *, leaving: Callable[[], object] | None = None) -> None:
        """Show a view that is come to from where one is; back returns, and does `leaving`."""
        if self.main.current.title != view:
            self._remember(None, leaving)
        self.main.show_view(view)
        self.main.refresh_frame()

    def show_place(self, place: Place) -> None:
        """Show a pane in its view."""
        self.main.show_view(place.view)
        self.main.current.focus_pane(place.pane)
        self.main.refresh_frame()

    def show_packet(self, number: int, *, evidence: "Evidence | None" = None, from_pane: Pane | None = None) -> None:
        """Go to a packet; of `evidence`, its bytes are marked."""
        self._remember(from_pane)
        self.main.show_view("packets")
        view = self.main.packets
        view.focus_pane(view.bytes if evidence else view.list)
        view.show_packet(number, evidence=evidence)

    def show_claim(self, claim: "Claim", *, from_pane: Pane | None = None) -> None:
        """Go to the bytes that say something which is on screen."""
        from .evidence import claims

        self.reading.ask(
            "claim", lambda reader: claims.find(reader, claim), lambda f: self.show_evidence(f, from_pane=from_pane)
        )

    def show_evidence(self, found: "Evidence", *, from_pane: Pane | None = None) -> None:
        """Go to the first bytes of what is claimed, or say why there are none."""
        if not found.spots:
            self.say(f"{found.claim.words}: {found.how}", "warn")
            return
        self.show_packet(found.spots[found.first].packet, evidence=found, from_pane=from_pane)
        more = f" in {len(found.spots):,} packets" if len(found.spots) > 1 else ""
        self.say(f"{found.claim.words}{more}" + (f" · {found.how}" if found.how else ""))

    def show_call(self, call: str, *, from_pane: Pane | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Go to a call in the turn tree; `then` is done when it is selected there."""

        def found(path: questions.Path | None) -> None:
            self._found_path(path, from_pane)
            if path is not None:
                then()

        self.reading.ask("path", lambda reader: questions.path(reader, call), found)

    def _found_path(self, found: questions.Path | None, from_pane: Pane | None) -> None:
        if found is None:
            self.say("this call is in no turn (yet)", "warn")
            return
        self._remember(from_pane)
        self.main.show_view("turns")
        self.main.turns.reveal(found)
        self.main.turns.to_tree()

    def show_turn(self, turn: str) -> None:
        """Go to a turn in the turn tree."""

        def found(path: questions.Path | None) -> None:
            if path is None:
                self.say("this turn has no call", "warn")
                return
            self._found_path(path, None)
            self.main.turns.forest.stand_on(turn)

        self.reading.ask("path", lambda reader: questions.path_of_turn(reader, turn), found)

    def show_flow(self, flow: str) -> None:
        """Go to a connection in Flows."""
        self.visit("flows")
        self.main.flows.show_flow(flow)

    def show_session(self, session: str, *, from_pane: Pane | None = None) -> None:
        self._remember(from_pane)
        self.main.show_view("turns")
        view = self.main.turns
        view.forest.show_session(session)
        view.focus_pane(view.turns)

    def follow_link(self, kind: str, key: str) -> None:
        """Go to what a field of the detail tree names."""
        if kind == "call":
            self.show_call(key)
        elif kind == "packet":
            self.show_packet(int(key))
