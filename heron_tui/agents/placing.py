"""Places calls, one after the other in the order of their time: session, sub-agent, turn, attempt, tools.

A call's place depends on itself and on the calls before it, never on when it was put. What a call enters in the ledger
is on its trail: taking calls out from the last one back, and placing them again, gives the same as placing once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core.ids import content_id
from . import branches, legs, links, results, runs
from .ledger import Begun, Ledger, Placed
from .links import FORGET_US
from .said import plain_id
from .trail import undo

QUOTED_US = 60 * 1_000_000
"""How far a side call without session may be from the prompt it quotes."""

SUMMARY_SHORT = 40
"""Characters below which a summary must be a text block of its own to be known again."""

DEPTH = 16


@dataclass(slots=True)
class Changed:
    """What may have become different since it was last told."""

    calls: set[str] = field(default_factory=set)
    turns: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    tools: set[tuple[str, int]] = field(default_factory=set)


class Placer:
    """Places calls and takes them out again, and remembers what was touched."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.changed = Changed()

    def place(self, node: Placed) -> None:
        """Place a call behind all those placed so far."""
        node.outer = legs.outer_of(self.ledger, node)
        node.retry_of = links.attempt_before(self.ledger, node)
        node.attempt = 1 if node.retry_of is None else node.retry_of.attempt + 1
        if node.asked.attempt is not None:
            node.attempt = max(node.attempt, node.asked.attempt + 1)
        if node.outer is None:
            self._place_counted(node)
        else:
            node.session = node.subagent = node.turn = node.parent = node.started_by = node.helps = None
            node.tool_ids = ()
        self._enter(node)
        self._touch(node)

    def _place_counted(self, node: Placed) -> None:
        """Place a call that is no leg of another."""
        node.session = self._own_session(node)
        node.parent = links.carried_on(self.ledger, node)
        fresh = not (node.asked.auxiliary or node.retry_of or node.parent or links.is_said_main(node))
        node.started_by = branches.started_by(self.ledger, node) if fresh else None
        node.helps = branches.waiting_turn(self.ledger, node) if fresh and not node.started_by else None
        node.session = node.session or self._found_session(node)
        node.subagent = self._subagent(node)
        node.turn = self._turn(node)

    def take_out(self, node: Placed) -> None:
        """Undo `place` of the call that was placed last."""
        self._touch(node)
        undo(node.trail)

    def take_changed(self) -> Changed:
        """What was touched since this was last asked."""
        changed, self.changed = self.changed, Changed()
        return changed

    def _own_session(self, node: Placed) -> str | None:
        """The session that the request itself names: of a sub-agent with a session of its own, its parent's."""
        asked = node.asked
        if asked.session is None:
            return None
        if asked.parent and asked.parent != asked.session and not self.ledger.above[asked.session]:
            self.ledger.above.enter(node.trail, asked.session, asked.parent)
        session = asked.session
        for _ in range(DEPTH):
            above = self.ledger.above.first(session)
            if above is None:
                break
            session = above
        return session

    def _found_session(self, node: Placed) -> str | None:
        """The session of a call that names none; None for side calls, and unread ones, of which nothing tells it."""
        for before in (node.retry_of, node.parent):
            if before and before.session:
                return before.session
        if node.asked.auxiliary or node.asked.unread:
            return None
        if node.started_by:
            return node.started_by.call.session
        if node.helps:
            return node.helps.session
        return self._summarised(node) or content_id("s", node.asked.id)

    def _summarised(self, node: Placed) -> str | None:
        """The session whose summary (the answer to a compaction) stands in the first message of this conversation."""
        for summary in reversed(self.ledger.summaries[node.agent][-links.SEEN :]):
            text = summary.answered.text.strip()
            if node.t_us - summary.t_us > FORGET_US:
                continue
            for block in node.asked.opening:
                if text and (block.strip() == text or (len(text) >= SUMMARY_SHORT and text in block)):
                    return summary.session
        return None

    def _subagent(self, node: Placed) -> str | None:
        asked = node.asked
        if asked.auxiliary and not asked.subagent:
            return None
        if asked.subagent_id:
            return asked.subagent_id
        if node.retry_of:
            return node.retry_of.subagent
        if node.parent and not links.is_said_main(node):
            return node.parent.subagent
        return content_id("a", asked.id) if asked.subagent or node.started_by or node.helps else None

    def _turn(self, node: Placed) -> Begun | None:
        asked, session = node.asked, node.session
        if asked.auxiliary or session is None:
            return None
        if asked.turn and (named := self.ledger.exact.last((session, asked.turn))):
            return named
        if node.subagent is not None:
            return self._turn_of_branch(node) or (None if asked.unread else self._begin(node))
        if asked.turn:
            return (node.retry_of and node.retry_of.turn) or self._begin(node)
        return self._turn_of_main(node) or (None if asked.unread else self._begin(node))

    def _turn_of_main(self, node: Placed) -> Begun | None:
        """The turn that goes on with this call; None where one begins."""
        asked = node.asked
        if node.retry_of:
            return node.retry_of.turn
        if asked.typed:
            return next((before.turn for before in self._failed_before(node)), None)
        for id in asked.notified:
            if turn := self._turn_that_started(node, id):
                return turn
        if node.parent and node.parent.turn:
            return node.parent.turn
        return self._latest_turn(node)

    def _failed_before(self, node: Placed) -> Iterator[Placed]:
        """Calls at the same point of the session's conversation that came to nothing: asked otherwise, once more."""
        for before in reversed(self.ledger.states[node.asked.state][-links.SEEN :]):
            if before.session == node.session and before.is_main and before.answered.failed and before.turn:
                yield before

    def _turn_of_branch(self, node: Placed) -> Begun | None:
        """A sub-agent's calls belong to the turn that started it, until somebody sends it another task."""
        assert node.session is not None and node.subagent is not None
        if node.retry_of and node.retry_of.turn:
            return node.retry_of.turn
        if node.started_by and node.started_by.call.turn:
            return node.started_by.call.turn
        if node.helps:
            return node.helps
        before = self.ledger.branches.last((node.session, node.subagent))
        if before is None or (node.asked.typed and not node.asked.opens):
            return self._latest_turn(node) or (before.turn if before else None)
        return before.turn

    def _turn_that_started(self, node: Placed, id: str) -> Begun | None:
        """The turn of the tool call, or of the sub-agent, with this id."""
        assert node.session is not None
        for ask in reversed(self.ledger.asks[plain_id(id)][-links.SEEN :]):
            if ask.call.session == node.session and ask.call.turn:
                return ask.call.turn
        branch = self.ledger.branches.last((node.session, id))
        return branch.turn if branch else None

    def _latest_turn(self, node: Placed) -> Begun | None:
        assert node.session is not None
        turn = self.ledger.turns.last(node.session)
        last = self.ledger.calls.last(turn.id) if turn else None
        return turn if last and node.t_us - last.answered.active_us <= FORGET_US else None

    def _begin(self, node: Placed) -> Begun:
        asked, ledger = node.asked, self.ledger
        assert node.session is not None
        prompt = (asked.prompt or asked.last_prompt) if node.subagent is None else ""
        turn = Begun(content_id("t", node.session, asked.id), node.session, node.agent, prompt, asked.t_us)
        ledger.turns.enter(node.trail, node.session, turn)
        if asked.turn:
            ledger.exact.enter(node.trail, (node.session, asked.turn), turn)
        if node.parent and node.parent.turn:
            ledger.followed.enter(node.trail, node.parent.turn.id, turn)
        if node.is_main:
            self._adopt(node, turn)
        return turn

    def _adopt(self, node: Placed, turn: Begun) -> None:
        """Side calls that came shortly before this turn and quote its prompt are of its session."""
        ledger = self.ledger
        ledger.spoken.enter(node.trail, node.agent, turn)
        for side in reversed(ledger.waiting[node.agent]):
            if node.t_us - side.t_us > QUOTED_US:
                break
            if quotes(side, turn) and not ledger.adopted[side.id]:
                ledger.adopted.enter(node.trail, side.id, turn)
                ledger.members.enter(node.trail, turn.session, side)

    def _wait(self, node: Placed) -> None:
        """A side call without session: it goes to the latest turn whose prompt it quotes, or waits for one."""
        ledger = self.ledger
        for turn in reversed(ledger.spoken[node.agent]):
            if node.t_us - turn.t_us > QUOTED_US:
                break
            if quotes(node, turn):
                ledger.adopted.enter(node.trail, node.id, turn)
                ledger.members.enter(node.trail, turn.session, node)
                return
        ledger.waiting.enter(node.trail, node.agent, node)

    def _enter(self, node: Placed) -> None:
        """Let the calls that follow find this one."""
        ledger, asked, answered, trail = self.ledger, node.asked, node.answered, node.trail
        if asked.words:
            ledger.words.enter(trail, asked.words, node)
        ledger.same.enter(trail, asked.same, node)
        if node.retry_of:
            ledger.retried.enter(trail, node.retry_of.id, node)
        if node.outer:
            ledger.legs.enter(trail, node.outer.id, node)
            return
        runs.enter(ledger, node)
        ledger.states.enter(trail, asked.state, node)
        if node.session is None:
            self._wait(node)
            return
        ledger.members.enter(trail, node.session, node)
        results.enter(ledger, node)
        if node.turn:
            ledger.calls.enter(trail, node.turn.id, node)
        if node.started_by:
            ledger.claimed.enter(trail, node.started_by.key, node)
        if node.subagent is not None:
            ledger.branches.enter(trail, (node.session, node.subagent), node)
        if asked.auxiliary == "compaction" and answered.text.strip():
            ledger.summaries.enter(trail, node.agent, node)
        if asked.auxiliary is None:
            if answered.state is not None:
                ledger.answers.enter(trail, answered.state, node)
            if answered.id:
                ledger.responses.enter(trail, answered.id, node)

    def _touch(self, node: Placed) -> None:
        """Name all that this call, and what it entered, may have changed."""
        changed, ledger = self.changed, self.ledger
        changed.calls.add(node.id)
        changed.tools.update([(node.id, place) for place in range(len(node.tool_ids))])
        for table, key, value in node.trail:
            if table is ledger.members or table is ledger.turns:
                changed.sessions.add(key)
            elif table is ledger.calls or table is ledger.followed:
                changed.turns.add(key)
            elif table is ledger.legs:
                changed.calls.add(node.counted.id)
            elif table is ledger.adopted:
                changed.calls.update([key, *[leg.id for leg in legs.all_of(ledger, key)]])
            elif table is ledger.ran:
                changed.tools.add(key)
            elif table is ledger.results:
                changed.tools.add(key)
                if turn := value.ask.call.turn:
                    changed.turns.add(turn.id)


def quotes(side: Placed, turn: Begun) -> bool:
    return bool(turn.prompt) and turn.prompt in side.asked.quote
