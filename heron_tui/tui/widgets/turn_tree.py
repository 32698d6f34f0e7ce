"""Sessions, turns, calls, tools and sub-agents as a tree, with a waterfall of where the time went."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style

from ...store.troubles import Trouble
from .. import telling
from ..columns import sized
from ..outcomes import SEVERITIES, troubled
from ..turn_nodes import Words, models, spans, words
from ..units import duration
from ..waterfall import bar, cells
from .pane import plain
from .tree_list import NOTED, Node, TreeList

MOST_BAR = 64
MOST_BARS = 256
LEGEND = "█ model ▓ wait ━ tool · idle"
SHORT_LEGEND = "█model ▓wait ━tool"


class TurnTree(TreeList):
    """The tree; `load(node)` is called for a turn as soon as it is visible, so that its bar can be drawn.

    A bar spans the time of the turn it stands in: the bars of a turn and of all below it share one scale.
    """

    scopes: ClassVar[tuple[str, ...]] = ("along", "tree", "list")
    coloured_parts: ClassVar[int | None] = 4
    """The waterfall's colours are its own."""

    def __init__(self, load: Callable[[Node], None], *, id: str | None = None) -> None:
        super().__init__((), empty="no turns: no agent's call was seen", id=id, load=load)
        self.troubles: Mapping[str, Trouble] = {}
        self._bars: dict[str, tuple[tuple[int, ...], Sequence[Node], list[str]]] = {}
        """Bars of what has something below it, as long as that stays: many spans make one up."""

    @property
    def noted_kinds(self) -> Sequence[str]:
        return NOTED

    @property
    def filtered_kind(self) -> str:
        return "session"

    def title_line(self, width: int) -> list[Segment]:
        style = self.palette.title_focus if self.has_focus else self.palette.title
        label, model, tokens, bar_width = self._widths(width)
        text = sized("Session › turn › call", label) + (" " + sized("Model", model)) * bool(model)
        text += (" " + sized("Tokens", tokens, right=True)) * bool(tokens) + " " + sized("Time", 7, right=True)
        parts = [Segment(f"{'▌' if self.has_focus else ' '}{text}  ", style)]
        legend = sized(LEGEND if bar_width >= len(LEGEND) else SHORT_LEGEND, bar_width)
        return [*parts, Segment(f"{legend} ", style)]

    @staticmethod
    def _widths(width: int) -> tuple[int, int, int, int]:
        """Cells of the label, of model and tokens (0: none), and of the bar."""
        bar_width = min(max(width // 4 if width < 100 else width * 3 // 10, 10), MOST_BAR)
        tokens = 11 if width >= 72 else 0
        model = 20 if width >= 112 else 0
        label = width - 2 - bar_width - 2 - 8 - sum(size + 1 for size in (tokens, model) if size)
        return max(label, 8), model, tokens, bar_width

    def draw_row(self, row: Any, selected: bool, width: int) -> list[Segment]:
        node: Node = row
        if node.kind == "turn" and node.children is None and self.load:
            self.load(node)
        palette = self.palette
        ground = (palette.cursor if self.has_focus else palette.cursor_away) if selected else palette.base
        coloured = not ground.reverse

        def on(style: Style) -> Style:
            return (ground + plain(style) if coloured else ground) if selected else style

        label, model, tokens, bar_width = self._widths(width)
        glyph, role, text, text_role = self._words(node)
        if node.kind == "call" and not model:
            text = f"{text}  {telling.model(node.record)}"
        handle = node.handle()
        parts = [
            Segment("▌" if selected and self.has_focus else " ", on(palette.accent)),
            Segment(handle, on(palette.faint)),
            Segment(f"{glyph} ", on(palette.role(role))),
            Segment(sized(text, max(label - len(handle) - 2, 0)), on(palette.role(text_role))),
        ]
        if model:
            parts.append(Segment(" " + sized(models(node), model), on(palette.muted)))
        if tokens:
            parts.append(Segment(" " + sized(telling.tokens(node.record), tokens, right=True), on(palette.muted)))
        parts.append(Segment(" " + sized(self._time(node), 7, right=True) + "  ", on(palette.muted)))
        bars = bar(self._cells(node, bar_width), palette) if node.kind != "session" else self._trouble(node, bar_width)
        parts += [Segment(part.text, on(part.style or palette.base)) for part in bars]
        return [*parts, Segment(" ", ground)]

    def _words(self, node: Node) -> Words:
        """What a node says; one that stands well, with findings on it or below it, has their sign."""
        glyph, role, text, text_role = words(node)
        if node.kind in ("turn", "call", "tool") and role not in ("error", "warn"):
            trouble = self.troubles.get(node.record["id"])
            if trouble is not None:
                glyph, role = SEVERITIES["error" if trouble.errors else "warning"]
        return glyph, role, text, text_role

    def _trouble(self, node: Node, width: int) -> list[Segment]:
        """What is wrong below a session, where others have their bar."""
        trouble = self.troubles.get(node.key)
        wide = sum(len(word) + 2 for word, _ in troubled(trouble)) <= width
        said = troubled(trouble, wide=wide)
        parts = [Segment(f"{word}  ", self.palette.role(role)) for word, role in said]
        return [*parts, Segment(" " * max(width - sum(len(part.text) for part in parts), 0), self.palette.base)]

    def _time(self, node: Node) -> str:
        record = node.record
        start = record.get("t_request_us") or record.get("t_start_us")
        end = record.get("t_end_us") or (self.heron.now_us if start else None)
        return duration(max(end - start, 0)) if start and end else ""

    def _cells(self, node: Node, width: int) -> list[str]:
        turn: Node | None = node
        while turn is not None and turn.kind != "turn":
            turn = turn.parent
        if turn is None:
            return [""] * width
        now = self.heron.now_us or turn.record["t_end_us"]
        start = turn.record["t_start_us"]
        end = now if turn.record["status"] == "in_progress" else turn.record["t_end_us"]
        if not node.children:
            return cells(spans(node, now), start, max(end, start + 1), width)
        made_of = (now if end == now else 0, start, end, width)
        known = self._bars.get(node.key)
        if known is None or known[0] != made_of or known[1] is not node.children:
            idle = node.kind in ("turn", "subagent")
            shown = cells(spans(node, now), start, max(end, start + 1), width, idle=idle)
            known = self._bars[node.key] = made_of, node.children, shown
            if len(self._bars) > MOST_BARS:
                del self._bars[next(iter(self._bars))]
        return known[2]

    def stands_out(self, row: Any) -> bool:
        fit = self.heron.filtering.narrowed("call")
        if row.kind != "call" or fit is None or row.record["id"] not in fit.ids:
            return False
        turn = row
        while turn.parent is not None and turn.kind != "turn":
            turn = turn.parent
        return not fit.ids.issuperset(turn.record["calls"] or ())

    def row_text(self, row: Any) -> str:
        return f"{words(row)[2]} {models(row)}"

    def copy_text(self) -> str:
        return words(self.node)[2] if self.node else ""

    def _move_to(self, kind: str, by: int) -> None:
        """To the `by`-th visible turn or call from the cursor."""
        nodes, step = self.shown.nodes, 1 if by > 0 else -1
        place = self.cursor + step
        for _ in range(abs(by)):
            while 0 <= place < len(nodes) and nodes[place].kind != kind:
                place += step
            if not 0 <= place < len(nodes):
                self.heron.say(f"no further {kind} is open here", "muted")
                return
            found, place = place, place + step
        self.center(found)

    def act_next_turn(self, count: int | None = None) -> None:
        self._move_to("turn", count or 1)

    def act_previous_turn(self, count: int | None = None) -> None:
        self._move_to("turn", -(count or 1))

    def act_next_call(self, count: int | None = None) -> None:
        self._move_to("call", count or 1)

    def act_previous_call(self, count: int | None = None) -> None:
        self._move_to("call", -(count or 1))
