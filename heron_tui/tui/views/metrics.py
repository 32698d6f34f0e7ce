"""Metrics: the eight figures over a window of capture time, and the same per model, route, agent or process."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult

from ...store.reader import Reader
from ...store.where import Where
from ..figures import Figure, Table
from ..widgets.metrics_pane import GROUPS, WINDOWS, MetricsPane
from .view import View

if TYPE_CHECKING:
    from ...metrics.points import Group


class MetricsView(View):
    """One pane; enter on a figure goes to its calls."""

    title = "metrics"
    unhinted = ("go-to-turn", "follow-stream", "context", "diff")

    def compose(self) -> ComposeResult:
        self.pane = MetricsPane(id="metrics-pane")
        yield self.pane

    def entered(self) -> None:
        self._ask()

    def changed(self) -> None:
        if self.display:
            self._ask()

    def filtered(self, kind: str, *, grown: bool) -> None:  # noqa: ARG002 - figures are new either way
        if kind == "call" and self.display:
            self._ask()

    @on(MetricsPane.Wanted)
    def _ask(self) -> None:
        seconds, group = WINDOWS[self.pane.window][1], GROUPS[self.pane.group]
        fit = self.heron.filtering.narrowed("call")
        where = fit.where if fit else None
        self.heron.reading.ask("metrics", lambda reader: _read(reader, seconds, group, where), self._show)

    @on(MetricsPane.Opened)
    def _opened(self, event: MetricsPane.Opened) -> None:
        """Go to the calls behind a figure, those that add most to it first; back restores the filter."""
        spot, heron = event.spot, self.heron
        if spot.behind is None:
            heron.say(f"{spot.name}: no call is behind this figure", "muted")
            return
        filtering, before = heron.filtering, heron.filtering.text
        condition = f"{spot.behind.condition} and ({before})" if before else spot.behind.condition
        filtering.apply(condition)

        def leave() -> None:
            if filtering.text == condition:
                filtering.apply(before)

        heron.visit("calls", leaving=leave)
        heron.main.calls.show_largest(spot.behind.order)
        heron.say(f"{spot.name}: the calls behind it" + (", the largest first" if spot.behind.order else ""))

    def _show(self, found: tuple[Sequence[Figure], Sequence[Table]]) -> None:
        self.pane.show_figures(*found)


def _read(
    reader: Reader, seconds: int | None, group: "Group", where: Where | None
) -> tuple[Sequence[Figure], Sequence[Table]]:
    from .. import measuring  # brings numpy with it, which the first paint should not wait for

    return measuring.metrics(reader, seconds, group, where)
