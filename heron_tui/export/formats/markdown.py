"""Turns as a text for people: what was asked, what each call said, each tool with its result, sub-agents below it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson

from ...conversation.ids import plain_id
from ...store.shapes import AgentNode, CallNode, Record, ToolNode
from ..context import Context
from ..report import Made, Skipped
from ..selecting import Group
from .format import Format

TICKS = re.compile(r"`{3,}")
Lines = list[str]


def records(context: Context, group: Group) -> Iterator[Made | Skipped]:
    """A text for each turn, or for a whole session."""
    told = [(f"turn {turn['n']}", _turn(context, turn)) for turn in group.turns]
    if context.options.unit == "session" and group.session and told:
        session = group.session
        head = [f"# Session of {session['agent']}", "", f"{_date(session['t_start_us'])} · id `{session['id']}`", ""]
        told = [(f"session {session['id']}", "\n".join([*head, *(text for _, text in told)]))]
    for what, text in told:
        yield Made(what, text.rstrip().encode() + b"\n")


def _turn(context: Context, turn: Record) -> str:
    tree = context.reader.turn_tree(turn["id"])
    record = context.reader.get("turn", turn["id"]) or turn
    facts = [
        record["status"],
        f"{len(record['calls'])} calls",
        f"{record['tools']} tools",
        _duration(record["t_end_us"] - record["t_start_us"]),
        ", ".join(record["models"]),
        f"{record['input_tokens'] or 0:,} tokens in, {record['output_tokens'] or 0:,} out",
    ]
    lines = [
        f"## Turn {record['n']} of {record['agent']}, {_date(record['t_start_us'])}",
        "",
        " · ".join(fact for fact in facts if fact),
        "",
        "### User",
        "",
        context.redaction.text(record["prompt"] or "(not on the wire)"),
        "",
    ]
    if tree:
        lines += _calls(context, tree.calls, "###")
        for agent in tree.agents:
            lines += _agent(context, agent, "###")
    return "\n".join(lines)


def _calls(context: Context, nodes: Sequence[CallNode], mark: str) -> Lines:
    lines: Lines = []
    for node in nodes:
        call = context.reader.get("call", node.call["id"]) or node.call
        if call["auxiliary"] and context.options.side_calls == "drop":
            continue
        lines += _call(context, call, mark)
        for tool in node.tools:
            lines += _tool(context, tool, mark)
    return lines


def _call(context: Context, call: Record, mark: str) -> Lines:
    what = call["auxiliary"] or "Assistant"
    ttft = "" if call["ttft_us"] is None else f", first token after {_duration(call['ttft_us'])}"
    lines = [f"{mark} {what} (call {call['n']}{ttft})", ""]
    if call["attempt"] and call["attempt"] > 1:
        lines += [f"*attempt {call['attempt']}*", ""]
    if call["thinking"] and context.options.reasoning == "keep":
        lines += [*(f"> {line}" for line in context.redaction.text(call["thinking"]).splitlines()), ""]
    if call["text"]:
        lines += [context.redaction.text(call["text"]), ""]
    if call["outcome"] != "ok":
        why = call["error_message"] or call["error_type"] or ""
        lines += [f"**{call['outcome']}** {context.redaction.text(why)}".rstrip(), ""]
    return lines


def _tool(context: Context, node: ToolNode, mark: str) -> Lines:
    tool = context.reader.get("tool", node.tool["id"]) or node.tool
    took = "" if tool["duration_us"] is None else f", {_duration(tool['duration_us'])}"
    failed = ", failed" if tool["error"] else ""
    arguments = orjson.dumps(context.redaction.value(tool["arguments"]), option=orjson.OPT_INDENT_2).decode()
    lines = [f"**Tool {tool['name']}**{took}{failed}", "", *_fenced(arguments, "json"), ""]
    result = _result(context, tool)
    lines += ["*no result was seen*", ""] if result is None else [*_fenced(context.redaction.text(result), ""), ""]
    for agent in node.agents:
        lines += _agent(context, agent, mark)
    return lines


def _agent(context: Context, agent: AgentNode, mark: str) -> Lines:
    if context.options.subagents == "drop":
        return [f"*sub-agent {agent.name or agent.id}, {len(agent.calls)} calls*", ""]
    return [f"{mark}# Sub-agent {agent.name or agent.id}", "", *_calls(context, agent.calls, f"{mark}##")]


def _result(context: Context, tool: Record) -> str | None:
    """The text of a tool's result, from the request that carried it."""
    carrier = context.reader.get("call", tool["result_call"], full=False) if tool["result_call"] else None
    if carrier is None:
        return None
    id = plain_id(tool["id"])
    found: str | None = None
    for message in context.conversations.of(carrier).messages:
        for part in message.of("tool_result"):
            if plain_id(part.id) == id or (not part.id and part.name == tool["name"]):
                found = part.text
    return found


def _fenced(text: str, kind: str) -> Lines:
    """A code block; its fence is longer than any in the text."""
    longest = max((len(ticks) for ticks in TICKS.findall(text)), default=2)
    fence = "`" * max(longest + 1, 3)
    return [fence + kind, text.rstrip("\n"), fence]


def _date(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _duration(time_us: int) -> str:
    return f"{time_us / 1e6:.1f} s" if time_us >= 1_000_000 else f"{time_us / 1000:.0f} ms"


FORMAT = Format(
    "markdown",
    "turns as a text for people: prompts, answers, tools and their results, sub-agents",
    "md",
    ("turn", "session"),
    ("reasoning", "subagents", "side_calls", "redact"),
    records,
)
