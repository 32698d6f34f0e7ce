"""Events that begin a tool call, recognised by a few words in them: a packet list names them."""

import re

from ..model.http import EventBatch

NAMED = frozenset({"content_block_start", "response.output_item.added"})
"""Events of Anthropic's and OpenAI's (Responses) streams that may begin a tool call."""
BEGINS = re.compile(rb'"(?:tool_use|server_tool_use|mcp_tool_use|function_call|custom_tool_call|mcp_call)"')
UNNAMED = (b'"tool_calls"', b'"functionCall"')
"""What an unnamed event that begins one has in it (OpenAI Chat, Gemini)."""
NAME = re.compile(rb'"name"\s*:\s*"((?:[^"\\]|\\.){1,100})"')


def tools_begun(batch: EventBatch) -> dict[int, str]:
    """Names of the tools whose calls begin in `batch`, by index of the event."""
    found: dict[int, str] = {}
    named = not NAMED.isdisjoint(batch.names)
    if not named and batch.names[0]:
        return found
    for place in range(len(batch)) if batch.alone is None else batch.alone:
        data = batch.data[place]
        if named:
            begins = batch.names[place] in NAMED and bool(BEGINS.search(data))
        else:
            begins = any(word in data for word in UNNAMED)
        if begins and (name := NAME.search(data)):
            found[batch.index + place] = name[1].decode("utf-8", "replace")
    return found
