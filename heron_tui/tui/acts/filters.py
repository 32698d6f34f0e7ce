"""The display filter: typed in the bar, or made from what is selected."""

from ...core.errors import HeronError, UsageError
from .group import Group

JOINS = {"selected": "{new}", "not": "not {new}", "and": "({old}) and {new}", "or": "({old}) or {new}"}
JOINS |= {"and not": "({old}) and not {new}", "or not": "({old}) or not {new}"}


class FilterActs(Group):
    def act_filter(self, *, argument: str = "") -> None:
        if not argument:
            self.app.main.filter_bar.open(self.app.filtering.text)
            return
        try:
            self.app.filtering.apply(argument)
        except UsageError:
            self.app.main.filter_bar.open(argument)  # it says what is wrong, and where

    act_filter_list = act_filter

    def act_clear_filter(self) -> None:
        self.app.filtering.apply("")
        self.app.say("no filter")

    def act_previous_filter(self) -> None:
        try:
            self.app.filtering.restore()
        except HeronError as error:
            self.app.say(str(error).splitlines()[0], "error")

    def act_save_filter(self, *, argument: str = "") -> None:
        self.app.main.filter_bar.save(argument)

    def act_apply_as_filter(self) -> None:
        self._from_selection(apply=True)

    def act_prepare_as_filter(self) -> None:
        self._from_selection(apply=False)

    def _from_selection(self, *, apply: bool) -> None:
        from ...filter.fields import FIELDS
        from ..field_filters import candidates
        from ..screens.filter_menu import FilterMenu

        app = self.app
        found = candidates(app.main.current, app.focused)
        if not found:
            app.say("nothing here can be made a filter", "muted")
            return

        def chosen(answer: tuple[str, str] | None) -> None:
            if answer is None:
                return
            new, join = answer
            old = app.filtering.text
            form = JOINS[join] if old else JOINS["not" if join.endswith("not") else "selected"]
            text = form.format(old=old, new=new)
            if apply:
                try:
                    app.filtering.apply(text)
                except HeronError as error:
                    app.say(str(error).splitlines()[0], "error")
            else:
                app.main.filter_bar.open(text)

        helps = {name: field.help for name, field in FIELDS.items()}
        app.push_screen(FilterMenu(found, helps, "Apply as filter" if apply else "Prepare as filter"), chosen)
