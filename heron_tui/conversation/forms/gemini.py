"""Google's Gemini API, also as Code Assist wraps it (source: Google's API reference, generateContent)."""

from typing import Any

from ...model.call import Role
from ...wire import digest, lenient
from ...wire.body import Body
from ..shapes import Draft, Part, Tool
from .form import IMAGE_URL, Form, dumps, function, size_of, texts, tool_call, tool_result


def message(value: Any) -> Draft | None:
    if not isinstance(value, dict):
        return None
    word = lenient.text(value.get("role")) or "user"
    held = value.get("parts")
    parts = [_part(part) for part in ([held] if isinstance(held, dict) else lenient.sequence(held))]
    role: Role = digest.role_of(word)
    if role != "assistant" and parts and all(part.kind == "tool_result" for part in parts):
        role = "tool"
    return Draft(role, parts, word)


def _part(part: Any) -> Part:
    held = lenient.mapping(part)
    if call := held.get("functionCall") or held.get("function_call"):
        call = lenient.mapping(call)
        return tool_call("functionCall", call.get("id"), call.get("name"), lenient.mapping(call.get("args")))
    if result := held.get("functionResponse") or held.get("function_response"):
        return _result(lenient.mapping(result))
    if isinstance(held.get("text"), str):
        kind = "thinking" if held.get("thought") else "text"
        return Part("thinking" if kind == "thinking" else "text", lenient.text(held["text"]), kind)
    if inline := held.get("inlineData") or held.get("inline_data"):
        inline = lenient.mapping(inline)
        mime = lenient.text(inline.get("mimeType") or inline.get("mime_type"))
        if mime.startswith("image/"):
            return Part("image", IMAGE_URL.format(mime, lenient.text(inline.get("data"))), "inlineData", value=inline)
    return Part("other", "", next(iter(held), "unknown"), value=lenient.clean(part))


def _result(result: dict[str, Any]) -> Part:
    """By Google's convention `output` holds what a function gave and `error` why it failed."""
    response = result.get("response")
    held = lenient.mapping(response)
    only = next(iter(held.values())) if len(held) == 1 else None
    said = only if isinstance(only, str) else dumps(lenient.clean(response))
    return tool_result(
        "functionResponse",
        result.get("id"),
        texts(said),
        error=True if held.get("error") else None,
        name=result.get("name"),
    )


def system(body: Body) -> list[Part]:
    value = body.get("systemInstruction" if "systemInstruction" in body else "system_instruction")
    parts = value.get("parts") if isinstance(value, dict) else value
    return texts([parts] if isinstance(parts, dict) else parts)


def tools(body: Body) -> list[Tool]:
    found: list[Tool] = []
    for tool in map(lenient.mapping, lenient.sequence(body.get("tools"))):
        for name, value in tool.items():
            if name in ("functionDeclarations", "function_declarations"):
                found += [_declared(lenient.mapping(one)) for one in lenient.sequence(value)]
            else:
                found.append(Tool(name, "server", size=size_of(value)))
    return found


def _declared(value: dict[str, Any]) -> Tool:
    return function(value, "parametersJsonSchema" if "parametersJsonSchema" in value else "parameters")


def inner(body: Body) -> Body:
    return body if "contents" in body else body.inner("request")


FORM = Form(("contents",), message, system, tools, inner)
