"""How lists show their rows: sorted by a column."""

from ..screens.pick import Pick, PickScreen
from ..widgets.row_list import RowList
from .group import Group

UNSORTED = "this list cannot be sorted"


class ListActs(Group):
    def act_sort(self) -> None:
        pane = self._sortable()
        if pane is None:
            return
        picks = [Pick("", "as it came", "" if pane.sorted_by else "now")]
        for column in pane.sortable():
            now = ("descending" if pane.descending else "ascending") if column.sort == pane.sorted_by else ""
            picks.append(Pick(column.sort, column.title.strip() or column.key, now))

        def picked(field: str | None) -> None:
            if field is not None:
                down = bool(field) and field == pane.sorted_by and not pane.descending
                pane.sort_by(field, down=down)

        at = next((i for i, pick in enumerate(picks) if pick.value == pane.sorted_by), 0)
        self.app.push_screen(PickScreen("Sort by", picks, at), picked)

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

    def _sortable(self) -> RowList | None:
        pane = self.app.focused
        if isinstance(pane, RowList) and pane.sortable():
            return pane
        self.app.say(UNSORTED, "muted")
        return None
