"""What a message says once the agent's scaffolding is taken away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from ..model.call import Message, ToolCall
from ..model.words import words_of
from .condition import Pattern
from .profile import PromptRules, TurnRules

HELD_MESSAGES = 32_768
HELD_CHARACTERS = 16 << 20

_ends_with_tag = re.compile(r"[^|]*(</[A-Za-z-]+>)")
_arguments = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Result:
    """A tool result as a later request carries it; `id` is plain (`plain_id`), "" where the API has none."""

    id: str
    name: str | None
    error: bool | None
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """A message, read with an agent's rules.

    Attributes:
        key: 64 bits that are equal for messages of the same meaning; 0 for what does not count when conversations are
            compared: system text, scaffolding, tool results (agents shorten and move these), reasoning.
        assistant: the model said it. calls: and asks for tools.
        typed: a user's own words (or pictures), with what remains of them in `text`; `words` is a hash over that.
        steering: what the user added while the agent worked.
        notified: ids in the notice that a background sub-agent has finished.
        marks: hashes of an assistant's text and of each tool call, which survive a client's rewriting of ids.
    """

    key: int = 0
    assistant: bool = False
    calls: bool = False
    typed: bool = False
    text: str = ""
    words: int = 0
    steering: str = ""
    notified: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
    marks: tuple[int, ...] = ()


SILENT = Said()


class Listener:
    """Reads messages with one agent's rules, each of them once: agents resend their whole history with every call."""

    def __init__(self, prompt: PromptRules, turn: TurnRules) -> None:
        self._prompt = prompt
        self._turn = turn
        self._heard: dict[int, Said] = {}
        self._characters = 0

    def hear(self, messages: Iterable[Message]) -> list[Said]:
        """What each of `messages` says."""
        known = self._heard.get
        return [known(message.raw_hash) or self._hear(message) for message in messages]

    def _hear(self, message: Message) -> Said:
        said = self._read(message)
        self._characters += len(said.text) + len(said.steering)
        if len(self._heard) >= HELD_MESSAGES or self._characters > HELD_CHARACTERS:
            self._heard.clear()
            self._characters = len(said.text) + len(said.steering)
        self._heard[message.raw_hash] = said
        return said

    def _read(self, message: Message) -> Said:
        if message.role == "system":
            return SILENT
        if message.role == "assistant":
            key = int.from_bytes(message.key[:8], "big") | 1 if message.key else 0
            return Said(key=key, assistant=True, calls=bool(message.tool_calls), marks=marks(message))
        results = tuple([Result(plain_id(one.id), one.name, one.error, one.size) for one in message.tool_results])
        text = self.typed(message.texts)
        words = _words(message, text)
        typed = bool(text) or not (message.texts or results)
        if results and not self._turn.beside_results:
            typed = False
        return Said(
            key=0 if results else words or self._key(message),
            typed=typed,
            text=text,
            words=words,
            steering=_found(self._prompt.steering, message.texts),
            notified=_ids(self._turn.notification, message.texts),
            results=results,
        )

    def typed(self, texts: Iterable[str]) -> str:
        """The text blocks without scaffolding; empty ones are left out."""
        kept = []
        for text in texts:
            for pattern in self._prompt.scaffolding:
                end = _reach(pattern, text)
                text = pattern.sub(_kept, text[:end]) + text[end:]
            if text := text.strip():
                kept.append(text)
        return "\n\n".join(kept)

    def _key(self, message: Message) -> int:
        """Of a message without words of a user's own."""
        return int.from_bytes(message.key[:8], "big") | 1 if message.key and not message.texts else 0


def _words(message: Message, text: str) -> int:
    """The words of what a user typed: mostly all of a message's, which are known."""
    if message.words and len(message.texts) == 1 and len(text) == len(message.texts[0]):
        return message.words
    return words_of(text)


def marks(message: Message) -> tuple[int, ...]:
    return _marks(message.words or words_of("".join(message.texts)), message.tool_calls)


def answer_marks(text: str, calls: Iterable[ToolCall]) -> tuple[int, ...]:
    """The `marks` of an answer, to be found again in the request that sends it back."""
    return _marks(words_of(text), calls)


def plain_id(id: str) -> str:
    """A tool id without what proxies and clients change in it: ``call_x``, ``callx`` and ``toolu_x`` are the same."""
    bare = "".join([letter for letter in id if letter.isalnum()])
    for prefix in ("chatcmpltool", "toolu", "tooluse", "call", "fc", "ctc"):
        if bare.startswith(prefix) and len(bare) > len(prefix):
            return bare.removeprefix(prefix)
    return bare


def _marks(words: int, calls: Iterable[ToolCall]) -> tuple[int, ...]:
    found = [words] if words else []
    return (*found, *[words_of(f"{call.name}\x00{_text_of(call)}") for call in calls])


def _text_of(call: ToolCall) -> str:
    try:
        return _arguments(call.arguments).decode("utf-8", "replace")
    except (TypeError, ValueError, RecursionError):
        return call.raw


def _reach(pattern: Pattern, text: str) -> int:
    """How far into a text a pattern can match: up to the last tag that it ends with, if it ends with one.

    Behind that, each opening tag would be looked along to the end of the text for a closing one in vain.
    """
    tag = _closing(pattern)
    return text.rfind(tag) + len(tag) if tag and tag in text else 0 if tag else len(text)


@lru_cache(maxsize=1024)
def _closing(pattern: Pattern) -> str | None:
    """The closing tag with which all that a pattern finds ends, where it says so."""
    found = _ends_with_tag.fullmatch(pattern.pattern)
    return found[1] if found else None


def _kept(found: re.Match[str]) -> str:
    """What remains of a piece of scaffolding: group 1, for scaffolding that is put around what was typed."""
    return (found[1] or "") if found.re.groups else ""


def _found(patterns: Iterable[Pattern], texts: Iterable[str]) -> str:
    """Group 1 of each place in `texts` that a pattern finds."""
    found = [one.strip() for one in _groups(patterns, texts)]
    return "\n\n".join(found)


def _ids(patterns: Iterable[Pattern], texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_groups(patterns, texts))


def _groups(patterns: Iterable[Pattern], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for pattern in patterns:
            for match in pattern.finditer(text, 0, _reach(pattern, text)):
                yield match[1]
