"""Secrets in exported texts, replaced by the same keyed hash that stands for them in the store."""

from typing import Any

from ..core.redact import Redactor, load_key
from ..core.secrets import find

LEAST = 12
"""Characters below which no text holds a secret."""


class Redaction:
    """Replaces secrets; `count` says how many. With `on` False nothing is replaced."""

    def __init__(self, on: bool) -> None:
        self._redactor = Redactor(load_key()) if on else None
        self.count = 0

    def text(self, text: str) -> str:
        if self._redactor is None or len(text) < LEAST or text.startswith("data:"):
            return text
        pieces, end = [], 0
        for secret in find(text):
            pieces += [text[end : secret.start], self._redactor.mask(text[secret.start : secret.end])]
            end = secret.end
            self.count += 1
        return "".join([*pieces, text[end:]]) if end else text

    def value(self, value: Any) -> Any:
        """`value` with all strings in it redacted."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {key: self.value(member) for key, member in value.items()}
            case list() | tuple():
                return [self.value(member) for member in value]
        return value
