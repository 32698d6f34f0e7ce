"""Watches the calls and what the agents floor makes of them, and keeps the findings of each thing up to date."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..model.call import Call
from ..model.finding import Finding
from ..model.turn import Part, Story, Tool, Turn
from . import cache, calls, secret, turns, window
from .branches import Branch, Branches
from .holes import Holes
from .labels import Labels
from .seen import Prompt, Seen, prompt, seen
from .starts import Starts

HELD_CALLS = 20_000
"""Calls kept; of more than these, the oldest quarter is forgotten. What was found of them stays."""

FAR_BACK = 8
"""Calls looked back at for the one that a call goes on from."""

QUIET_US = 10 * 60 * 1_000_000
"""A turn is given up after so long a silence; one given up sooner was cut short by the capture's end."""

EVERYWHERE: Mapping[str, int] = {}

Window = Callable[[str | None], int | None]
Owner = tuple[str, str]
"""Kind of thing (`call`, `turn`, `tool`, `storm`), and its id."""


@dataclass(slots=True)
class Told:
    """What changed: findings to write, and those that hold no longer."""

    new: list[Finding] = field(default_factory=list)
    gone: list[Finding] = field(default_factory=list)


class Watch:
    """Calls and stories in, changes of findings out.

    The answer depends on the calls and the story as they are now, not on the order in which they came.

    Args:
        window: tokens that fit into the window of a model; None where that is not known.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._labels = Labels()
        self._prompts: dict[str, Prompt] = {}
        self._secrets: dict[str, dict[int, tuple[str, list[str]]]] = {}
        self._calls: dict[str, Seen] = {}
        self._parts: dict[str, Part] = {}
        self._branches = Branches()
        self._compactions: dict[str, dict[str, int]] = {}
        self._retries: dict[str, set[str]] = {}
        self._turns: dict[str, Turn] = {}
        self._starts = Starts()
        self._tools: dict[str, Tool] = {}
        self._tools_of: dict[str, set[str]] = {}
        self._open_tools_of: dict[str, set[str]] = {}
        self._told: dict[Owner, tuple[Finding, ...]] = {}
        self._open: set[str] = set()
        self._holes = Holes()
        self._dirty: set[Owner] = set()
        self._now_us = 0
        self._reached = EVERYWHERE

    def put(self, call: Call) -> None:
        """Take note of a call: when its request is there, and again whenever it has changed."""
        if call.id not in self._prompts:
            self._prompts[call.id] = prompt(call)
            self._secrets[call.id], earlier = self._labels.look(call)
            self._dirty |= {("call", id) for id in earlier}
            for id in earlier:
                self._secrets[id] = {}
        now = self._calls[call.id] = seen(call, self._prompts[call.id])
        streaming = now.outcome == "in_progress" and now.t_content_us is not None
        (self._open.add if streaming else self._open.discard)(call.id)
        self._touch(call.id)

    def lose(self, ends: tuple[str, str], t_us: int) -> None:
        """The capture lost bytes between two addresses: what a turn seems to lack may have been said there."""
        if self._holes.add(ends, t_us):
            for turn in self._turns.values():
                if turn.t_end_us >= t_us - QUIET_US:
                    self._touch_turn(turn.id)

    def tell(self, story: Story, now_us: int, reached: Mapping[str, int] = EVERYWHERE) -> Told:
        """What is different since the last tell.

        Args:
            now_us: capture time reached, in microseconds.
            reached: the same by source, for those that were captured at other hours: where nobody listened was no
                silence.
        """
        self._now_us, self._reached = now_us, reached
        for part in story.parts:
            self._part(part)
        self._take_turns(story)
        self._take_tools(story)
        self._dirty |= {("call", id) for id in self._open}
        told = Told()
        for owner in sorted(self._dirty):
            self._settle(told, owner, tuple(self._examine(owner)))
        self._dirty.clear()
        if len(self._calls) > HELD_CALLS:
            self._forget()
        return told

    # what comes in

    def _touch(self, call: str) -> None:
        """A call is different: so may be what follows it, its turn and the attempts that it is one of."""
        self._dirty.add(("call", call))
        self._dirty |= {("call", id) for id in self._branches.after(call, FAR_BACK)}
        part = self._parts.get(call)
        if part and part.turn:
            self._touch_turn(part.turn)
        if part and (part.retry_of or call in self._retries):
            self._dirty.add(("storm", self._root(call)))

    def _touch_turn(self, id: str) -> None:
        """A turn is different: so may be what is said of tools that wait for a result, or took long."""
        self._dirty.add(("turn", id))
        self._dirty |= {("tool", tool) for tool in self._open_tools_of.get(id, ())}

    def _part(self, part: Part) -> None:
        before = self._parts.get(part.call)
        self._parts[part.call] = part
        call = self._calls.get(part.call)
        if before and before.retry_of != part.retry_of:
            self._dirty |= {("storm", part.call), ("storm", self._root(before.retry_of or part.call))}
            self._retries.get(before.retry_of or "", set()).discard(part.call)
            self._dirty.add(("call", before.retry_of or part.call))
        if part.retry_of:
            self._retries.setdefault(part.retry_of, set()).add(part.call)
            self._dirty.add(("call", part.retry_of))
        if call is None:
            return
        if part.auxiliary == "compaction" and part.session:
            self._compactions.setdefault(part.session, {})[part.call] = call.t_us
        touched = self._branches.move(call.order, _branch(part))
        self._dirty |= {("call", id) for id in touched}
        self._touch(part.call)

    def _take_turns(self, story: Story) -> None:
        for turn in story.turns:
            self._turns[turn.id] = turn
            self._touch_turn(turn.id)
            if before := self._starts.put(turn):
                self._touch_turn(before)
        for id in story.gone_turns:
            self._turns.pop(id, None)
            self._touch_turn(id)
            if before := self._starts.drop(id):
                self._touch_turn(before)

    def _take_tools(self, story: Story) -> None:
        for id in story.gone_tools:
            self._drop_tool(id)
        for tool in story.tools:
            known = self._tools.get(tool.id)
            if known and known.turn != tool.turn:
                self._drop_tool(tool.id)
            self._tools[tool.id] = tool
            self._dirty.add(("tool", tool.id))
            if tool.turn:
                self._tools_of.setdefault(tool.turn, set()).add(tool.id)
                still_open = self._open_tools_of.setdefault(tool.turn, set())
                (still_open.add if turns.is_open(tool) else still_open.discard)(tool.id)
                self._dirty.add(("turn", tool.turn))

    def _drop_tool(self, id: str) -> None:
        tool = self._tools.pop(id, None)
        self._dirty.add(("tool", id))
        if tool and tool.turn:
            for tools in (self._tools_of, self._open_tools_of):
                tools.get(tool.turn, set()).discard(id)
            self._dirty.add(("turn", tool.turn))

    # what is found

    def _examine(self, owner: Owner) -> Iterator[Finding]:
        kind, id = owner
        match kind:
            case "call":
                yield from self._of_call(id)
            case "storm":
                if self._root(id) == id:
                    yield from turns.storm(self._attempts(id))
            case "turn":
                yield from self._of_turn(id)
            case "tool":
                if tool := self._tools.get(id):
                    turn = self._turns.get(tool.turn or "")
                    yield from turns.tool(tool, turn, self._calls, lossy=turn is not None and self._is_lossy(turn))

    def _of_call(self, id: str) -> Iterator[Finding]:
        call, part = self._calls.get(id), self._parts.get(id)
        if call is None or part is None or part.leg_of:
            return  # a leg is the same call once more
        yield from calls.failed(call, bool(self._retries.get(id)))
        yield from calls.stalled(call, self._now(call))
        yield from calls.other_model(call)
        yield from secret.in_prompt(call, self._secrets.get(id, {}))
        if part.auxiliary is None and call.chat:
            before = self._before(call, part)
            known = self._window(call.model or call.asked_model)
            yield from window.near_limit(call, known, window.level(before, known) if before else 0)
            if before:
                yield from cache.broken(call, before, self._labels)

    def _now(self, call: Seen) -> int:
        """Capture time reached where a call was captured."""
        return self._reached.get(call.source, self._now_us)

    def _before(self, call: Seen, part: Part) -> Seen | None:
        """The call whose conversation this one carries on: answered, of the same model, with no compaction between."""
        for id in self._branches.before(call.id, FAR_BACK):
            before = self._calls.get(id)
            if before is None or before.outcome not in ("ok", "unknown") or not before.chat:
                continue
            if before.lossy or call.lossy:
                return None
            if before.asked_model != call.asked_model or before.wire_api != call.wire_api:
                return None
            between = self._compactions.get(part.session or "", {}).values()
            if any(before.t_us < t_us < call.t_us for t_us in between):
                return None
            return before if _goes_on(before.prompt, call.prompt, sure=part.agent != "generic") else None
        return None

    def _of_turn(self, id: str) -> Iterator[Finding]:
        turn = self._turns.get(id)
        if turn is None:
            return
        main = [self._calls[call] for call in turn.calls if call in self._calls and self._is_main(call)]
        last = max(main, key=lambda call: call.order) if main else None
        now_us = self._now(last) if last else self._now_us
        short = now_us - turn.t_end_us < QUIET_US and self._starts.next_us(turn) is None
        yield from turns.unended(turn, last, cut_short=short, lossy=self._is_lossy(turn))
        tools = [self._tools[tool] for tool in self._tools_of.get(id, ()) if tool in self._tools]
        yield from turns.loops(turn, sorted(tools, key=lambda tool: (tool.t_start_us, tool.id)), self._calls)

    def _is_lossy(self, turn: Turn) -> bool:
        """Whether the capture lost bytes on the way to the turn's servers before the next turn began."""
        if not self._holes:
            return False
        servers = {self._calls[id].server for id in turn.calls if id in self._calls}
        return self._holes.between(servers, turn.t_start_us, self._starts.next_us(turn))

    def _is_main(self, call: str) -> bool:
        part = self._parts.get(call)
        return part is not None and part.subagent is None and part.auxiliary is None

    def _attempts(self, root: str) -> list[Seen]:
        found, waiting = [], [root]
        while waiting:
            id = waiting.pop()
            part = self._parts.get(id)
            if id in self._calls and part and not part.leg_of:
                found.append(self._calls[id])
            waiting += self._retries.get(id, ())
        return sorted(found, key=lambda call: call.order)

    def _root(self, call: str) -> str:
        passed = {call}
        while (part := self._parts.get(call)) and part.retry_of and part.retry_of not in passed:
            call = part.retry_of
            passed.add(call)
        return call

    def _settle(self, told: Told, owner: Owner, now: tuple[Finding, ...]) -> None:
        before = self._told.get(owner, ())
        if now == before:
            return
        kept = set(now)
        told.gone += [finding for finding in before if finding not in kept]
        told.new += [finding for finding in now if finding not in set(before)]
        if now:
            self._told[owner] = now
        else:
            del self._told[owner]

    # what is let go

    def _forget(self) -> None:
        """Let go of the oldest calls, and of turns and tools that ended before the oldest that is kept."""
        orders = sorted([call.order for call in self._calls.values()])
        old = [id for _, id in orders[: len(orders) // 4]]
        horizon_us = orders[len(orders) // 4][0]
        for id in old:
            self._branches.drop(id)
            part = self._parts.pop(id, None)
            if part and part.session:
                self._compactions.get(part.session, {}).pop(id, None)
            self._prompts.pop(id, None)
            self._secrets.pop(id, None)
            self._retries.pop(id, None)
            self._open.discard(id)
        past = [id for id, turn in self._turns.items() if turn.t_end_us < horizon_us]
        lost = [tool for turn in past for tool in self._tools_of.pop(turn, ())]
        for id in past:
            self._starts.drop(id)
            self._open_tools_of.pop(id, None)
        self._drop(self._turns, "turn", past)
        self._drop(self._tools, "tool", lost)
        self._drop(self._calls, "call", old)
        self._drop(self._calls, "storm", old)

    def _drop(self, held: dict[str, Turn] | dict[str, Tool] | dict[str, Seen], kind: str, ids: Iterable[str]) -> None:
        for id in ids:
            held.pop(id, None)
            self._told.pop((kind, id), None)


def _branch(part: Part) -> Branch | None:
    """Side calls and legs are in no branch: they are no step of a conversation."""
    return None if part.session is None or part.leg_of or part.auxiliary else (part.session, part.subagent)


def _goes_on(one: Prompt, other: Prompt, *, sure: bool) -> bool:
    """Whether two prompts of a branch are of one conversation: one thread may be resumed in the place of another.

    What stands before the messages, or the messages themselves, must be as they were.

    Args:
        sure: the session was told by the agent itself.
    """
    if one.chained or other.chained:
        return True
    if not sure and one.keys[:1] != other.keys[:1]:
        return False
    return one.pieces == other.pieces or other.keys[: len(one.keys)] == one.keys
