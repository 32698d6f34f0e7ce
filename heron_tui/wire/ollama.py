"""Ollama's own API: /api/chat and /api/generate, as JSON lines or as one object.

Sources: Ollama's API documentation, capture `curl`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ..model.call import CallRequest, Message
from ..model.http import Request
from . import digest, lenient, pieces
from .answer import Answer, Block
from .api import Route, WireApi, is_array, names_of, streaming
from .body import Body

_skip = frozenset({"model", "messages", "prompt", "system", "tools", "stream", "context", "images"})
_counts = (
    "prompt_eval_count",
    "eval_count",
    "prompt_eval_duration",
    "eval_duration",
    "load_duration",
    "total_duration",
)
TEXT, THINKING, TOOL = 0, 1, 2


def route(request: Request) -> Route | None:
    return Route() if request.path.endswith(("/api/chat", "/api/generate")) else None


def fits(body: Body, route: Route | None) -> bool:
    """Shape alone is OpenAI Chat's or anybody's: only the route tells."""
    return route is not None and "model" in body and (is_array(body, "messages") or "messages" not in body)


def read(body: Body, route: Route) -> CallRequest:
    """A request without messages and prompt only loads (or unloads) a model."""
    messages, parts = body.messages("ollama", "messages", _message)
    if not messages:
        messages, parts = body.messages("ollama prompt", "prompt", _prompt)
    return CallRequest(
        wire_api="ollama",
        operation="chat" if messages else "load",
        model=body.text("model"),
        streaming=streaming(body, route, default=True),
        system=lenient.text(body.get("system")),
        messages=messages,
        tools=body.remembered("ollama tools", "tools", lambda tools: names_of(tools, "function"), ()),
        pieces=pieces.of(body),
        schema=isinstance(body.get("format"), dict),
        parts=parts,
        params=body.params(_skip),
    )


def _prompt(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    return digest.message(raw, raw_hash, "user", texts=digest.content_texts(value), ids=False)


def _message(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    if not isinstance(value, dict):
        return None
    role, content = value.get("role"), value.get("content")
    if role == "tool":
        result = digest.tool_result(value.get("tool_call_id"), content, name=value.get("tool_name"))
        return digest.message(raw, raw_hash, role, results=[result], ids=False)
    return digest.message(
        raw,
        raw_hash,
        role,
        texts=digest.content_texts(content),
        calls=[block.call for block in _calls(value.get("tool_calls"))],
        others=lenient.sequence(value.get("images")),
        ids=False,
    )


def _calls(value: Any) -> list[Block]:
    blocks = []
    for call in map(lenient.mapping, lenient.sequence(value)):
        held = lenient.mapping(call.get("function"))
        blocks.append(Block("tool", call.get("id"), held.get("name"), held.get("arguments") or None))
    return blocks


class _Line(msgspec.Struct, gc=False):
    model: str | None = None
    message: Any = None
    response: Any = None
    thinking: Any = None
    done: bool = False
    done_reason: str | None = None
    error: Any = None
    prompt_eval_count: Any = None
    eval_count: Any = None
    prompt_eval_duration: Any = None
    eval_duration: Any = None
    load_duration: Any = None
    total_duration: Any = None


_decoder = lenient.EventDecoder(_Line)


class OllamaAnswer(Answer):
    """Folds lines up to the one that is `done`."""

    ids_in_keys = False

    def __init__(self) -> None:
        super().__init__()
        self._tools = 0

    def take(self, _names: Sequence[str], data: list[bytes]) -> list[int]:
        return [place for place, line in enumerate(_decoder.decode(data)) if line and self._line(line)]

    def read(self, value: Any) -> None:
        if line := _decoder.convert(value):
            self._line(line)

    def _line(self, line: _Line) -> bool:
        """True where generated content came with it."""
        self.model = line.model or self.model
        if line.error is not None:
            self.fail(line.error)
        message = lenient.mapping(line.message)
        content = False
        for kind, place, text in (
            ("thinking", THINKING, message.get("thinking") or line.thinking),
            ("text", TEXT, message.get("content") or line.response),
        ):
            if isinstance(text, str) and text:
                self.block((0, place, 0), "text" if kind == "text" else "thinking").pieces.append(text)
                content = True
        for block in _calls(message.get("tool_calls")):
            self.blocks[(0, TOOL, self._tools)] = block
            self._tools += 1
            content = True
        if line.done:
            self.ended = True
            if line.done_reason:
                self.finishes[0] = line.done_reason
            counts = {name: getattr(line, name) for name in _counts}
            self.use({name: count for name, count in counts.items() if count is not None})
        return content


API = WireApi("ollama", route, fits, read, OllamaAnswer)
