"""Tells what calls were part of, and tells it again when it turns out to be different."""

from bisect import bisect_left, insort
from collections.abc import Sequence

from ..model.call import Call
from ..model.turn import Story
from .facts import Reader
from .ledger import Placed
from .links import FORGET_US
from .placing import Placer
from .profile import Profile
from .told import Told
from .trail import undo

HELD_CALLS = 20_000
"""Calls kept; of more than these the oldest turns are forgotten."""

SWEEP_US = 3600 * 1_000_000


class Teller:
    """Calls in, in any order; changes of parts, turns, sessions and tools out.

    The answer depends on the times of packets only. Calls are placed in the order of their requests; where one comes
    late, or turns out to be different, all behind it are taken out and placed again. What has been silent for
    `FORGET_US` is forgotten: only its sums are kept.
    """

    def __init__(self, profiles: Sequence[Profile], *, held: int = HELD_CALLS) -> None:
        self._reader = Reader(profiles)
        self._placer = Placer()
        self._told = Told(self._placer.ledger)
        self._nodes: dict[str, Placed] = {}
        self._order: list[tuple[int, str]] = []
        self._placed = 0
        self._held = held
        self._swept_us = 0
        self._sweep_at = held

    def put(self, call: Call) -> None:
        """Take note of a call: when its request is there, and again whenever it has changed."""
        node = self._nodes.get(call.id)
        if node is None:
            asked = self._reader.asked(call)
            self._nodes[call.id] = Placed(asked, self._reader.answered(call, asked))
            self._back_to(asked.order)
            insort(self._order, asked.order)
            return
        answered = self._reader.answered(call, node.asked)
        if answered != node.answered:
            self._back_to(node.asked.order)
            node.answered = answered

    def tell(self, now_us: int, *, final: bool = False) -> Story:
        """What has changed since the last tell.

        Args:
            now_us: capture time reached.
            final: the capture has ended: what is not complete now never will be.
        """
        for _, id in self._order[self._placed :]:
            self._placer.place(self._nodes[id])
        self._placed = len(self._order)
        story = self._told.tell(self._nodes, self._placer.take_changed(), now_us, final=final)
        if now_us - self._swept_us >= SWEEP_US or len(self._order) > self._sweep_at:
            self._forget(now_us)
            self._swept_us = now_us
            self._sweep_at = max(self._held, len(self._order)) + self._held // 8
        return story

    def _back_to(self, order: tuple[int, str]) -> None:
        """Take out all placed calls from `order` on."""
        place = bisect_left(self._order, order, 0, self._placed)
        for _, id in reversed(self._order[place : self._placed]):
            self._placer.take_out(self._nodes[id])
        self._placed = place

    def _forget(self, now_us: int) -> None:
        """Let go of turns, and of calls without turn, that are long silent, and of the oldest beyond the cap."""
        horizon_us = now_us - FORGET_US
        if len(self._order) > self._held:
            horizon_us = max(horizon_us, self._order[-self._held][0])
        old = self._told.silent_since(self._nodes.values(), horizon_us)
        if not old:
            return
        for node in old:
            undo(node.trail)
            node.outer = node.parent = node.retry_of = node.started_by = None
            del self._nodes[node.id]
        self._order = [order for order in self._order if order[1] in self._nodes]
        self._placed = len(self._order)
