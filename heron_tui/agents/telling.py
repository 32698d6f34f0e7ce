"""Records from placed calls: parts, turns, sessions, tools."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from ..model.call import Tokens
from ..model.turn import Leg, Part, Session, SubAgent, Tool, Turn
from . import legs
from .ledger import Ask, Begun, Ledger, Placed
from .spans import Span, length

Status = Literal["in_progress", "complete", "incomplete"]

IDLE_US = 10 * 60 * 1_000_000
"""A turn without a final answer is given up when the capture has been silent for so long."""


def part(ledger: Ledger, node: Placed) -> Part:
    counted = node.counted
    found = ledger.adopted.last(counted.id)
    return Part(
        call=node.id,
        agent=counted.agent,
        session=found.session if found else counted.session,
        turn=node.turn.id if node.turn else None,
        subagent=counted.subagent,
        auxiliary=counted.asked.auxiliary,
        attempt=node.attempt,
        retry_of=node.retry_of.id if node.retry_of else None,
        leg_of=counted.id if node.outer else None,
        legs=() if node.outer else tuple(_legs(ledger, node)),
    )


def _legs(ledger: Ledger, node: Placed) -> Iterator[Leg]:
    for leg in sorted(legs.all_of(ledger, node.id), key=lambda leg: leg.asked.order):
        yield Leg(
            call=leg.id,
            flow=leg.asked.flow,
            client=leg.asked.client,
            server=leg.asked.server,
            role="mirror" if legs.is_mirror(leg, node) else "upstream",
            model=leg.answered.model,
            overhead_us=_overhead(node, leg),
            of=leg.outer.id if leg.outer else None,
        )


def _overhead(node: Placed, leg: Placed) -> int | None:
    """None also of a leg that went on when the client was gone."""
    one, other = _took(node), _took(leg)
    if one is None or other is None or leg.t_us + other > node.t_us + one + legs.SLACK_US:
        return None
    return one - other


def _took(node: Placed) -> int | None:
    end_us = node.answered.end_us
    return None if end_us is None else end_us - node.t_us


def turn(ledger: Ledger, begun: Begun, now_us: int, *, final: bool) -> Turn:
    """A turn as far as it has come.

    Model time is the time in which a call of the main agent or of a sub-agent is open, tool time that in which a tool
    is open and no call, idle time the rest. A tool is open from the end of the response that asked for it to the start
    of the request that carries its result; one without a result is not counted.
    """
    calls = ledger.calls[begun.id]
    main = [node for node in calls if node.subagent is None]
    last = main[-1] if main else calls[-1]
    end_us = max([node.answered.active_us for node in calls])
    start_us = calls[0].t_us
    asks = [Ask(node, place) for node in calls for place in range(len(node.answered.tools))]
    model = [(node.t_us, node.answered.active_us) for node in calls]
    tools = [_clip(span, start_us, end_us) for ask in asks if (span := tool_span(ledger, ask))]
    model_us, busy_us = length(model), length([*model, *tools])
    tokens = total(calls)
    return Turn(
        id=begun.id,
        session=begun.session,
        agent=begun.agent,
        status=_status(ledger, begun, main[-1] if main else None, final or now_us - end_us >= IDLE_US),
        t_start_us=start_us,
        t_end_us=end_us,
        prompt=_prompt(begun, main),
        answer=next((node.answered.text for node in reversed(main) if node.answered.final and node.answered.text), ""),
        finish=last.answered.finish,
        calls=tuple([node.id for node in calls]),
        main_calls=len(main),
        subagents=tuple(_subagents(calls)),
        tools=len(asks),
        models=tuple(dict.fromkeys([node.answered.model for node in calls if node.answered.model])),
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        model_us=model_us,
        tool_us=busy_us - model_us,
        idle_us=end_us - start_us - busy_us,
    )


def _prompt(begun: Begun, main: Sequence[Placed]) -> str:
    """What the user asked, and what the user added while the agent worked on it.

    Where the capture lacks the request that asked it, a sub-agent's call may have begun the turn: then the main agent's
    next one tells.
    """
    said = [begun.prompt or (main[0].asked.last_prompt if main else "")]
    for node in main:
        said += [node.asked.prompt, node.asked.steering]
    return "\n\n".join(dict.fromkeys([text for text in said if text]))


def _status(ledger: Ledger, begun: Begun, last: Placed | None, given_up: bool) -> Status:
    """Complete when the main agent has answered and asks for no tool; given up when somebody went on without it."""
    if last and last.answered.whole and last.answered.final:
        return "complete"
    if given_up or ledger.followed[begun.id]:
        return "incomplete"
    return "in_progress"


def _subagents(calls: Iterable[Placed]) -> list[SubAgent]:
    branches: dict[str, list[Placed]] = {}
    for node in calls:
        if node.subagent is not None:
            branches.setdefault(node.subagent, []).append(node)
    found = []
    for id, nodes in branches.items():
        ask = next((node.started_by for node in nodes if node.started_by), None)
        name = ask.tool.spawned.name if ask and ask.tool.spawned else None
        parent = ask.call.tool_ids[ask.place] if ask and ask.place < len(ask.call.tool_ids) else None
        found.append(SubAgent(id, name, tuple([node.id for node in nodes]), parent))
    return found


def session(ledger: Ledger, id: str, members: Sequence[Placed]) -> Session:
    calls = sorted(members, key=lambda node: node.asked.order)
    first = next((node for node in calls if node.asked.auxiliary is None), calls[0])
    tokens = total(calls)
    return Session(
        id=id,
        agent=first.agent,
        t_start_us=calls[0].t_us,
        t_end_us=max([node.answered.active_us for node in calls]),
        turns=len(ledger.turns[id]),
        calls=len(calls),
        cwd=next((node.asked.cwd for node in (first, *calls) if node.asked.cwd), None),
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
    )


def tool(ledger: Ledger, ask: Ask) -> Tool:
    node, asking, carried = ask.call, ask.tool, ledger.results.first(ask.key)
    ran = ledger.ran.first(ask.key)
    span = tool_span(ledger, ask)
    return Tool(
        id=node.tool_ids[ask.place],
        name=asking.name,
        call=node.id,
        result_call=carried.call.id if carried else None,
        turn=node.turn.id if node.turn else None,
        subagent=node.subagent,
        arguments=asking.arguments,
        error=carried.result.error if carried else None,
        t_start_us=span[0] if span else node.answered.active_us,
        t_end_us=span[1] if span else None,
        result_bytes=carried.result.size if carried else None,
        mcp_server=asking.mcp_server,
        mcp_call=ran.id if ran else None,
    )


def tool_span(ledger: Ledger, ask: Ask) -> Span | None:
    """From the end of the response that asked to the start of the request that carries the result, if one does.

    A client may answer a tool while the rest of the response still comes: the tool took no time then.
    """
    carried = ledger.results.first(ask.key)
    if carried is None:
        return None
    end_us = carried.call.t_us
    return min(ask.call.answered.active_us, end_us), end_us


def total(calls: Iterable[Placed]) -> Tokens:
    """Tokens of all calls together; None where no call names any."""
    all_tokens = [node.answered.tokens for node in calls]
    return Tokens(
        input=_sum([one.input for one in all_tokens]),
        output=_sum([one.output for one in all_tokens]),
        cache_read=_sum([one.cache_read for one in all_tokens]),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _clip(span: Span, start: int, end: int) -> Span:
    return max(span[0], start), min(span[1], end)
