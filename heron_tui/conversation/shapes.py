"""Messages in one form for all wire APIs, nothing cut and nothing left out."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from ..model.call import Role, ToolCall, ToolResult
from ..wire import digest

PartKind = Literal["text", "thinking", "image", "tool_call", "tool_result", "server_tool", "other"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a message.

    Attributes:
        text: of a text or thinking its words, of a tool call its arguments as on the wire, of a result its texts, of an
            image its address (``data:`` with the image in it, ``https:``, or "" where it is held elsewhere).
        wire: the part's type as on the wire (``tool_use``, ``input_text``, ``inlineData``, ...).
        id, name: of a tool call or result; names inside a namespace are ``namespace__name``.
        arguments: of a tool call, parsed; None where they are free text (`free`) or no JSON object.
        free: a call of a tool that takes free text.
        error: whether a result is one of failure, None where the wire does not say.
        parts: of a result, where it holds more than texts.
        hidden: thinking of which the wire shows only that there was some.
        value: of `other` and `server_tool`, the whole part.
    """

    kind: PartKind
    text: str = ""
    wire: str = ""
    id: str = ""
    name: str = ""
    arguments: dict[str, Any] | None = None
    free: bool = False
    error: bool | None = None
    parts: tuple["Part", ...] = ()
    hidden: bool = False
    value: Any = None

    @property
    def taken(self) -> dict[str, Any]:
        """The arguments of a tool call as an object, in the form that call records have."""
        return {"input": self.text} if self.arguments is None else self.arguments


@dataclass(frozen=True)
class Message:
    """One element of the conversation, as one request carried it; Responses has one for each item.

    Attributes:
        wire: the role word or item type as on the wire.
        exchange, side: whose body holds it.
        start, end: its bytes in that body, 0 and 0 where that cannot be told (answers, chained messages of old stores).
    """

    role: Role
    parts: tuple[Part, ...]
    wire: str = ""
    exchange: str = ""
    side: Literal["request", "response"] = "request"
    start: int = 0
    end: int = 0

    @property
    def text(self) -> str:
        """Its texts and the texts of tool results, joined by line ends."""
        return "\n".join(part.text for part in self.parts if part.kind in ("text", "tool_result") and part.text)

    def of(self, kind: PartKind) -> tuple[Part, ...]:
        return tuple([part for part in self.parts if part.kind == kind])

    @cached_property
    def key(self) -> bytes:
        """8 bytes over what it means, as `model.call.Message.key`: blind to cache marks, white space, forms of ids and
        thinking. Empty for what may be left out when a history is sent again (reasoning alone)."""
        calls = [ToolCall(p.id, p.name, p.taken) for p in self.of("tool_call")]
        results = [ToolResult(p.id, p.name or None, None, 0, p.text) for p in self.of("tool_result")]
        others = [part.value or part.text for part in self.parts if part.kind in ("image", "other")]
        texts = [part.text for part in self.of("text")]
        if not (calls or results or others or texts) and self.parts:
            return b""
        return digest.meaning(self.role, texts, calls, results, others)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that was offered. `kind`: `function`, `custom` (free text), or `server` (the API runs it itself)."""

    name: str
    kind: Literal["function", "custom", "server"] = "function"
    description: str = ""
    schema: dict[str, Any] | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a call's request held and what was answered.

    Attributes:
        system: the system prompt that stands outside the messages.
        messages: all that the model saw; what `previous_response_id` stands for is in it, before the call's own.
        chained: how many of the messages came by such a chain.
        answer: None where nothing was said (yet).
        choices: how many alternatives were answered; `answer` is the first.
        missing: the response that `previous_response_id` names, where it is not in the store: what came before it is
            not known.
        problem: why the request could not be read, "" where it could.
    """

    wire_api: str
    system: tuple[Part, ...] = ()
    tools: tuple[Tool, ...] = ()
    messages: tuple[Message, ...] = ()
    chained: int = 0
    answer: Message | None = None
    choices: int = 1
    missing: str | None = None
    problem: str = ""

    @property
    def system_text(self) -> str:
        return "\n".join(part.text for part in self.system)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it is known where it stands."""

    role: Role
    parts: list[Part] = field(default_factory=list)
    wire: str = ""

    def at(self, exchange: str, place: tuple[int, int] | None) -> Message:
        start, end = place or (0, 0)
        return Message(self.role, tuple(self.parts), self.wire, exchange, "request", start, end)


def chained(conversation: Conversation, before: Conversation) -> Conversation:
    """`conversation` with what an earlier call held and was answered put before its messages."""
    earlier = (*before.messages, *((before.answer,) if before.answer else ()))
    return replace(
        conversation,
        messages=earlier + conversation.messages,
        chained=len(earlier),
        missing=before.missing,
        problem=conversation.problem or before.problem,
    )
