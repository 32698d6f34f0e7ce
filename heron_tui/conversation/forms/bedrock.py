"""Amazon Bedrock's Converse API (source: Amazon Bedrock API reference, Converse)."""

from typing import Any

from ...wire import digest, lenient
from ...wire.bedrock import said
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import IMAGE_URL, Form, function, texts, tool_call, tool_result


def message(value: Any) -> Draft | None:
    if not isinstance(value, dict):
        return None
    word = lenient.text(value.get("role")) or "user"
    parts = [_part(lenient.mapping(part)) for part in lenient.sequence(value.get("content"))]
    role = digest.role_of(word)
    if role == "user" and parts and all(part.kind == "tool_result" for part in parts):
        role = "tool"
    return Draft(role, parts, word)


def _part(part: dict[str, Any]) -> Part:
    if isinstance(part.get("text"), str):
        return Part("text", lenient.text(part["text"]), "text")
    if use := lenient.mapping(part.get("toolUse")):
        return tool_call("toolUse", use.get("toolUseId"), use.get("name"), lenient.mapping(use.get("input")))
    if result := lenient.mapping(part.get("toolResult")):
        failed = {"error": True, "success": False}.get(lenient.text(result.get("status")))
        return tool_result("toolResult", result.get("toolUseId"), texts(said(result.get("content"))), error=failed)
    if reasoning := lenient.mapping(part.get("reasoningContent")):
        text = lenient.text(lenient.mapping(reasoning.get("reasoningText")).get("text"))
        return Part("thinking", text, "reasoningContent", hidden=not text)
    if image := lenient.mapping(part.get("image")):
        data = lenient.text(lenient.mapping(image.get("source")).get("bytes"))
        return Part("image", IMAGE_URL.format(f"image/{lenient.text(image.get('format'))}", data), "image", value=image)
    return Part("other", "", next(iter(part), "unknown"), value=lenient.clean(part))


def system(body: Body) -> list[Part]:
    return texts(body.get("system"))


def tools(body: Body) -> list[Tool]:
    found = []
    for tool in lenient.sequence(lenient.mapping(body.get("toolConfig")).get("tools")):
        spec = lenient.mapping(lenient.mapping(tool).get("toolSpec"))
        if spec:
            schema = lenient.mapping(spec.get("inputSchema")).get("json")
            found.append(function({**spec, "inputSchema": schema}, "inputSchema"))
    return found


FORM = Form(("messages",), message, system, tools)
