"""Follow stream: both sides of a connection or of one exchange, in forms that `v` goes through."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.message import Message

from ...store.reader import Reader
from ..find.query import Query
from ..long.passages import Section
from ..long.walk import Position
from ..stream import carriers, forms, scope
from ..stream.scope import Scope
from ..subject import Subject
from ..units import first_line
from ..widgets.long_text import LongText
from .view import View

Made = tuple[Scope, Sequence[Section], str]


class StreamPane(LongText):
    """The stream's text."""

    scopes = ("stream", "text", "search", "list")

    class Missed(Message):
        """No line has what was looked for."""

        def __init__(self, query: Query) -> None:
            super().__init__()
            self.query = query

    def not_found(self, query: Query) -> None:
        super().not_found(query)
        self.post_message(self.Missed(query))


class StreamView(View):
    """One pane. Enter goes to the packet that carried a line."""

    title = "stream"
    unhinted = ("follow-stream", "filter")

    def compose(self) -> ComposeResult:
        self.text = StreamPane(title="Stream", empty="nothing was said", id="stream-text")
        yield self.text

    def on_mount(self) -> None:
        self.scope: Scope | None = None
        self.form = 0
        self.sides = 0
        self._at: int | None = None
        self._find: tuple[Query, int] | None = None

    def show_stream(self, subject: Subject, *, find: Query | None = None, side: int = 0) -> None:
        """Follow what carried a row; go to the first place on a side that has what is looked for, if so."""
        self._at = None
        self._find = (find, side) if find else None
        if find:
            self.form = self.sides = 0
        self.scope = None
        self.text.title, self.text.note = "Stream", "reading"
        self.text.show((), key=None)
        self.heron.reading.ask("stream", lambda reader: scope.find(reader, subject), self._found)

    def _found(self, found: Scope | None) -> None:
        if found is None:
            self.text.note = ""
            self.text.empty = "this belongs to no TCP connection of the store"
            self.text.refresh()
            return
        self.scope = found
        if not found.exchanges and forms.FORMS[self.form] not in ("raw", "hex"):
            self.form = forms.FORMS.index("raw")
            self.heron.say("no HTTP was read on this connection: its bytes are shown", "warn")
        self._read()

    def changed(self) -> None:
        if self.scope is not None and self.display:
            self._read()

    def _read(self, *, alone: bool | None = None) -> None:
        known = self.scope
        if known is None:
            return
        form, sides, unmasked = forms.FORMS[self.form], forms.SHOWN[self.sides][1], self.heron.unmasked

        def read(reader: Reader) -> Made:
            fresh = scope.again(reader, known, alone=known.alone if alone is None else alone)
            return (fresh, *forms.sections(reader, fresh, form, sides, unmasked=unmasked))

        self.heron.reading.ask("stream", read, self._show)

    def _show(self, made: Made) -> None:
        found, sections, note = made
        known = self.scope
        if known is None or known.flow["id"] != found.flow["id"]:
            return
        self.scope = found
        form, (sides, _) = forms.FORMS[self.form], forms.SHOWN[self.sides]
        key = (found.flow["id"], found.exchange if found.alone else None, form, sides)
        start = None
        if self._at is not None:  # another form of the same stream: stay at the same time
            times = [getattr(section, "t_us", 0) for section in sections]
            start = Position(max((n for n, t in enumerate(times) if t <= self._at), default=0))
            self._at = None
        self.text.empty = "nothing was said by this side" if self.sides else "nothing was said"
        self.text.title = f"{found.title} · {form} · {sides}"
        self.text.note = note or ("> client < server" if self.app.size.width >= 100 else "")
        self.text.show(sections, key=key, start=start)
        if self._find is not None:
            (query, side), self._find = self._find, None
            self.text.find_first(query, next((n for n, section in enumerate(sections) if section.side == side), 0))

    @on(StreamPane.Missed)
    def _missed(self, event: StreamPane.Missed) -> None:
        """Say so where the answer, put together from its events, has what none of them has alone."""
        query, subject = event.query, self.subject()

        def answered(reader: Reader) -> bool:
            id = subject.call(reader) if subject else None
            call = reader.get("call", id) if id else None
            said = [call.get("text"), call.get("thinking")] if call else []
            return any(query.words.search(text) for text in said if text and query.words)

        self.heron.reading.ask("answered", answered, self._told)

    def _told(self, found: bool) -> None:
        if found:
            key = self.heron.keymap.first("go-to-turn")
            self.heron.say(f"in no line here, but in the answer as a whole: {key} goes to it", "warn")

    def _stay(self) -> None:
        sections = self.text.sections
        if sections:
            self._at = getattr(sections[self.text.cursor.section], "t_us", None)

    # actions

    def act_form(self, count: int | None = None) -> None:
        self._stay()
        self.form = (self.form + 1 if count is None else count - 1) % len(forms.FORMS)
        self._read()

    def act_sides(self) -> None:
        self._stay()
        self.sides = (self.sides + 1) % len(forms.SHOWN)
        self._read()

    def act_whole_connection(self) -> None:
        if self.scope is None or self.scope.exchange is None:
            self.heron.say("this is the whole connection already")
            return
        self._stay()
        self._read(alone=not self.scope.alone)

    @on(LongText.Opened, "#stream-text")
    def _opened(self, event: LongText.Opened) -> None:
        if event.origin is not None:
            origin, words = event.origin, first_line(self.text.copy_text().strip(), 60)
            self.heron.reading.ask(
                "carrier",
                lambda reader: carriers.find(reader, origin, words),
                lambda found: self.heron.show_evidence(found, from_pane=self.text),
            )

    def subject(self) -> Subject | None:
        known = self.scope
        if known is None:
            return None
        if known.exchange:
            return Subject("exchange", next(e for e in known.exchanges if e["id"] == known.exchange))
        return Subject("flow", known.flow)
