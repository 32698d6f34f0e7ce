"""Which colour rule each visible row fits."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..store.notes import Key
from ..store.reader import Reader
from .colours import Rule, fitting, shipped
from .visible import Visible

if TYPE_CHECKING:
    from .app import HeronApp


class Colouring:
    """The rules in use, and whether they are on."""

    def __init__(self, app: "HeronApp", rules: Sequence[Rule] | None) -> None:
        self.rules = shipped() if rules is None else rules
        self.on = True
        self._kinds = frozenset(kind for rule in self.rules for kind in rule.kinds)
        self._visible = Visible(app, "colours", self._question, app.redraw)

    def rule(self, key: Key, row: Any) -> Rule | None:
        """The first rule that a row fits, as far as that is known."""
        if not self.on or key[0] not in self._kinds:
            return None
        return self._visible.get(key, row)

    def store_changed(self) -> None:
        self._visible.grown()

    def _question(self, reader: Reader, kind: str, rows: Mapping[str, Any]) -> dict[str, Rule]:
        found: dict[str, Rule] = {}
        for rule in fitting(self.rules, kind):
            left = {id: row for id, row in rows.items() if id not in found}
            if kind == "packet":
                fits = map(str, reader.few.packets(rule.node, [row.packet for row in left.values()]))
            else:
                fits = iter(reader.few.fitting(kind, rule.node, left))  # type: ignore[arg-type]
            found.update(dict.fromkeys(fits, rule))
        return found
