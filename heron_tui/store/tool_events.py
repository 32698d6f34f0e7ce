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
    if batch.names[0]:
        for place in [place for place, name in enumerate(batch.names) if name in NAMED]:
            if BEGINS.search(batch.data[place]):
                _add(found, batch.index + place, batch.data[place])
    elif _holds_one(b"\n".join(batch.data)):
        for place in [place for place, data in enumerate(batch.data) if b'"name"' in data]:
            if any(word in batch.data[place] for word in UNNAMED):
                _add(found, batch.index + place, batch.data[place])
    return found


def _holds_one(events: bytes) -> bool:
    """Whether it is worth to look at each of the events: mostly it is not."""
    return b'"name"' in events and any(word in events for word in UNNAMED)


def _add(found: dict[int, str], index: int, data: bytes) -> None:
    if name := NAME.search(data):
        found[index] = name[1].decode("utf-8", "replace")
