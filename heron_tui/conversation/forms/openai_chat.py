"""OpenAI's Chat Completions API (source: OpenAI's API reference)."""

from typing import Any

from ...wire import digest, lenient
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import Form, function, other, size_of, texts, tool_call, tool_result


def message(value: Any) -> Draft | None:
    if not isinstance(value, dict):
        return None
    word = lenient.text(value.get("role"))
    role = digest.role_of(word)
    parts = content(value.get("content"))
    if role == "tool":
        name = value.get("name")
        result = tool_result(word, value.get("tool_call_id") or name, parts, name=name)
        return Draft(role, [result], word)
    thought = lenient.some(value.get("reasoning_content")) or lenient.some(value.get("reasoning"))
    if thought:
        parts.insert(0, Part("thinking", thought, "reasoning_content"))
    if refused := lenient.some(value.get("refusal")):
        parts.append(Part("text", refused, "refusal"))
    return Draft(role, parts + calls(value), word)


def content(value: Any) -> list[Part]:
    """A message's content: a string or a list of parts."""
    if not isinstance(value, list):
        return texts(value)
    return [Part("text", part, "text") if isinstance(part, str) else _part(part) for part in value]


def _part(part: Any) -> Part:
    held = lenient.mapping(part)
    kind = lenient.text(held.get("type")) or ("text" if "text" in held else "")
    match kind:
        case "text":
            return Part("text", lenient.text(held.get("text")), kind)
        case "refusal":
            return Part("text", lenient.text(held.get("refusal")), kind)
        case "image_url":
            url = held.get("image_url")
            return Part("image", lenient.text(url) or lenient.text(lenient.mapping(url).get("url")), kind, value=url)
        case "thinking":
            inner = held.get("thinking")
            return Part("thinking", "".join(digest.content_texts(inner)), kind)
    return other(part)


def calls(value: dict[str, Any]) -> list[Part]:
    """The tool calls of a message."""
    found = []
    for call in map(lenient.mapping, lenient.sequence(value.get("tool_calls"))):
        custom = call.get("custom")
        if isinstance(custom, dict):
            found.append(tool_call("custom", call.get("id"), custom.get("name"), custom.get("input"), free=True))
        else:
            held = lenient.mapping(call.get("function"))
            found.append(tool_call("function", call.get("id"), held.get("name"), held.get("arguments")))
    old = value.get("function_call")
    if isinstance(old, dict):
        found.append(tool_call("function_call", old.get("name"), old.get("name"), old.get("arguments")))
    return found


def system(_body: Body) -> list[Part]:
    return []


def tools(body: Body) -> list[Tool]:
    found = []
    for tool in map(lenient.mapping, lenient.sequence(body.get("tools"))):
        if isinstance(custom := tool.get("custom"), dict):
            name, said = lenient.text(custom.get("name")), lenient.text(custom.get("description"))
            found.append(Tool(name, "custom", said, None, size_of(tool)))
        elif isinstance(tool.get("function"), dict):
            found.append(function(tool["function"], "parameters"))
        else:
            found.append(Tool(lenient.text(tool.get("type")), "server", size=size_of(tool)))
    return found + [function(tool, "parameters") for tool in lenient.sequence(body.get("functions"))]


FORM = Form(("messages",), message, system, tools)
