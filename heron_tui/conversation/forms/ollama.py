"""Ollama's own API, chat and generate (source: Ollama's API documentation)."""

from typing import Any

from ...wire import digest, lenient
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import IMAGE_URL, Form, function, texts, tool_call, tool_result


def message(value: Any) -> Draft | None:
    if isinstance(value, str):
        return Draft("user", texts(value), "prompt")
    if not isinstance(value, dict):
        return None
    word = lenient.text(value.get("role"))
    role = digest.role_of(word)
    parts = texts(value.get("content"))
    if role == "tool":
        name = value.get("tool_name")
        return Draft(role, [tool_result(word, value.get("tool_call_id"), parts, name=name)], word)
    if thought := lenient.some(value.get("thinking")):
        parts.insert(0, Part("thinking", thought, "thinking"))
    images = [lenient.text(image) for image in lenient.sequence(value.get("images"))]
    parts += [Part("image", IMAGE_URL.format("image/png", image), "images") for image in images]
    for call in map(lenient.mapping, lenient.sequence(value.get("tool_calls"))):
        held = lenient.mapping(call.get("function"))
        parts.append(tool_call("function", call.get("id"), held.get("name"), held.get("arguments") or {}))
    return Draft(role, parts, word)


def system(body: Body) -> list[Part]:
    return texts(body.get("system"))


def tools(body: Body) -> list[Tool]:
    held = [lenient.mapping(tool).get("function") for tool in lenient.sequence(body.get("tools"))]
    return [function(tool, "parameters") for tool in held]


FORM = Form(("messages", "prompt"), message, system, tools)
