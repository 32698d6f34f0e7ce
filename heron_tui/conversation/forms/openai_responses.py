"""OpenAI's Responses API, over HTTP and WebSocket (source: OpenAI's API reference, Responses)."""

from typing import Any

from ...wire import digest, lenient
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import Form, called, dumps, function, other, size_of, texts, tool_call, tool_result

FREE = {
    "apply_patch_call": ("apply_patch", "operation"),
    "local_shell_call": ("local_shell", "action"),
    "shell_call": ("shell", "action"),
    "computer_call": ("computer", "action"),
}
"""Calls of tools that the API defines and the client runs: their names, and the member with their arguments."""


def message(value: Any) -> Draft | None:
    """One item of `input`; a string stands for a user's message."""
    if isinstance(value, str):
        return Draft("user", texts(value), "user")
    if not isinstance(value, dict):
        return None
    kind = lenient.some(value.get("type")) or "message"
    if kind == "message":
        word = lenient.text(value.get("role"))
        return Draft(digest.role_of(word), content(value.get("content")), word)
    if kind == "reasoning":
        return Draft("assistant", [_reasoning(value)], kind)
    if kind.endswith("_output"):
        return Draft("tool", [tool_result(kind, value.get("call_id"), _output(value.get("output")))], kind)
    if (call := _call(value, kind)) is not None:
        return Draft("assistant", [call], kind)
    if kind == "additional_tools":
        return Draft("system", [other(value)], kind)
    role = "assistant" if kind.endswith("_call") else "user"
    return Draft(digest.role_of(role), [other(value)], kind)


def _reasoning(item: dict[str, Any]) -> Part:
    said = digest.content_texts(item.get("content")) or digest.content_texts(item.get("summary"))
    return Part("thinking", "\n".join(said), "reasoning", hidden=not said)


def _call(item: dict[str, Any], kind: str) -> Part | None:
    id, name, space = item.get("call_id") or item.get("id"), item.get("name"), item.get("namespace")
    if kind == "function_call":
        return tool_call(kind, id, name, item.get("arguments"), namespace=space)
    if kind == "custom_tool_call":
        return tool_call(kind, id, name, item.get("input"), free=True, namespace=space)
    if kind in FREE:
        own, member = FREE[kind]
        return tool_call(kind, id, name or own, lenient.mapping(item.get(member)))
    if kind.endswith("_call"):
        name = lenient.text(name) or kind.removesuffix("_call")
        return Part("server_tool", "", kind, lenient.text(id), name, value=lenient.clean(item))
    return None


def _output(output: Any) -> list[Part]:
    """A result: text, parts, or (of `local_shell` and the like) any JSON value."""
    if isinstance(output, str | list):
        return content(output)
    return [Part("text", dumps(output), "output")] if output is not None else []


def content(value: Any) -> list[Part]:
    """A message's content: a string or a list of parts."""
    if not isinstance(value, list):
        return texts(value)
    return [Part("text", part, "text") if isinstance(part, str) else _part(part) for part in value]


def _part(part: Any) -> Part:
    held = lenient.mapping(part)
    kind = lenient.text(held.get("type"))
    if kind == "input_image":
        return Part("image", lenient.text(held.get("image_url")), kind, value=lenient.clean(part))
    if kind == "refusal":
        return Part("text", lenient.text(held.get("refusal")), kind)
    if isinstance(held.get("text"), str):
        return Part("text", lenient.text(held["text"]), kind)
    return other(part)


def system(body: Body) -> list[Part]:
    return texts(body.get("instructions"))


def tools(body: Body) -> list[Tool]:
    return _tools(body.get("tools"), None)


def _tools(value: Any, namespace: Any) -> list[Tool]:
    found: list[Tool] = []
    for tool in map(lenient.mapping, lenient.sequence(value)):
        kind = tool.get("type")
        if kind == "namespace":
            found += _tools(tool.get("tools"), tool.get("name"))
        elif kind in ("function", None):
            found.append(function(tool | {"name": called(tool.get("name"), namespace)}, "parameters"))
        elif kind == "custom":
            name, said = called(tool.get("name"), namespace), lenient.text(tool.get("description"))
            found.append(Tool(name, "custom", said, None, size_of(tool)))
        else:
            found.append(Tool(lenient.text(tool.get("name")) or lenient.text(kind), "server", size=size_of(tool)))
    return found


FORM = Form(("input",), message, system, tools)
