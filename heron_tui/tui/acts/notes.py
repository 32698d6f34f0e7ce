"""Marks, ignored rows, comments and time references: what people note on rows."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ...core.errors import SourceError
from ...store.notes import Key, Note
from ..choice import ChosenRows
from ..widgets.row_list import RowList
from ..widgets.tree_list import TreeList
from .group import Group

NOTHING_HERE = "nothing can be noted here"
NO_PACKET = "times count from a packet: select one in Packets"


class NoteActs(Group):
    def act_mark(self) -> None:
        self._note(lambda _, note: replace(note, marked=not note.marked), anew=True)

    def act_ignore(self) -> None:
        self._note(lambda _, note: replace(note, ignored=not note.ignored), anew=True)

    def act_time_reference(self) -> None:
        key = self._selected()[2]
        if key is None or key[0] != "packet":
            self.app.say(NO_PACKET, "muted")
            return

        def turn(row: Any, note: Note) -> Note:
            return replace(note, reference=None if note.reference is not None else row.packet.time_us)

        self._note(turn)
        self.app.tell_references()

    def act_comment(self) -> None:
        from ..screens.ask import AskScreen

        pane, row, key = self._selected()
        if pane is None or key is None:
            self.app.say(NOTHING_HERE, "muted")
            return

        def written(text: str | None) -> None:
            if text is not None:
                self._put(key, replace(self.app.notes.get(key), comment=text.strip()))
                pane.refresh()
                self.app.say(f"¶ {text.strip()}" if text.strip() else "")

        kind, id = key
        title = f"Comment on {kind} {id}" if kind == "packet" else f"Comment on this {kind}"
        self.app.push_screen(AskScreen(title, pane.comment_of(row), "an empty line takes the comment away"), written)

    def act_unmark_all(self) -> None:
        pane = self._list()
        if pane is None:
            return
        marked = [(kind, id) for kind in pane.noted_kinds for id in self.app.notes.marked(kind)]
        for key in marked:
            self._put(key, replace(self.app.notes.get(key), marked=False))
        self.app.say(f"unmarked {len(marked)}")
        if pane.only_marked:
            pane.show_everything()
        pane.refresh()

    def act_only_marked(self) -> None:
        pane = self._list()
        if pane is None:
            return
        marked = {(kind, id) for kind in pane.noted_kinds for id in self.app.notes.marked(kind)}
        if not pane.only_marked and not marked:
            what = pane.kind or "row of the tree"
            self.app.say(f"no {what} is marked: {self.app.keymap.first('mark')} marks", "warn")
            return
        pane.only_marked = not pane.only_marked
        pane.rearrange()
        self.app.say(self._how_many(pane, marked) if pane.only_marked else "everything is shown again")

    def _how_many(self, pane: RowList, marked: set[Key]) -> str:
        """What to say of the marked ones; a tree has only those that were loaded."""
        if isinstance(pane, TreeList):
            there = {pane.key_of(node) for node in pane.shown.nodes}
            if missing := len(marked - there):
                return f"only what is marked is shown; {missing} more in turns that were not opened yet"
        return "only what is marked is shown"

    def act_hide_ignored(self) -> None:
        pane = self._list()
        if pane is None:
            return
        pane.hide_ignored = not pane.hide_ignored
        count = sum(len(self.app.notes.ignored(kind)) for kind in pane.noted_kinds)
        self.app.say(f"{count} ignored left out" if pane.hide_ignored else "what is ignored is shown, dimmed")
        pane.rearrange()

    def act_next_mark(self, count: int | None = None) -> None:
        self._along(count or 1)

    def act_previous_mark(self, count: int | None = None) -> None:
        self._along(-(count or 1))

    def _along(self, by: int) -> None:
        pane = self.app.focused
        if not isinstance(pane, RowList):
            self.app.say(NOTHING_HERE, "muted")
            return
        source = pane.source
        if isinstance(source, ChosenRows):
            source.places(self.app.notes.marked(pane.kind), lambda places: self._go(pane, places, by))
            return
        rows = source.window(0, source.count())
        notes = self.app.notes
        places = [i for i, row in enumerate(rows) if row is not None and notes.get(pane.key_of(row)).marked]
        self._go(pane, places, by)

    def _go(self, pane: RowList, places: list[int], by: int) -> None:
        """To the `by`-th marked row behind (before, if negative) the cursor; on from the other end at the last one."""
        if not places:
            self.app.say(f"nothing is marked here: {self.app.keymap.first('mark')} marks", "warn")
            return
        before = sum(place < pane.cursor for place in places)
        here = pane.cursor in places
        at = before + (by if here or by < 0 else by - 1)
        if not 0 <= at < len(places):
            self.app.say("on from the other end", "muted")
        pane.center(places[at % len(places)])

    def _list(self) -> RowList | None:
        """The list in focus, if it can show some of its rows only."""
        pane = self.app.focused
        if isinstance(pane, RowList) and pane.noted_kinds:
            return pane
        self.app.say(NOTHING_HERE, "muted")
        return None

    def _selected(self) -> tuple[RowList | None, Any, Key | None]:
        pane = self.app.focused
        if not isinstance(pane, RowList) or pane.row is None:
            return None, None, None
        return pane, pane.row, pane.key_of(pane.row)

    def _note(self, change: Callable[[Any, Note], Note], *, anew: bool = False) -> None:
        pane, row, key = self._selected()
        if pane is None or key is None:
            self.app.say(NOTHING_HERE, "muted")
            return
        note = change(row, self.app.notes.get(key))
        self._put(key, note)
        if anew and (pane.only_marked or pane.hide_ignored):
            gone = (pane.only_marked and not note.marked) or (pane.hide_ignored and note.ignored)
            behind = [other for other in pane.source.window(pane.cursor + 1, pane.cursor + 2) if other is not None]
            next_key = pane.key_of(behind[0]) if gone and behind else None
            pane.rearrange(stay=next_key[1] if next_key else None)
        pane.refresh()

    def _put(self, key: Key, note: Note) -> None:
        try:
            self.app.notes.put(key, note)
        except SourceError as error:
            self.app.say(str(error), "warn")
