"""Finds text in the JSON of a request's body, whatever wire API it speaks: what was asked last, and a tool's result."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

ANSWERS = ("assistant", "model")
RESULT_IDS = ("tool_use_id", "tool_call_id", "call_id")
RESULT_TEXTS = ("content", "output", "response")


def conversation(body: bytes) -> list[Any]:
    """The elements of the conversation that a body holds, [] if it holds none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return []
    if isinstance(found, Mapping) and isinstance(found.get("request"), Mapping):
        found = found["request"]
    if not isinstance(found, Mapping):
        return []
    for name in ("messages", "input", "contents"):
        if isinstance(found.get(name), list):
            return list(found[name])
        if isinstance(found.get(name), str):
            return [{"role": "user", "content": found[name]}]
    return []


def asked(body: bytes) -> list[tuple[str, str, int]]:
    """Role, text and place of what follows the last answer of the model: what this call added to the conversation."""
    added: list[tuple[str, str, int]] = []
    elements = conversation(body)
    for place in range(len(elements) - 1, -1, -1):
        element = elements[place]
        if not isinstance(element, Mapping):
            continue
        kind = str(element.get("type") or "")
        if element.get("role") in ANSWERS or kind in ("function_call", "reasoning", "custom_tool_call"):
            break
        result = kind.endswith("_output") or element.get("role") == "tool" or _holds_result(element)
        text = "\n".join(texts(element))
        if text.strip():
            added.append(("tool result" if result else str(element.get("role") or kind), text, place))
    return added[::-1]


def tool_result(body: bytes, call: str, name: str) -> str | None:
    """The text of the result of tool call `call`; by `name` where the API has no ids. None if it is not there."""
    for element in reversed(conversation(body)):
        for part in _walk(element):
            known = {_plain(str(part[key])) for key in RESULT_IDS if part.get(key)}
            named = part.get("functionResponse")
            if _plain(call) in known or (isinstance(named, Mapping) and named.get("name") == name):
                held = named if isinstance(named, Mapping) else part
                value = next((held[key] for key in RESULT_TEXTS if held.get(key) is not None), "")
                return value if isinstance(value, str) else "\n".join(texts(value)) or _json(value)
    return None


def texts(value: Any) -> Iterator[str]:
    """Strings that are content, in order, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, Mapping):
        for name in ("text", "content", "parts", "output", "functionResponse", "response"):
            if value.get(name) is not None:
                held = value[name]
                yield from texts(held) if not (name == "response" and isinstance(held, Mapping)) else (_json(held),)


def _walk(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            if isinstance(part, list | Mapping):
                yield from _walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part)


def _holds_result(element: Mapping[str, Any]) -> bool:
    return any(part.get("type") == "tool_result" or "functionResponse" in part for part in _walk(element))


def _plain(name: str) -> str:
    """Ids as proxies leave them: `call_x` may come back as `callx`."""
    return name.replace("_", "")


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
