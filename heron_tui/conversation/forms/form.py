"""What a wire API brings, so that its requests can be read whole; and what all share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from ...wire import digest, lenient
from ...wire.body import Body
from ..shapes import Draft, Part, Tool

IMAGE_URL = "data:{};base64,{}"


def _same(body: Body) -> Body:
    return body


@dataclass(frozen=True, slots=True)
class Form:
    """How a wire API's request bodies are read.

    Attributes:
        messages: the member that holds the conversation.
        message: reads one element of it; None where it is not one.
        system: reads the system prompt outside the messages.
        tools: reads the tools offered.
        inner: the part of the body that holds all this.
    """

    messages: tuple[str, ...]
    message: Callable[[Any], Draft | None]
    system: Callable[[Body], list[Part]]
    tools: Callable[[Body], list[Tool]]
    inner: Callable[[Body], Body] = _same


def texts(content: Any) -> list[Part]:
    """Content that is texts alone: a string, or blocks with a `text`."""
    return [Part("text", text, "text") for text in digest.content_texts(content)]


def tool_call(wire: str, id: Any, name: Any, arguments: Any, *, free: bool = False, namespace: Any = None) -> Part:
    """A tool call; `arguments` as an object, as JSON text, or (`free`) as text that is no JSON."""
    if isinstance(arguments, dict):
        arguments = lenient.mapping(lenient.clean(arguments))
        raw, parsed = dumps(arguments), arguments
    else:
        raw = lenient.text(arguments)
        value = lenient.loads(raw.encode()) if raw.strip() and not free else {}
        parsed = value if isinstance(value, dict) else None
    return Part(
        "tool_call",
        raw or ("" if free else "{}"),
        wire,
        lenient.text(id),
        called(name, namespace),
        None if free else parsed,
        free,
    )


def called(name: Any, namespace: Any) -> str:
    """A tool's name; those inside a namespace go by both, as OpenAI's function names allow."""
    inside = lenient.text(namespace)
    return f"{inside}__{lenient.text(name)}" if inside else lenient.text(name)


def tool_result(wire: str, id: Any, inner: list[Part], *, error: bool | None = None, name: Any = None) -> Part:
    """A tool result from its parts; these are kept where any is no text."""
    told = "\n".join(part.text for part in inner if part.kind == "text")
    kept = tuple(inner) if any(part.kind != "text" for part in inner) else ()
    return Part("tool_result", told, wire, lenient.text(id), lenient.text(name), error=error, parts=kept)


def function(value: Any, schema: str) -> Tool:
    """A tool from an object with name, description and a JSON schema."""
    value = lenient.mapping(value)
    parameters = value.get(schema)
    return Tool(
        lenient.text(value.get("name")),
        "function",
        lenient.text(value.get("description")),
        parameters if isinstance(parameters, dict) else None,
        size_of(value),
    )


def size_of(value: Any) -> int:
    """Bytes of a value as JSON."""
    return len(dumps(value).encode())


def dumps(value: Any) -> str:
    """A value as JSON text, members in their order; what JSON cannot hold is replaced."""
    try:
        return msgspec.json.encode(value).decode()
    except lenient.BAD:
        return msgspec.json.encode(lenient.clean(value)).decode()


def other(part: Any) -> Part:
    """A part that has no form here; it is kept as it is."""
    value = lenient.clean(part)
    return Part("other", "", lenient.text(lenient.mapping(part).get("type")) or "unknown", value=value)
