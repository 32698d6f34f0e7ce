"""How lists show their rows: sorted by a column, and which columns."""

from ...core.errors import UsageError
from ..chosen_columns import LISTS, Layout
from ..widgets.row_list import RowList
from .group import Group

UNSORTED = "this list cannot be sorted"
NO_COLUMNS = "the columns of this list cannot be chosen"


class ListActs(Group):
    def act_sort(self, *, argument: str = "") -> None:
        from ..screens.pick import Pick, PickScreen

        pane = self._sortable()
        if pane is None:
            return
        if argument:
            self._sort_by_name(pane, argument)
            return
        picks = [Pick("", "as it came", "" if pane.sorted_by else "now")]
        for column in pane.sortable():
            now = "largest first" if column.falls else ""
            if column.sort == pane.sorted_by:
                now = "now descending" if pane.descending else "now ascending"
            picks.append(Pick(column.sort, column.title.strip() or column.key, now))

        def picked(field: str | None) -> None:
            if field is not None:
                pane.sort_anew(field)

        at = next((i for i, pick in enumerate(picks) if pick.value == pane.sorted_by), 0)
        self.app.push_screen(PickScreen("Sort by", picks, at), picked)

    def _sort_by_name(self, pane: RowList, argument: str) -> None:
        """`argument` is a column's key, title or field; with ``-`` before it, the largest first."""
        name = argument.removeprefix("-").lower()
        for column in pane.sortable():
            if name in (column.key.lower(), column.title.strip().lower(), column.sort):
                pane.sort_by(column.sort, down=argument.startswith("-"))
                return
        known = ", ".join(column.title.strip() or column.key for column in pane.sortable())
        self.app.say(f"there is no column '{name}' to sort by; there is {known}", "warn")

    def act_reverse(self) -> None:
        pane = self._sortable()
        if pane is None:
            return
        if not pane.sorted_by:
            pane.sort_by(pane.sortable()[0].sort, down=True)
        else:
            pane.sort_by(pane.sorted_by, down=not pane.descending)

    def act_unsort(self) -> None:
        if pane := self._sortable():
            pane.sort_by("")

    def act_columns(self) -> None:
        from ..screens.columns import ColumnsScreen

        pane = self.app.focused
        if not isinstance(pane, RowList) or pane.kind not in LISTS:
            self.app.say(NO_COLUMNS, "muted")
            return
        kind, listing = pane.kind, self.app.listing
        layout = listing.layouts.get(kind) or Layout(tuple(column.key for column in pane.own_columns))

        def chosen(chosen: Layout | None) -> None:
            if chosen is not None:
                self._choose(kind, chosen)

        self.app.push_screen(ColumnsScreen(kind, layout), chosen)

    def act_reset_columns(self) -> None:
        pane = self.app.focused
        if isinstance(pane, RowList) and pane.kind in LISTS:
            self._choose(pane.kind, None)
        else:
            self.app.say(NO_COLUMNS, "muted")

    def _choose(self, kind: str, layout: Layout | None) -> None:
        try:
            self.app.listing.choose(kind, layout)
        except UsageError as error:
            self.app.say(f"the columns are not kept: {error}", "warn")
        self.app.redraw()

    def _sortable(self) -> RowList | None:
        pane = self.app.focused
        if isinstance(pane, RowList) and pane.sortable():
            return pane
        self.app.say(UNSORTED, "muted")
        return None
