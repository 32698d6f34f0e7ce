"""From what is selected to its call, to the stream that carried it, and to how its prompt differs from another."""

from ..subject import Subject
from .group import Group


class TextActs(Group):
    def _subject(self) -> Subject | None:
        subject = self.app.main.current.subject()
        if subject is None:
            self.app.say("nothing is selected here", "warn")
        return subject

    def act_go_to_turn(self) -> None:
        app = self.app
        if app.main.current is app.main.turns:
            app.say("this is the turn tree", "muted")
        elif subject := self._subject():
            app.reading.ask("call of", subject.call, self._go_to_call)

    def _go_to_call(self, call: str | None) -> None:
        if call is None:
            self.app.say("this belongs to no call to a model", "warn")
        else:
            self.app.show_call(call)

    def act_follow_stream(self) -> None:
        view = self.app.main.stream
        if view is not self.app.main.current and (subject := self._subject()):
            self.app.visit("stream")
            view.show_stream(subject)

    def act_context(self) -> None:
        view = self.app.main.context
        if view is not self.app.main.current and (subject := self._subject()):
            self.app.visit("context")
            view.show_window(subject)

    def act_diff(self) -> None:
        if subject := self._subject():
            marked = sorted(self.app.notes.marked("call"))
            self.app.visit("diff")
            self.app.main.diff.show_diff(subject, marked if len(marked) == 2 else ())
