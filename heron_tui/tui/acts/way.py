"""The way between views and panes, and out."""

from .. import questions
from .group import Group

PLACES = {"p": "packet", "c": "call", "t": "turn", "f": "flow"}
QUIT_AGAIN = "q again, or ctrl+q, quits"


class WayActs(Group):
    def act_back(self) -> None:
        app, view = self.app, self.app.main.current
        if app.finding is not None:
            app.finding = None
            app.say("stopped finding")
            return
        if app.filtering.stop() or app.filtering.go_back():
            return
        place = app.places.pop()
        if place is None:
            if view.has_class("-zoomed"):
                view.unzoom()
            elif app.focused is not view.first_pane:
                view.focus_pane(view.first_pane)
            elif app.filtering.text:
                app.say(f"a filter is on: {app.keymap.first('filter')} changes it, :clear-filter shows everything")
            return
        if place.leaving:
            place.leaving()
        app.show_place(place)

    def act_leave(self) -> None:
        app, view = self.app, self.app.main.current
        if not app.places and app.focused is view.first_pane and not view.has_class("-zoomed"):
            if app.leaving:
                self.act_quit()
                return
            app.leaving = True
            app.say(QUIT_AGAIN)
            return
        self.act_back()

    def act_quit(self) -> None:
        self.app.exit(0)

    def act_next_pane(self) -> None:
        self._cycle(1)

    def act_previous_pane(self) -> None:
        self._cycle(-1)

    def _cycle(self, by: int) -> None:
        view, focused = self.app.main.current, self.app.focused
        panes = view.shown_panes()
        if panes:
            place = panes.index(focused) if focused in panes else -1
            view.focus_pane(panes[(place + by) % len(panes)])

    def act_packets(self) -> None:
        self.app.show_view("packets")

    def act_flows(self) -> None:
        self.app.show_view("flows")

    def act_turns(self) -> None:
        self.app.show_view("turns")

    def act_metrics(self) -> None:
        self.app.show_view("metrics")

    def act_sessions(self) -> None:
        self.app.show_view("sessions")

    def act_findings(self) -> None:
        self.app.show_view("findings")

    def act_calls(self) -> None:
        self.app.show_view("calls")

    def act_goto(self, count: int | None = None, *, argument: str = "") -> None:
        app = self.app
        if count is None and not argument:
            app.ask_command("goto ")
            return
        kind, digits = ("p", argument) if argument.isdigit() else (argument[:1].lower(), argument[1:])
        if count is None and (kind not in PLACES or not digits.isdigit()):
            app.say(f"goto {argument}: go where? 12 is a packet, c12 a call, t3 a turn, f2 a flow", "warn")
            return
        number = count if count is not None else int(digits[:12])
        if count is None and kind != "p":
            what = PLACES[kind]
            app.reading.ask(
                "goto",
                lambda reader: questions.numbered(reader, what, number),
                lambda id: self._go_to(what, number, id),
            )
            return
        packets = app.counts.get("packets", 0)
        if not 1 <= number <= packets:
            app.say(f"there is no packet {number} (1 to {packets})", "warn")
            return
        app.show_packet(number)

    def _go_to(self, what: str, number: int, id: str | None) -> None:
        app = self.app
        if id is None:
            app.say(f"there is no {what} {number} (1 to {app.counts.get(f'{what}s', 0)})", "warn")
        elif what == "call":
            app.show_call(id)
        elif what == "turn":
            app.show_turn(id)
        else:
            app.show_flow(id)
