"""What goes wrong over several calls: loops, retries, tools, turns without an end."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ..model.finding import Finding, Severity
from ..model.turn import Tool, Turn
from .seen import Seen
from .words import count, cut, dollars, seconds

LOOP = 3
"""The same tool with the same arguments so often in a turn is a loop (product's table of findings)."""

STORM = 3
"""Attempts of one request from which on retries are a storm."""

SLOW_US = 60 * 1_000_000
"""A tool that takes longer is slow."""

ENDED = {
    "error": "its last call failed",
    "truncated": "its last answer broke off",
    "aborted": "the client went away from its last call",
    "no_response": "its last call was never answered",
}

_encode = msgspec.json.Encoder(order="deterministic").encode


def loops(turn: Turn, tools: Sequence[Tool], calls: Mapping[str, Seen]) -> Iterator[Finding]:
    """`turn.loop`: the same tool with the same arguments three times or more, by one agent of a turn.

    Arguments in which the capture has holes may look alike, and are left out.
    """
    same: dict[tuple[str | None, str, bytes], list[Tool]] = {}
    for tool in tools:
        lossy = tool.call in calls and calls[tool.call].lossy
        if tool.arguments and not lossy:
            same.setdefault((tool.subagent, tool.name, _encode(tool.arguments)), []).append(tool)
    for (subagent, name, arguments), found in same.items():
        if len(found) < LOOP:
            continue
        who = "a sub-agent" if subagent else "the agent"
        asked = [calls[id] for id in dict.fromkeys([tool.call for tool in found]) if id in calls]
        span = found[-1].t_start_us - found[0].t_start_us
        spent = _spent(asked)
        text = (
            f"{who} ran {name} {len(found)} times with the same arguments within {seconds(span)}"
            f"{spent}: {cut(arguments.decode('utf-8', 'replace'), 100)}"
        )
        packet = asked[LOOP - 1].packet if len(asked) >= LOOP else None
        yield Finding("turn.loop", "warning", found[0].t_start_us, "turn", turn.id, text, packet)


def storm(attempts: Sequence[Seen]) -> Iterator[Finding]:
    """`call.retry_storm`: one request tried three times or more. It is told at the first attempt."""
    if len(attempts) < STORM:
        return
    first, last = attempts[0], attempts[-1]
    failed = [call for call in attempts if call.outcome not in ("ok", "in_progress")]
    reasons = list(dict.fromkeys([str(call.error_type or call.status or call.outcome) for call in failed]))
    endings = {"ok": "the last one succeeded", "in_progress": "the last one is under way"}
    ending = endings.get(last.outcome, "none worked")
    text = (
        f"{count(len(attempts), 'attempt')} of the same request within {seconds(last.t_last_us - first.t_us)}"
        f" ({', '.join(reasons[:3])}); {ending}{_spent(attempts)}"
    )
    severity: Severity = "warning" if last.outcome in ("ok", "in_progress") else "error"
    yield Finding("call.retry_storm", severity, first.t_us, "call", first.id, text, first.packet)


def _spent(calls: Sequence[Seen]) -> str:
    """What calls used, as far as the wire says."""
    tokens = sum((call.tokens.input or 0) + (call.tokens.output or 0) for call in calls)
    if not tokens:
        return ""
    prices = [call.cost_usd for call in calls if call.cost_usd is not None]
    return f", {tokens:,} tokens" + (f", about {dollars(sum(prices))}" if prices else "")


def unended(turn: Turn, last: Seen | None, *, cut_short: bool, lossy: bool) -> Iterator[Finding]:
    """`turn.no_final`: a turn that nobody will answer any more.

    Args:
        last: its main agent's last call.
        cut_short: the capture ended while the turn went on: no fault of the agent's.
        lossy: the capture lost bytes on the way to its servers since it began: the answer may be among them.
    """
    if turn.status != "incomplete":
        return
    severity: Severity = "warning"
    if last is None:
        why, severity = "its agent's own calls are not in the capture", "note"
    elif last.outcome == "in_progress":
        why, severity = "the capture ends before its last answer does", "note"
    elif lossy:
        why, severity = "the capture lost bytes, and the answer may be among them", "note"
    elif last.outcome != "ok":
        why = ENDED.get(last.outcome, f"its last call ended as {last.outcome}")
        why += f" ({last.error_type})" if last.error_type else ""
    elif cut_short:
        why, severity = "the capture ends after an answer that asks for more", "note"
    else:
        why = f"its last answer asked for more (finish {turn.finish or 'unsaid'}), and nothing came"
    packet = None if last is None else last.last_packet or last.packet
    yield Finding("turn.no_final", severity, turn.t_end_us, "turn", turn.id, f"no final answer: {why}", packet)


def tool(tool: Tool, turn: Turn | None, calls: Mapping[str, Seen], *, lossy: bool) -> Iterator[Finding]:
    """`tool.error`, `tool.slow`, `tool.no_result`.

    A sub-agent's work is no slow tool. A result is missing when the agent that asked has gone on without it.

    Args:
        lossy: the capture lost bytes on the way to the turn's servers: a result may be among them.
    """
    carried = calls.get(tool.result_call or "")
    packet = carried.packet if carried else None
    if tool.error:
        text = f"{tool.name} failed: {cut(_encode(tool.arguments).decode('utf-8', 'replace'), 100)}"
        yield Finding("tool.error", "warning", tool.t_end_us or tool.t_start_us, "tool", tool.id, text, packet)
    if lossy:
        return
    spawned = turn is not None and any(agent.parent_tool == tool.id for agent in turn.subagents)
    if tool.duration_us is not None and tool.duration_us > SLOW_US and not spawned:
        text = f"{tool.name} took {seconds(tool.duration_us)}: {cut(_encode(tool.arguments).decode(), 100)}"
        yield Finding("tool.slow", "note", tool.t_start_us, "tool", tool.id, text, packet)
    asked = calls.get(tool.call)
    if tool.result_call is None and turn is not None and asked is not None and _went_on(turn, tool, asked, calls):
        text = f"{tool.name} was asked for, the agent went on, and no result was sent"
        yield Finding("tool.no_result", "warning", tool.t_start_us, "tool", tool.id, text, asked.last_packet)


def is_open(tool: Tool) -> bool:
    """Whether what comes after it in its turn may change what is said of a tool."""
    return tool.result_call is None or (tool.duration_us is not None and tool.duration_us > SLOW_US)


def _went_on(turn: Turn, tool: Tool, asked: Seen, calls: Mapping[str, Seen]) -> bool:
    """Whether the same agent has asked the model again since, and was answered."""
    branches = {id: agent.id for agent in turn.subagents for id in agent.calls}
    return any(
        branches.get(id) == tool.subagent
        and id in calls
        and calls[id].t_us > asked.t_last_us
        and calls[id].outcome == "ok"
        for id in turn.calls
    )
