"""What a trainer wants of a record in OpenAI's messages form."""

import json
from typing import Any

ROLES = {"system", "user", "assistant", "tool"}


def faults(record: dict[str, Any]) -> list[str]:
    """What is wrong with a record; [] where it can be learned from."""
    found: list[str] = []
    messages = record["messages"]
    turns = [message for message in messages if message["role"] != "system"]
    if [message["role"] for message in turns[:1]] != ["user"]:
        found.append("does not begin with a user")
    if messages[-1]["role"] != "assistant":
        found.append("does not end with an answer")
    waiting: list[str] = []
    for place, message in enumerate(messages):
        role = message["role"]
        before = messages[place - 1]["role"] if place else ""
        if role not in ROLES:
            found.append(f"{place}: role {role}")
        if role == before and role != "tool":
            found.append(f"{place}: {role} after {role}")
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                found.append(f"{place}: a result without a call")
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            found.append(f"{place}: calls without results: {waiting}")
        if not isinstance(message["content"], str | list):
            found.append(f"{place}: no content")
        for call in message.get("tool_calls", ()):
            waiting.append(call["id"])
            arguments = call["function"]["arguments"]
            if not isinstance(json.loads(arguments) if isinstance(arguments, str) else arguments, dict):
                found.append(f"{place}: arguments are no object")
    if set(record) - {"messages", "tools", "metadata", "subagents"}:
        found.append(f"unknown members: {set(record)}")
    for tool in record.get("tools", ()):
        function = tool["function"]
        if tool["type"] != "function" or not function["name"] or not isinstance(function["parameters"], dict):
            found.append(f"tool {function}")
    return found
