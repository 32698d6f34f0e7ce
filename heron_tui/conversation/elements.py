"""A prompt as a row of elements, in the order in which the model reads it: tools, system blocks, messages."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import msgspec

from .shapes import Conversation, Message, Part, Tool

T = TypeVar("T")
Kind = Literal["tool", "system", "message"]
WORDS: dict[Kind, str] = {"tool": "tool", "system": "system block", "message": "message"}
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a prompt.

    Attributes:
        number: its place among those of its kind, from 1.
        name: of a tool its name, of a message its role and what is in it.
        key: equal where two mean the same; b"" for what may be left out when a history is sent again.
        text: all of it, for people.
        message: where it is one.
    """

    kind: Kind
    number: int
    name: str
    key: Hashable
    text: str
    message: Message | None = None

    @property
    def label(self) -> str:
        """`message 12 user`, `tool Bash`."""
        return f"{WORDS[self.kind]} {self.name if self.kind == 'tool' else f'{self.number} {self.name}'.strip()}"

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return len(self.text.encode("utf-8", "replace"))


def elements(conversation: Conversation) -> list[Element]:
    """What the model read, in order."""
    made = [Element("tool", n, t.name, (t.name, *_meaning(t)), tool_text(t)) for n, t in _numbered(conversation.tools)]
    made += [Element("system", n, "", part.text, part.text) for n, part in _numbered(conversation.system)]
    messages = [item for message in conversation.messages for item in _items(conversation.wire_api, message)]
    return made + [Element("message", n, _named(m), m.key, message_text(m), m) for n, m in _numbered(messages)]


def _items(wire_api: str, message: Message) -> Sequence[Message]:
    """A message as a request carries it: Responses has an item for each part of an answer."""
    if wire_api != "openai-responses" or message.side == "request":
        return [message]
    return [replace(message, parts=(part,)) for part in message.parts]


def _numbered(items: Sequence[T]) -> Sequence[tuple[int, T]]:
    return list(enumerate(items, 1))


def _meaning(tool: Tool) -> tuple[str, str, bytes]:
    return tool.kind, tool.description, _encode(tool.schema)


def tool_text(tool: Tool) -> str:
    schema = msgspec.json.format(_encode(tool.schema), indent=2).decode() if tool.schema else ""
    return "\n".join(part for part in (tool.description, schema) if part) or tool.name


def _named(message: Message) -> str:
    kinds = dict.fromkeys(part.kind for part in message.parts)
    held = [kind.replace("_", " ") for kind in kinds if kind != "text"]
    return ", ".join([message.role, *held])


def message_text(message: Message) -> str:
    """All parts of a message as text, each that is no plain text under a heading."""
    return "\n".join(part_text(part) for part in message.parts)


def part_text(part: Part) -> str:
    match part.kind:
        case "text":
            return part.text
        case "thinking":
            return f"[thinking]\n{part.text}" if part.text else "[thinking, not shown on the wire]"
        case "tool_call":
            return f"[calls {part.name} {part.id}]\n{_laid_out(part.text)}"
        case "tool_result":
            inner = "\n".join(part_text(inner) for inner in part.parts if inner.kind != "text")
            failed = ", failed" if part.error else ""
            return f"[result of {part.name or part.id}{failed}]\n{part.text}" + (f"\n{inner}" if inner else "")
        case "image":
            return f"[image {part.text[:40]}{'…' if len(part.text) > 40 else ''} {len(part.text):,} bytes]"
    return f"[{part.wire or part.kind}]\n{_laid_out(_encode(part.value).decode()) if part.value else part.text}"


def _laid_out(text: str) -> str:
    try:
        return msgspec.json.format(text, indent=2) if text[:1] in ("{", "[") else text
    except (msgspec.DecodeError, RecursionError):
        return text
