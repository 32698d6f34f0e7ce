"""A few words for each message seen, and the secrets found in it: every message is looked at once."""

from collections import OrderedDict
from dataclasses import dataclass

from xxhash import xxh3_64_digest

from ..model.call import Call, Message
from . import secret
from .words import cut

MOST = 200_000
"""Messages remembered; of more, those not seen for the longest time are forgotten."""

SYSTEM = 0
"""The number of the system prompt beside those of messages."""


@dataclass(slots=True)
class _Known:
    words: str
    secrets: list[str]
    holder: tuple[int, str] | None = None


class Labels:
    """Agents resend their history with each call: what was seen before is recognised by its key."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    def __call__(self, key: bytes) -> str:
        known = self._known.get(key)
        return known.words if known else "a message seen long ago"

    def look(self, call: Call) -> tuple[dict[int, tuple[str, list[str]]], set[str]]:
        """Look at the messages of a call that are new.

        Returns:
            Role and kinds of secrets by number of the message (`SYSTEM`: the system prompt), where this is the earliest
            call that carries it; and the calls that are no longer the earliest.
        """
        order = call.t_request_us, call.id
        found: dict[int, tuple[str, list[str]]] = {}
        earlier: set[str] = set()
        if system := call.request.system:
            key = xxh3_64_digest(system.encode("utf-8", "replace"))
            message = Message("system", (system,), (), (), key, len(system), 0)
            self._look(SYSTEM, message, order, found, earlier)
        for number, message in enumerate(call.request.messages, 1):
            if message.key:
                self._look(number, message, order, found, earlier)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return found, earlier

    def _look(
        self,
        number: int,
        message: Message,
        order: tuple[int, str],
        found: dict[int, tuple[str, list[str]]],
        earlier: set[str],
    ) -> None:
        known = self._known.get(message.key)
        if known is None:
            known = self._known[message.key] = _Known(_words(message), secret.in_message(message))
        else:
            self._known.move_to_end(message.key)
        if known.secrets and (known.holder is None or order <= known.holder):
            if known.holder is not None and known.holder != order:
                earlier.add(known.holder[1])
            known.holder = order
            found[number] = message.role, known.secrets


def _words(message: Message) -> str:
    """`user “Please do …”`, `assistant Bash(…)`, `tool result of toolu_1`."""
    for text in message.texts:
        if text.strip():
            return f"{message.role} “{cut(text, 50)}”"
    if message.tool_calls:
        return f"{message.role} call of {message.tool_calls[0].name}"
    if message.tool_results:
        result = message.tool_results[0]
        return f"tool result “{cut(result.text, 50)}”"
    return f"{message.role} message"
