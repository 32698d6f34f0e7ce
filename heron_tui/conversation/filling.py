"""What fills a prompt: each tool, system block and part of a message with its share, in the order of the prompt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from .elements import Element, elements, part_text
from .shapes import Conversation, Part

KINDS = ("tools", "system", "user", "assistant", "tool calls", "tool results", "thinking", "images", "other")
MCP = "mcp__"
IMAGE_WEIGHT = 6_400
"""Bytes of text that an image counts as at most: it costs by its pixels, about 1,600 tokens (Anthropic, vision)."""
_OF_PART = {
    "thinking": "thinking",
    "tool_call": "tool calls",
    "tool_result": "tool results",
    "image": "images",
    "server_tool": "tool calls",
    "other": "other",
}


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a prompt.

    Attributes:
        kind: one of `KINDS`. name: of the tool, or which message it is in.
        group: the MCP server of a tool, "" for others.
        size: bytes of its text. weight: those that count for tokens.
        start: sum of the weights before it.
        element: what it is in.
    """

    kind: str
    name: str
    group: str
    text: str
    size: int
    weight: int
    start: int
    element: Element


def filling(conversation: Conversation) -> list[Share]:
    """All parts of a prompt, in the order in which the model reads it."""
    called = {part.id: part.name for message in conversation.messages for part in message.of("tool_call") if part.name}
    parts = [found for element in elements(conversation) for found in _parts(element, called)]
    sizes = [len(text.encode("utf-8", "replace")) for _, _, text, _ in parts]
    weights = [min(n, IMAGE_WEIGHT) if part[0] == "images" else n for n, part in zip(sizes, parts, strict=True)]
    starts = accumulate(weights, initial=0)
    return [
        Share(kind, name, _server(name) if kind == "tools" else "", text, size, weight, start, element)
        for (kind, name, text, element), size, weight, start in zip(parts, sizes, weights, starts, strict=False)
    ]


def _parts(element: Element, called: dict[str, str]) -> Iterator[tuple[str, str, str, Element]]:
    if element.kind != "message" or element.message is None:
        kind = "tools" if element.kind == "tool" else "system"
        yield kind, element.name or element.label, element.text, element
        return
    for part in element.message.parts:
        kind = _OF_PART.get(part.kind) or {"user": "user", "system": "system", "tool": "tool results"}.get(
            element.message.role, "assistant"
        )
        yield kind, _named(part, element, called), part_text(part) if part.kind != "image" else part.text, element


def _named(part: Part, element: Element, called: dict[str, str]) -> str:
    where = f"message {element.number}"
    if part.kind == "tool_result":
        return f"{part.name or called.get(part.id) or 'unknown tool'}, {where}" + (", failed" if part.error else "")
    return f"{part.name}, {where}" if part.name else where


def _server(name: str) -> str:
    """The MCP server that a tool is from, as agents name it (``mcp__SERVER__TOOL``)."""
    return name.removeprefix(MCP).partition("__")[0] if name.startswith(MCP) else ""


def tokens(shares: Sequence[Share], input_tokens: int | None, weight: int) -> int:
    """About how many tokens so much of a prompt is: its part of the input tokens, by weight.

    Where the wire did not say how many there were, a quarter of the weight.
    """
    whole = sum(share.weight for share in shares)
    if input_tokens is None or not whole:
        return weight // 4
    return round(input_tokens * weight / whole)
