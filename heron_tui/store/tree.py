"""A turn as a tree: calls, the tools that each asked for, and the sub-agents that tools started."""

import sqlite3

from .listing import Listing
from .shapes import AgentNode, CallNode, Record, ToolNode, TurnTree


def turn_tree(connection: sqlite3.Connection, listing: Listing, turn: str) -> TurnTree | None:
    """The tree of a turn, of lean records; None if there is none. Three queries, whatever the size of the turn."""
    record = listing.get("turn", turn, full=False)
    if record is None:
        return None
    calls = [CallNode(call) for call in _of_turn(connection, listing, "call", turn)]
    tools = [ToolNode(tool) for tool in _of_turn(connection, listing, "tool", turn)]
    by_id = {node.call["id"]: node for node in calls}
    for node in tools:
        if asker := by_id.get(node.tool["call"]):
            asker.tools.append(node)
    tree = TurnTree(listing.get("session", record["session"], full=False), record)
    started_by = {node.tool["id"]: node for node in tools}
    elsewhere: set[str] = set()
    for agent in record["subagents"]:
        mine = [by_id[call] for call in agent["calls"] if call in by_id]
        elsewhere.update(node.call["id"] for node in mine)
        branch = AgentNode(agent["id"], agent["name"], sorted(mine, key=_start))
        starter = started_by.get(agent["parent_tool"] or "")
        (starter.agents if starter else tree.agents).append(branch)
    tree.calls = [node for node in calls if node.call["id"] not in elsewhere]
    return tree


def _start(node: CallNode) -> tuple[int, str]:
    return node.call["t_request_us"], node.call["id"]


def _of_turn(connection: sqlite3.Connection, listing: Listing, kind: str, turn: str) -> list[Record]:
    reader = listing.reader("call" if kind == "call" else "tool", False, lean=True)
    found = connection.execute(f"{reader.select} WHERE {kind}.turn = ? ORDER BY {reader.form.time}, id", (turn,))
    return [reader.record(row) for row in found]
