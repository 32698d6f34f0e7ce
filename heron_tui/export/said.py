"""A conversation as a row of messages: one answer is one message, one tool result is one message.

Wire APIs cut differently: Responses sends an item for each part of an answer, Anthropic several results in one message.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xxhash import xxh3_128_digest

from ..conversation.ids import plain_id
from ..conversation.shapes import Conversation, Message, Part
from ..model.call import Role

START = b""
MOST_KEYS = 50_000


@dataclass(frozen=True, slots=True)
class Said:
    """One message; of role `tool` with exactly one result."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """Ids of its tool calls, without what proxies change in them; () where any has none."""
        ids = tuple([plain_id(part.id) for part in self.parts if part.kind == "tool_call"])
        return ids if all(ids) else ()

    @property
    def meaning(self) -> bytes:
        return Message(self.role, self.parts).key

    @property
    def key(self) -> bytes:
        """What tells it from others: the ids of its tool calls, since clients rewrite arguments (paths, defaults) in
        the history that they send again; else its meaning."""
        return "\0".join(self.asks).encode() or self.meaning


def row(messages: Iterable[Message]) -> list[Said]:
    """Messages as a row; those that hold nothing are left out."""
    found: list[Said] = []
    for message in messages:
        if message.role == "assistant":
            before = found.pop().parts if found and found[-1].role == "assistant" else ()
            if parts := (*before, *message.parts):
                found.append(Said("assistant", parts))
            continue
        others: list[Part] = []
        for part in message.parts:
            if part.kind != "tool_result":
                others.append(part)
                continue
            if others:
                found.append(Said(_speaker(message.role), tuple(others)))
                others = []
            found.append(Said("tool", (part,)))
        if others:
            found.append(Said(_speaker(message.role), tuple(others)))
    return found


def _speaker(role: Role) -> Role:
    return "user" if role == "tool" else role


class Keys:
    """Keys of messages seen before; histories that share messages share their parts (`conversation.reading.Drafts`)."""

    def __init__(self) -> None:
        self._known: dict[tuple[int | str, ...], tuple[Said, bytes]] = {}

    def of(self, said: Said) -> bytes:
        same = (said.role, *map(id, said.parts))
        found = self._known.get(same)
        if found is None:
            if len(self._known) >= MOST_KEYS:
                self._known.clear()
            found = self._known[same] = (said, said.key)  # which keeps the parts, and so their identity
        return found[1]


def chain(said: Sequence[Said], keys: Keys) -> list[bytes]:
    """For each message a hash over it and all before it: equal where two histories are equal so far."""
    state, found = START, []
    for one in said:
        state = xxh3_128_digest(state + one.role.encode() + keys.of(one))
        found.append(state)
    return found


def asked(conversation: Conversation) -> list[Said]:
    """What the model was shown."""
    return row(conversation.messages)


def whole(conversation: Conversation) -> list[Said]:
    """What the model was shown, and its answer."""
    answer = conversation.answer
    return row((*conversation.messages, answer) if answer else conversation.messages)
