"""Finding: in the pane in focus, or in all bodies of the store; the next and the previous one."""

from typing import TYPE_CHECKING

from ...store.reader import Reader
from ..find.query import Query
from ..subject import Subject
from ..units import percent
from ..widgets.pane import Pane
from .group import Group

if TYPE_CHECKING:
    from ...store.body_search import AnswerHit, AnswerStep, BodyHit, SearchStep
    from ..app import HeronApp
    from ..screens.find import Wanted


class FindActs(Group):
    def __init__(self, app: "HeronApp") -> None:
        super().__init__(app)
        self.wanted: Wanted | None = None
        self._pane: Pane | None = None
        self._hits: list[BodyHit | AnswerHit] = []
        self._hit = -1
        self._at = 0
        self._answers: int | None = None
        """Where the search in answers is; None while bodies are searched."""

    def act_find(self) -> None:
        self._ask(bodies=bool(self.wanted and self.wanted.bodies))

    def act_search(self) -> None:
        self._ask(bodies=False)

    def _ask(self, *, bodies: bool) -> None:
        from ..screens.find import FindScreen

        focused = self.app.focused
        self._pane = focused if isinstance(focused, Pane) else None
        known = self.wanted.query if self.wanted else None
        here = self._pane.help_name if self._pane else "this pane"
        screen = FindScreen(
            here, typed=known.shown if known else "", kind=known.kind if known else "text", bodies=bodies
        )
        self.app.push_screen(screen, self._asked)

    def _asked(self, wanted: "Wanted | None") -> None:
        if wanted is None:
            return
        self.wanted = wanted
        self._hits, self._hit, self._at, self._answers = [], -1, 0, None
        self._go(1)

    def act_next_found(self) -> None:
        self._go(1)

    def act_previous_found(self) -> None:
        self._go(-1)

    def _go(self, by: int) -> None:
        app = self.app
        if self.wanted is None:
            app.say(f"{app.keymap.first('find')} finds something first")
        elif self.wanted.bodies:
            self._along_bodies(by)
        elif isinstance(pane := app.focused, Pane):
            app.finding = object()
            pane.search(self.wanted.query, by)

    # in bodies

    def _along_bodies(self, by: int) -> None:
        place = self._hit + by
        if 0 <= place < len(self._hits):
            self._hit = place
            self._show(self._hits[place])
        elif by < 0:
            self.app.say("this is the first body that has it", "muted")
        else:
            self.app.finding = object()
            self._step(self.app.finding)

    def _step(self, token: object) -> None:
        assert self.wanted is not None
        query, after = self.wanted.query, self._at
        if self._answers is not None:
            self._step_answers(token, query, self._answers)
            return
        self.app.reading.ask(
            "find",
            lambda reader: reader.find_in_bodies(query.raw, after),
            lambda found: self._came(token, query, found),
        )

    def _came(self, token: object, query: Query, found: "SearchStep") -> None:
        app = self.app
        if app.finding is not token:
            return
        self._at = found.at
        if found.hit is not None:
            app.finding = None
            if found.hit not in self._hits:
                self._hits.append(found.hit)
                self._hit = len(self._hits) - 1
                self._show(found.hit)
            else:
                app.finding = token
                self._step(token)
        elif found.at < found.last:
            app.say(f"finding {query.shown} in bodies: {percent(found.at / found.last)} · esc stops")
            self._step(token)
        elif query.words is not None:
            self._answers = 0
            self._step(token)
        else:
            self._no_more(query)

    def _step_answers(self, token: object, query: Query, after: int) -> None:
        words = query.words
        assert words is not None
        self.app.reading.ask(
            "find",
            lambda reader: reader.find_in_answers(words, after),
            lambda found: self._answered(token, query, found),
        )

    def _answered(self, token: object, query: Query, found: "AnswerStep") -> None:
        """An answer whose events have it one by one was found as a body already."""
        from ...store.body_search import BodyHit

        app, hit = self.app, found.hit
        if app.finding is not token:
            return
        self._answers = found.at
        if hit is not None and BodyHit(hit.exchange, "response") not in self._hits:
            app.finding = None
            self._hits.append(hit)
            self._hit = len(self._hits) - 1
            self._show(hit)
        elif not found.done:
            self._step(token)
        else:
            self._no_more(query)

    def _no_more(self, query: Query) -> None:
        self.app.finding = None
        self.app.say(f"no {'further ' if self._hits else ''}body has {query.shown}", "warn")

    def _show(self, hit: "BodyHit | AnswerHit") -> None:
        from ...store.body_search import AnswerHit

        if isinstance(hit, AnswerHit):
            self._show_answer(hit)
            return

        def read(reader: Reader) -> Subject | None:
            record = reader.get("exchange", hit.exchange)
            return Subject("exchange", record) if record else None

        self.app.reading.ask("found body", read, lambda subject: self._follow(subject, hit))

    def _show_answer(self, hit: "AnswerHit") -> None:
        """The call in the turn tree, and the place in its text."""
        assert self.wanted is not None
        query = self.wanted.query
        self.app.show_call(hit.call, then=lambda: self.app.main.turns.find_in_text(query))

    def _follow(self, subject: Subject | None, hit: "BodyHit") -> None:
        if subject is not None and self.wanted is not None:
            self.app.visit("stream")
            self.app.main.stream.show_stream(subject, find=self.wanted.query, side=0 if hit.side == "request" else 1)
            self.app.say(f"{self.wanted.query.shown}: in the {hit.side} of {subject.record['path']}")
