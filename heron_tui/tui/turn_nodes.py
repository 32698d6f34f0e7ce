"""The turn tree's nodes from records: session > turn > call, with the tools it asked for and the sub-agents at work."""

from collections.abc import Sequence

from ..store.shapes import AgentNode, CallNode, Record, TurnTree
from . import telling
from .outcomes import TURNS, outcome
from .questions import first_packet
from .units import first_line, whole
from .waterfall import Span
from .widgets.tree_list import Node

SUMMED = ("input_tokens", "output_tokens", "cache_read_tokens", "cost_usd")
Words = tuple[str, str, str, str]
"""Glyph, its role, text, its role."""


def session_node(record: Record) -> Node:
    return Node(record["id"], "session", record, children=None if record["turns"] else ())


def turn_node(record: Record, session: Node) -> Node:
    children = None if record["calls"] else ()
    return Node(record["id"], "turn", record, depth=session.depth + 1, parent=session, children=children)


def turn_below(parent: Node, tree: TurnTree) -> list[Node]:
    """What stands below a turn: calls and their tools by time, sub-agents below the tool that started them."""
    nodes = _steps(parent, tree.calls)
    return nodes + [_agent(parent, agent) for agent in tree.agents if agent.calls]


def _steps(parent: Node, calls: Sequence[CallNode]) -> list[Node]:
    nodes = []
    for call in calls:
        nodes.append(Node(call.call["id"], "call", call.call, parent.depth + 1, parent=parent))
        for tool in call.tools:
            node = Node(f"{call.call['id']}/{tool.tool['id']}", "tool", tool.tool, parent.depth + 1, parent=parent)
            node.children = [_agent(node, agent) for agent in tool.agents if agent.calls]
            nodes.append(node)
    return sorted(nodes, key=lambda node: _start(node.record))


def _agent(parent: Node, agent: AgentNode) -> Node:
    mine = [node.call for node in agent.calls]
    record = {
        "id": agent.id,
        "name": agent.name,
        "started_by": parent.record["id"] if parent.kind == "tool" else None,
        "calls": [call["id"] for call in mine],
        "t_start_us": _start(mine[0]),
        "t_end_us": max(_end(call) for call in mine),
        "models": list(dict.fromkeys(telling.model(call) for call in mine)),
        "tools": sum(len(node.tools) for node in agent.calls),
        **{name: telling.total(mine, name) for name in SUMMED},
    }
    node = Node(f"{parent.key}/{agent.id}", "subagent", record, parent.depth + 1, parent=parent)
    node.children = _steps(node, agent.calls)
    return node


def first_packet_below(node: Node) -> int | None:
    """The first packet of a node: of its call, of the call that asked for a tool, of the first call below it."""
    if node.kind == "call":
        return first_packet(node.record)
    if node.kind == "tool" and node.parent:
        asked = next((child for child in node.parent.children or () if child.key == node.record["call"]), None)
        response = ((asked.record.get("evidence") or {}).get("response") if asked else None) or [0, 0]
        return int(response[1]) or None
    return next((number for child in node.children or () if (number := first_packet_below(child))), None)


def _start(record: Record) -> int:
    return int(record.get("t_request_us") or record.get("t_start_us") or 0)


def _end(record: Record) -> int:
    return int(record.get("t_end_us") or record.get("t_response_us") or _start(record))


def spans(node: Node, now_us: int) -> list[Span]:
    """When `node` was at work, and on what; what has not ended lasts until `now_us`."""
    record = node.record
    if node.kind == "call":
        start, end = _start(record), record.get("t_end_us") or now_us
        first = record.get("t_first_token_us") or record.get("t_response_us") or end
        return [Span(start, min(first, end), "wait"), Span(min(first, end), end, "model")]
    if node.kind == "tool":
        tool = Span(_start(record), record.get("t_end_us") or now_us, "tool")
        return [tool, *(span for child in node.children or () for span in spans(child, now_us))]
    return [span for child in node.children or () for span in spans(child, now_us)]


def words(node: Node) -> Words:
    """The label of a node."""
    record = node.record
    match node.kind:
        case "session":
            place = f"  {_directory(record['cwd'])}" if record.get("cwd") else ""
            turns = f"{whole(record['turns'])} turn{'s' * (record['turns'] != 1)}"
            return "§", "accent", f"{record['agent']}{place}  {turns}", "strong"
        case "turn":
            glyph, role = TURNS.get(record["status"], ("?", "muted"))
            return glyph, role, first_line(record["prompt"]) or "(no prompt on the wire)", "strong"
        case "subagent":
            count = len(record["calls"])
            return (
                "»",
                "server",
                f"agent {record.get('name') or record['id']}  {count} call{'s' * (count != 1)}",
                "base",
            )
        case "tool":
            glyph, role = ("✗", "error") if record.get("error") else ("◇", "tool")
            return glyph, role, f"{record['name']} {telling.arguments(record.get('arguments'))}", "base"
    glyph, role = outcome(record.get("outcome"))
    side = f"[{record['auxiliary']}] " if record.get("auxiliary") else ""
    again = f"retry {record['attempt'] - 1} " if (record.get("attempt") or 1) > 1 else ""
    text = f"{side}{again}{telling.answer(record)}"
    return glyph, role, text, "muted" if side else "base"


def models(node: Node) -> str:
    """The models at work in a node, as far as its record says."""
    if node.kind == "call":
        return telling.model(node.record)
    return ", ".join(node.record.get("models") or ())


def _directory(path: str) -> str:
    """A directory by its last two names where it is long."""
    return path if len(path) <= 24 else "…/" + "/".join(path.rstrip("/").split("/")[-2:])
