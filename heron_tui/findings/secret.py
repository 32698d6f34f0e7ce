"""Keys and tokens that an agent sends to a model."""

from collections.abc import Iterator

from ..core import secrets
from ..model.call import Message
from ..model.finding import Finding, Severity
from .seen import Seen

GUESSED = frozenset({"value of a secret's name", "password in a URL", "bearer token", "JWT"})
"""Kinds that tell a secret from where it stands, not from a vendor's form."""


def in_message(message: Message) -> list[str]:
    """Kinds of secrets in the texts of a message and in the tool results that it carries.

    What the model itself said is left out: a secret in it came to the model in another message.
    """
    if message.role == "assistant":
        return []
    texts = (*message.texts, *(result.text for result in message.tool_results))
    return [secret.kind for text in texts for secret in secrets.find(text)]


def in_prompt(call: Seen, found: dict[int, tuple[str, list[str]]]) -> Iterator[Finding]:
    """`secret.in_prompt`: the first call that sends a message with a secret in it. The secret itself is not repeated.

    Args:
        found: role and kinds by number of the message; 0 is the system prompt.
    """
    for number, (role, kinds) in found.items():
        severity: Severity = "note" if GUESSED.issuperset(kinds) else "warning"
        where = f"message {number} ({role})" if number else "the system prompt"
        text = f"{where} holds what looks like a secret: {', '.join(dict.fromkeys(kinds))}"
        yield Finding("secret.in_prompt", severity, call.t_us, "call", call.id, text, call.packet)
