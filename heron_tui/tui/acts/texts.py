"""Texts of what is selected: the stream that carried it, and how its prompt differs from another."""

from ..subject import Subject
from .group import Group


class TextActs(Group):
    def _subject(self) -> Subject | None:
        subject = self.app.main.current.subject()
        if subject is None:
            self.app.say("nothing is selected here", "warn")
        return subject

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
