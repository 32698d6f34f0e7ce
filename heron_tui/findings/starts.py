"""When the turns of each session began: which came before, which next."""

from bisect import bisect_left, bisect_right, insort
from operator import itemgetter

from ..model.turn import Turn

Start = tuple[int, str]


class Starts:
    def __init__(self) -> None:
        self._starts: dict[str, list[Start]] = {}
        self._of: dict[str, tuple[str, Start]] = {}

    def put(self, turn: Turn) -> str | None:
        """Take note of a turn; answers the one before it where that had not been known to come before it."""
        start = turn.t_start_us, turn.id
        if self._of.get(turn.id) == (turn.session, start):
            return None
        self.drop(turn.id)
        starts = self._starts.setdefault(turn.session, [])
        insort(starts, start)
        self._of[turn.id] = turn.session, start
        place = bisect_left(starts, start)
        return starts[place - 1][1] if place else None

    def drop(self, id: str) -> str | None:
        """Take a turn out; answers the one before it."""
        known = self._of.pop(id, None)
        if known is None:
            return None
        session, start = known
        starts = self._starts[session]
        place = bisect_left(starts, start)
        before = starts[place - 1][1] if place else None
        del starts[place]
        if not starts:
            del self._starts[session]
        return before

    def next_us(self, turn: Turn) -> int | None:
        """When the next turn of the session began; None where there is none (yet)."""
        starts = self._starts.get(turn.session, [])
        place = bisect_right(starts, turn.t_start_us, key=itemgetter(0))
        return starts[place][0] if place < len(starts) else None
