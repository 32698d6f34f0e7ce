"""Anthropic's Messages API (source: Anthropic's API reference, Messages)."""

from typing import Any

from ...model.call import Role
from ...wire import digest, lenient
from ...wire.anthropic import is_server_block
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import IMAGE_URL, Form, function, other, size_of, texts, tool_call, tool_result


def message(value: Any) -> Draft | None:
    if not isinstance(value, dict):
        return None
    word = lenient.text(value.get("role"))
    parts = _parts(value.get("content"))
    role: Role = digest.role_of(word)
    if role == "user" and parts and all(part.kind == "tool_result" for part in parts):
        role = "tool"
    return Draft(role, parts, word)


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return texts(content)
    return [_part(block) for block in lenient.sequence(content)]


def _part(block: Any) -> Part:
    if isinstance(block, str):
        return Part("text", lenient.text(block), "text")
    held = lenient.mapping(block)
    kind = lenient.text(held.get("type"))
    match kind:
        case "text":
            return Part("text", lenient.text(held.get("text")), kind)
        case "thinking":
            said = lenient.text(held.get("thinking"))
            return Part("thinking", said, kind, hidden=not said)
        case "redacted_thinking":
            return Part("thinking", "", kind, hidden=True)
        case "image":
            return Part("image", _image(held.get("source")), kind, value=lenient.clean(held.get("source")))
        case "tool_use":
            return tool_call(kind, held.get("id"), held.get("name"), held.get("input") or {})
        case "tool_result":
            error = held.get("is_error")
            return tool_result(
                kind,
                held.get("tool_use_id"),
                _parts(held.get("content")),
                error=error if isinstance(error, bool) else None,
            )
    if is_server_block(kind):
        name = lenient.text(held.get("name")) or kind
        return Part("server_tool", "", kind, lenient.text(held.get("id")), name, value=lenient.clean(block))
    return other(block)


def _image(source: Any) -> str:
    held = lenient.mapping(source)
    if held.get("type") == "base64":
        return IMAGE_URL.format(lenient.text(held.get("media_type")), lenient.text(held.get("data")))
    return lenient.text(held.get("url"))


def system(body: Body) -> list[Part]:
    return texts(body.get("system"))


def tools(body: Body) -> list[Tool]:
    found = []
    for tool in map(lenient.mapping, lenient.sequence(body.get("tools"))):
        if isinstance(tool.get("input_schema"), dict):
            found.append(function(tool, "input_schema"))
        else:
            name = lenient.text(tool.get("name")) or lenient.text(tool.get("type"))
            found.append(Tool(name, "server", size=size_of(tool)))
    return found


FORM = Form(("messages",), message, system, tools)
