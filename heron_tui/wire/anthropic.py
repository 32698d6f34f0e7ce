"""Anthropic's Messages API, also as Vertex AI and Bedrock carry it.

Sources: Anthropic's API reference (Messages, Streaming), captures `anthropic-sdk`, `claude-code`, `openclaw`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..model.call import CallRequest, CallResponse, Message
from ..model.http import Request
from . import digest, lenient, pieces
from .alike import Alike
from .answer import Answer, Block, BlockKind, Key
from .api import Route, WireApi, is_array, names_of, streaming
from .bedrock import CHUNK, model_of, unwrapped
from .body import Body

_vertex = re.compile(r"/publishers/anthropic/models/(?!count-tokens:)([^/:]+):(rawPredict|streamRawPredict)$")
_bedrock = re.compile(r"/model/(?![^/]*(?:embed|rerank))([^/]+)/(invoke|invoke-with-response-stream)$")
_skip = frozenset({"model", "messages", "system", "tools", "metadata", "stream"})
_chat_only = ("stream_options", "max_completion_tokens", "response_format", "functions", "n")
_thinking = frozenset({"thinking", "redacted_thinking"})


def route(request: Request) -> Route | None:
    path = request.path
    if path.endswith("/messages"):
        return Route()
    if path.endswith("Predict") and (found := _vertex.search(path)):
        return Route(model=found[1], streaming=found[2] == "streamRawPredict")
    if "/invoke" in path and (found := _bedrock.search(path)):
        return Route(model=model_of(found[1]), streaming=found[2] != "invoke")
    return None


def fits(body: Body, route: Route | None) -> bool:
    """`model` and `messages`, and what tells them from OpenAI Chat's where no route does."""
    if not is_array(body, "messages") or "input" in body:
        return False
    if route is not None:
        return "model" in body or route.model is not None or "max_tokens" in body
    if "anthropic_version" in body:
        return True
    if "model" not in body or any(name in body for name in _chat_only) or not body.holds("messages", b'"role"'):
        return False
    return (
        any(name in body for name in ("system", "thinking", "stop_sequences"))
        or body.holds("tools", b'"input_schema"')
        or body.holds("messages", b'"tool_use_id"')
        or ("max_tokens" in body and (body.text("model") or "").startswith("claude"))
    )


def read(body: Body, route: Route) -> CallRequest:
    messages, parts = body.messages("anthropic", "messages", _message)
    form = lenient.mapping(lenient.mapping(body.get("output_config")).get("format")) or body.get("output_format")
    return CallRequest(
        wire_api="anthropic",
        operation="chat",
        model=body.text("model") or route.model,
        streaming=streaming(body, route),
        system=body.remembered("anthropic system", "system", _system, ""),
        messages=messages,
        tools=body.remembered("anthropic tools", "tools", names_of, ()),
        pieces=pieces.of(body),
        ids=body.strings("metadata", "container", "user"),
        schema=lenient.mapping(form).get("type") == "json_schema",
        parts=parts,
        params=body.params(_skip),
    )


def _system(value: Any) -> str:
    return "\n".join(digest.content_texts(value))


def _message(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    if not isinstance(value, dict):
        return None
    content = value.get("content")
    calls, results, others = [], [], []
    for block in lenient.sequence(content):
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind == "tool_use":
            calls.append(digest.tool_call(block.get("id"), block.get("name"), block.get("input")))
        elif kind == "tool_result":
            error = block.get("is_error")
            error = error if isinstance(error, bool) else None
            results.append(digest.tool_result(block.get("tool_use_id"), block.get("content"), error))
        elif kind not in _thinking and "text" not in block and not is_server_block(kind):
            others.append(block)
    texts = digest.content_texts(content)
    return digest.message(raw, raw_hash, value.get("role"), texts=texts, calls=calls, results=results, others=others)


def is_server_block(kind: Any) -> bool:
    """Whether a block is a tool that the API ran itself, or the result of one (web search, code, MCP connector)."""
    return isinstance(kind, str) and kind not in ("tool_use", "tool_result") and kind.endswith(("_tool_use", "_result"))


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    partial_json: Any = None
    thinking: str | None = None
    stop_reason: str | None = None
    stop_details: Any = None


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    index: int | None = None
    delta: _Delta | None = None
    content_block: Any = None
    message: Any = None
    usage: Any = None
    error: Any = None


_decoder = lenient.EventDecoder(_Event)
_markers = (b'"text":"', b'"partial_json":"', b'"thinking":"')


def _only_text(data: bytes) -> tuple[tuple[Key, BlockKind], str] | None:
    """See `Alike`: a delta that names its block and brings one text."""
    event = _decoder.decode([data])[0]
    if event is None or event.type != "content_block_delta" or event.index is None or event.delta is None:
        return None
    delta = event.delta
    match [one for one in (delta.text, delta.partial_json, delta.thinking) if one is not None]:
        case [str(text)]:
            return ((0, event.index), _kind_of(delta)), text
    return None


class AnthropicAnswer(Answer):
    """Folds `message_start ... message_stop`. Blocks are told apart by index: all may start before any delta."""

    tells_alone = True

    def __init__(self) -> None:
        super().__init__()
        self._newest = 0
        self._counted = True
        self._alike = Alike(_markers, _only_text)

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        if names and (names[0] == CHUNK or names[-1].startswith("!")):
            data = [unwrapped(name, one) for name, one in zip(names, data, strict=True)]
            names = [""] * len(data)
        hits: list[int] = []
        for stretch in self._alike.stretches(data):
            if stretch.place is None:
                hits += self._take_each(names, data[stretch.start : stretch.stop], stretch.start)
            else:
                self.block(*stretch.place).pieces += filter(None, stretch.texts)
                hits += stretch.hits()
        return hits

    def _take_each(self, names: Sequence[str], data: list[bytes], first: int) -> list[int]:
        """Events one by one; `first` is the place of the first of them in `names`."""
        hits: list[int] = []
        self.alone += range(first, first + len(data))
        hit = hits.append
        blocks = self.blocks
        at, block = -1, Block("other")  # the block of the delta before: mostly that of the next one
        for place, event in enumerate(_decoder.decode(data), first):
            if event is None:
                continue
            kind = event.type or names[place]
            if kind == "content_block_delta":
                delta = event.delta
                if delta is None:
                    continue
                index = self._newest if event.index is None else event.index
                if index != at or (0, index) not in blocks:
                    at, block = index, self.block((0, index), _kind_of(delta))
                piece = delta.text or delta.partial_json or delta.thinking
                if piece:
                    hit(place)
                    if piece.__class__ is str:
                        block.pieces.append(piece)
                    else:
                        block.whole = piece
            elif self._take_other(kind, event):
                hit(place)
                at = -1
            else:
                at = -1
        return hits

    def _take_other(self, kind: str, event: _Event) -> bool:
        """Everything but deltas; True where generated content came with it."""
        if kind == "content_block_start":
            index = event.index if event.index is not None else self._newest + bool(self.blocks)
            self._newest = index
            block = self.blocks[(0, index)] = _block(event.content_block)
            return bool(block.pieces or block.whole)
        if kind == "message_delta":
            delta = event.delta or _Delta()
            self._stop(delta.stop_reason, delta.stop_details)
            self._add_usage(event.usage)
            self._counted = self._counted or "output_tokens" in lenient.mapping(event.usage)
        elif kind == "message_start":
            self._start(lenient.mapping(event.message))
            self._counted = False
        elif kind == "message_stop":
            self.ended = True
        elif kind == "error" or (not kind and event.error is not None):
            self.fail(event.error if event.error is not None else {"type": "error"})
        return False

    def read(self, value: Any) -> None:
        message = lenient.mapping(value)
        if message.get("type") == "error" or ("error" in message and "content" not in message):
            self.fail(message)
            return
        self._start(message)
        for index, block in enumerate(lenient.sequence(message.get("content"))):
            self.blocks[(0, index)] = _block(block)

    def snapshot(self) -> CallResponse:
        """What `message_start` says of output tokens is how many there are at the start: no count of the answer's."""
        made = super().snapshot()
        return made if self._counted else replace(made, tokens=replace(made.tokens, output=None, reasoning=None))

    def _start(self, message: dict[str, Any]) -> None:
        self.model = lenient.some(message.get("model")) or self.model
        self.id = lenient.some(message.get("id")) or self.id
        self._stop(message.get("stop_reason"), message.get("stop_details"))
        self._add_usage(message.get("usage"))

    def _stop(self, reason: Any, details: Any) -> None:
        if not lenient.some(reason):
            return
        self.finishes[0] = reason
        if reason == "refusal":
            told = lenient.mapping(details)
            self.refusal = [lenient.some(told.get("explanation")) or lenient.some(told.get("category")) or "refusal"]

    def _add_usage(self, usage: Any) -> None:
        """The newer usage wins, but keeps what only an earlier one had.

        A null, and a zero for input that was counted before, say nothing: some servers fill their last usage so.
        """
        if not isinstance(usage, dict):
            return
        before = self.usage or {}
        said = {
            name: count
            for name, count in usage.items()
            if name not in before or (count is not None and (count != 0 or name == "output_tokens"))
        }
        self.use({**before, **said})


def _kind_of(delta: _Delta) -> BlockKind:
    """What a block is whose start was not seen."""
    if delta.partial_json is not None:
        return "tool"
    return "thinking" if delta.thinking is not None else "text"


def _block(value: Any) -> Block:
    """A content block as it starts in a stream, or whole."""
    block = lenient.mapping(value)
    kind = block.get("type")
    if kind == "text":
        return _filled("text", block.get("text"))
    if kind == "thinking":
        return _filled("thinking", block.get("thinking"))
    if kind == "tool_use":
        return Block("tool", block.get("id"), block.get("name"), block.get("input") or None)
    if is_server_block(kind) and "name" in block:
        return Block("server", block.get("id"), block.get("name"), block.get("input") or None)
    return Block("other", name=kind)


def _filled(kind: BlockKind, text: Any) -> Block:
    block = Block(kind)
    if isinstance(text, str) and text:
        block.pieces.append(text)
    return block


API = WireApi("anthropic", route, fits, read, AnthropicAnswer)
