"""What has been told so far, so that only what is different is told again."""

from collections.abc import Iterable
from dataclasses import replace

from ..model.turn import Part, Session, Story, Tool, Turn
from . import telling
from .ledger import Ask, Ledger, Placed
from .placing import Changed
from .telling import IDLE_US

PAST_SESSIONS = 10_000


class Told:
    """The last word on every call, turn, session and tool that is still held."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parts: dict[str, Part] = {}
        self._turns: dict[str, Turn] = {}
        self._sessions: dict[str, Session] = {}
        self._tools: dict[tuple[str, int], Tool] = {}
        self._open: set[str] = set()
        self._past: dict[str, Session] = {}

    def tell(self, nodes: dict[str, Placed], changed: Changed, now_us: int, *, final: bool) -> Story:
        """Look again at all that may have changed; what is different goes into the story."""
        story = Story()
        given_up = [id for id in self._open if final or now_us - self._turns[id].t_end_us >= IDLE_US]
        for id in sorted(changed.calls):
            self._tell_part(story, nodes.get(id), id)
        for id in sorted(changed.turns.union(given_up)):
            self._tell_turn(story, id, now_us, final=final)
        for id in sorted(changed.sessions):
            self._tell_session(story, id)
        self._tell_tools(story, nodes, changed)
        return story

    def _tell_part(self, story: Story, node: Placed | None, id: str) -> None:
        if node is None:
            return
        part = telling.part(self._ledger, node)
        if self._parts.get(id) != part:
            self._parts[id] = part
            story.parts.append(part)

    def _tell_turn(self, story: Story, id: str, now_us: int, *, final: bool) -> None:
        first = self._ledger.calls.first(id)
        if first is None or first.turn is None:
            self._open.discard(id)
            if self._turns.pop(id, None):
                story.gone_turns.append(id)
            return
        turn = telling.turn(self._ledger, first.turn, now_us, final=final)
        if turn.status == "in_progress":
            self._open.add(id)
        else:
            self._open.discard(id)
        if self._turns.get(id) != turn:
            self._turns[id] = turn
            story.turns.append(turn)

    def _tell_session(self, story: Story, id: str) -> None:
        members = self._ledger.members[id]
        if not members:
            if self._sessions.pop(id, None) and id not in self._past:
                story.gone_sessions.append(id)
            return
        session = telling.session(self._ledger, id, members)
        if past := self._past.get(id):
            session = _sum(past, session)
        if self._sessions.get(id) != session:
            self._sessions[id] = session
            story.sessions.append(session)

    def _tell_tools(self, story: Story, nodes: dict[str, Placed], changed: Changed) -> None:
        """A tool's id on the wire may pass from one tool to another: an id that is still in use is not gone."""
        gone: list[str] = []
        for key in sorted(changed.tools):
            node, place = nodes.get(key[0]), key[1]
            before = self._tools.pop(key, None)
            if node is None or node.session is None or place >= len(node.tool_ids):
                gone += [before.id] if before else []
                continue
            tool = self._tools[key] = telling.tool(self._ledger, Ask(node, place))
            if tool != before:
                story.tools.append(tool)
                gone += [before.id] if before and before.id != tool.id else []
        if gone:
            used = {tool.id for tool in self._tools.values()}
            story.gone_tools += [id for id in gone if id not in used]

    def silent_since(self, nodes: Iterable[Placed], horizon_us: int) -> list[Placed]:
        """Calls that may be forgotten: of turns that ended before `horizon_us`, and those without turn.

        They are struck from what was told; what they add to their sessions is kept as a sum. Legs last as long as the
        call that counts.
        """
        old: list[Placed] = []
        lasting = self._lasting_turns(horizon_us)
        for node in nodes:
            counted = node.counted
            if counted.answered.active_us >= horizon_us or (counted.turn and counted.turn.id in lasting):
                continue
            old.append(node)
        self._strike(old)
        return old

    def _lasting_turns(self, horizon_us: int) -> set[str]:
        return {id for id, turn in self._turns.items() if turn.t_end_us >= horizon_us or id in self._open}

    def _strike(self, old: list[Placed]) -> None:
        by_session: dict[str, list[Placed]] = {}
        for node in old:
            part = self._parts.pop(node.id, None)
            for place in range(len(node.tool_ids)):
                self._tools.pop((node.id, place), None)
            if part and part.session and not part.leg_of:
                by_session.setdefault(part.session, []).append(node)
        for id, nodes in by_session.items():
            turns = {node.turn.id for node in nodes if node.turn}
            gone = replace(telling.session(self._ledger, id, nodes), turns=len(turns))
            past = self._past.pop(id, None)
            self._past[id] = _sum(past, gone) if past else gone
            for turn in turns:
                self._turns.pop(turn, None)
        while len(self._past) > PAST_SESSIONS:
            forgotten = next(iter(self._past))
            del self._past[forgotten]
            self._sessions.pop(forgotten, None)


def _sum(past: Session, session: Session) -> Session:
    """A session of which a part is forgotten."""
    return replace(
        session,
        agent=past.agent,
        t_start_us=min(past.t_start_us, session.t_start_us),
        t_end_us=max(past.t_end_us, session.t_end_us),
        turns=past.turns + session.turns,
        calls=past.calls + session.calls,
        cwd=past.cwd or session.cwd,
        input_tokens=_plus(past.input_tokens, session.input_tokens),
        output_tokens=_plus(past.output_tokens, session.output_tokens),
        cache_read_tokens=_plus(past.cache_read_tokens, session.cache_read_tokens),
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other
