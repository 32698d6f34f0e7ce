"""OpenAI's Responses API over HTTP and over a WebSocket (whose messages are the events).

Sources: OpenAI's API reference (Responses, streaming events), captures `codex-http`, `codex-ws`, `openai-sdk`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec

from ..model.call import CallRequest, Message, ToolCall
from ..model.http import Request
from . import digest, lenient, pieces
from .answer import Answer, Block, BlockKind, Key
from .api import Route, WireApi, azure, is_array, streaming
from .body import Body

_skip = frozenset({"model", "input", "instructions", "tools", "metadata", "client_metadata", "stream", "user", "type"})
_identity = (
    "user",
    "metadata",
    "client_metadata",
    "prompt_cache_key",
    "safety_identifier",
    "previous_response_id",
    "conversation",
    "session_id",
)
_free = {
    "custom_tool_call": "input",
    "apply_patch_call": "operation",
    "local_shell_call": "action",
    "shell_call": "action",
    "computer_call": "action",
}
_names = {
    "apply_patch_call": "apply_patch",
    "local_shell_call": "local_shell",
    "shell_call": "shell",
    "computer_call": "computer",
}
_finished = frozenset({"completed", "incomplete", "failed", "cancelled"})
"""Statuses that last; a response is `queued` and `in_progress` before."""

SUMMARY, CONTENT = 0, 1


def route(request: Request) -> Route | None:
    if not request.path.endswith("/responses"):
        return None
    found = azure(request)
    return replace(found, streaming=True) if request.transport == "websocket" else found


def fits(body: Body, route: Route | None) -> bool:
    """`input` (or what stands for it) without `messages`; over a WebSocket the message says what it is."""
    if "messages" in body or "contents" in body:
        return False
    if "type" in body:
        return body.text("type") == "response.create"
    if route is not None:
        return any(name in body for name in ("input", "previous_response_id", "conversation", "prompt"))
    return "model" in body and is_array(body, "input") and body.holds("input", b'"role"')


def read(body: Body, route: Route) -> CallRequest:
    messages, parts = body.messages("openai-responses", "input", _item)
    form = lenient.mapping(lenient.mapping(body.get("text")).get("format"))
    added = tuple(name for message in messages if message.kind == "additional_tools" for name in message.texts)
    return CallRequest(
        wire_api="openai-responses",
        operation="chat",
        model=body.text("model") or route.model,
        streaming=streaming(body, route),
        system=lenient.text(body.remembered("instructions", "instructions", _instructions, "")),
        messages=messages,
        tools=body.remembered("openai-responses tools", "tools", tool_names, ()) + added,
        pieces=pieces.of(body, system=("instructions",)),
        ids=body.strings(*_identity) | _conversation(body),
        schema=form.get("type") == "json_schema",
        parts=parts,
        params=body.params(_skip) | route.params,
    )


def _instructions(value: Any) -> str:
    return "\n".join(digest.content_texts(value))


def _conversation(body: Body) -> dict[str, str]:
    name = lenient.mapping(body.get("conversation")).get("id")
    return {"conversation": name} if isinstance(name, str) else {}


def tool_names(tools: Any) -> tuple[str, ...]:
    """Names of the tools offered; of a namespace, the names of those inside it; of a built-in tool, its type."""
    found: list[str] = []
    for tool in map(lenient.mapping, lenient.sequence(tools)):
        if tool.get("type") == "namespace":
            found += tool_names(tool.get("tools"))
        elif name := lenient.some(tool.get("name")) or lenient.some(tool.get("type")):
            found.append(name)
    return tuple(found)


def _item(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    """One item of `input`: a message, a call, an output, or something that is none of these."""
    if isinstance(value, str):
        return digest.message(raw, raw_hash, "user", texts=digest.content_texts(value))
    if not isinstance(value, dict):
        return None
    kind = lenient.some(value.get("type")) or "message"
    if kind == "message":
        return _message(value, raw, raw_hash)
    if kind.endswith("_output"):
        result = digest.tool_result(value.get("call_id"), value.get("output"))
        return digest.message(raw, raw_hash, kind, role="tool", results=[result])
    call = _call_of(value)
    if call is not None:
        return digest.message(raw, raw_hash, kind, role="assistant", calls=[call])
    if kind == "additional_tools":
        return digest.message(raw, raw_hash, kind, role="system", texts=tool_names(value.get("tools")))
    if kind == "reasoning" or kind.endswith(("_call", "_reference")) or kind == "mcp_list_tools":
        return digest.message(raw, raw_hash, kind, role="assistant", silent=True)
    return digest.message(
        raw, raw_hash, kind, role="user", texts=digest.content_texts(value.get("content")), others=[value]
    )


def _message(value: dict[str, Any], raw: bytes, raw_hash: int) -> Message:
    content = value.get("content")
    others = [part for part in lenient.sequence(content) if isinstance(part, dict) and not _is_text(part)]
    role = value.get("role")
    return digest.message(raw, raw_hash, role, texts=digest.content_texts(content), others=others)


def _is_text(part: dict[str, Any]) -> bool:
    return "text" in part or part.get("type") == "refusal"


def _call_of(item: dict[str, Any]) -> ToolCall | None:
    """The tool call that an item is, where a client has to answer it."""
    block = _tool_block(item)
    return None if block is None or block.kind == "server" else block.call


def _tool_block(item: dict[str, Any]) -> Block | None:
    """A tool item as a block: `server` where the API runs the tool itself."""
    kind = lenient.text(item.get("type"))
    id, name = item.get("call_id") or item.get("id"), item.get("name") or _names.get(kind)
    if kind == "function_call":
        block = Block("tool", id, name, item.get("arguments") or None)
    elif kind == "custom_tool_call":
        block = Block("custom", id, name, item.get("input") or None)
    elif kind in _free:
        block = Block("tool", id, name, lenient.mapping(item.get(_free[kind])) or None)
    elif kind.endswith("_call"):
        block = Block("server", id, name or kind.removesuffix("_call"))
        block.whole = item.get("arguments") or item.get("action") or item.get("code") or item.get("queries") or None
    else:
        return None
    block.namespace = item.get("namespace")
    return block


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: Any = None
    item: Any = None
    item_id: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    text: Any = None
    arguments: Any = None
    input: Any = None
    refusal: Any = None
    response: Any = None
    error: Any = None
    code: Any = None
    message: Any = None


_decoder = lenient.EventDecoder(_Event)

_deltas: dict[str, BlockKind] = {
    "response.output_text.delta": "text",
    "response.reasoning_summary_text.delta": "thinking",
    "response.reasoning_text.delta": "thinking",
    "response.function_call_arguments.delta": "tool",
    "response.custom_tool_call_input.delta": "custom",
    "response.mcp_call_arguments.delta": "server",
    "response.code_interpreter_call_code.delta": "server",
    "response.output_audio_transcript.delta": "text",
    "response.audio.transcript.delta": "text",
}
_done: dict[str, tuple[BlockKind, str]] = {
    "response.output_text.done": ("text", "text"),
    "response.reasoning_summary_text.done": ("thinking", "text"),
    "response.reasoning_text.done": ("thinking", "text"),
    "response.function_call_arguments.done": ("tool", "arguments"),
    "response.custom_tool_call_input.done": ("custom", "input"),
    "response.mcp_call_arguments.done": ("server", "arguments"),
}
_ends = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done"}
)


class ResponsesAnswer(Answer):
    """Folds `response.created ... response.completed`. Keys of blocks: output item, summary or content, part."""

    one_message = False

    def __init__(self) -> None:
        super().__init__()
        self._index_of: dict[str, int] = {}
        self._newest = 0

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        hits: list[int] = []
        for place, event in enumerate(_decoder.decode(data)):
            if event is None:
                continue
            kind = event.type or names[place]
            block_kind = _deltas.get(kind)
            if block_kind is not None:
                piece = event.delta
                if isinstance(piece, str) and piece:
                    self.block(self._key(event, block_kind), block_kind).pieces.append(piece)
                    hits.append(place)
            elif self._take_other(kind, event):
                hits.append(place)
        return hits

    def _take_other(self, kind: str, event: _Event) -> bool:
        """Everything but the usual deltas; True where generated content came that no delta had brought."""
        if kind in _done:
            block_kind, member = _done[kind]
            return self._complete(self.block(self._key(event, block_kind), block_kind), getattr(event, member))
        if kind in ("response.output_item.added", "response.output_item.done"):
            return self._item(self._index(event), lenient.mapping(event.item))
        if kind == "response.refusal.delta" and isinstance(event.delta, str):
            self.refusal.append(event.delta)
            return bool(event.delta)
        if kind == "response.refusal.done" and not self.refusal and (said := lenient.some(event.refusal)):
            self.refusal.append(said)
            return True
        if kind == "error" or (not kind and event.error is not None):
            self.fail(event.error if event.error is not None else {"code": event.code, "message": event.message})
        elif event.response is not None:
            content = self._response(lenient.mapping(event.response))
            self.ended = self.ended or kind in _ends
            if kind == "response.failed" and self.error_type is None and self.error_message is None:
                self.fail({"code": "failed"})
            return content
        return False

    def _index(self, event: _Event) -> int:
        """The output item an event belongs to: by index, else by the item's id, else the newest."""
        index = event.output_index
        if index is None:
            item_id = event.item_id or lenient.some(lenient.mapping(event.item).get("id"))
            if item_id in self._index_of:
                index = self._index_of[item_id]
            elif event.item is not None and item_id:
                index = self._index_of[item_id] = self._newest + bool(self.blocks)
            else:
                index = self._newest
        elif event.item is not None and (item_id := lenient.some(lenient.mapping(event.item).get("id"))):
            self._index_of[item_id] = index
        self._newest = index
        return index

    def _key(self, event: _Event, kind: BlockKind) -> Key:
        index = event.output_index
        if index is None:
            index = self._index(event)
        if kind == "text":
            return (index, CONTENT, event.content_index or 0)
        if kind == "thinking" and event.summary_index is None:
            return (index, CONTENT, event.content_index or 0)
        return (index, SUMMARY, event.summary_index or 0)

    def _complete(self, block: Block, final: Any) -> bool:
        """A block's final form replaces what the deltas gave; True where they gave nothing."""
        if not final:
            return False
        fresh = not block.pieces and block.whole is None
        if isinstance(final, str | dict):
            block.whole = final
        return fresh

    def _item(self, index: int, item: dict[str, Any]) -> bool:
        """An output item as it is added, or whole when it is done."""
        kind = item.get("type")
        if kind == "message":
            return self._parts(index, CONTENT, item.get("content"), "text")
        if kind == "reasoning":
            content = self._parts(index, SUMMARY, item.get("summary"), "thinking")
            return self._parts(index, CONTENT, item.get("content"), "thinking") or content
        found = _tool_block(item)
        if found is None:
            return False
        block = self.blocks.setdefault((index, SUMMARY, 0), found)
        if block is found:
            return bool(found.whole) and found.kind != "server"
        block.kind, block.id, block.namespace = found.kind, found.id or block.id, found.namespace or block.namespace
        block.name = found.name or block.name
        return self._complete(block, found.whole) and found.kind != "server"

    def _parts(self, index: int, group: int, parts: Any, kind: BlockKind) -> bool:
        content = False
        for place, part in enumerate(map(lenient.mapping, lenient.sequence(parts))):
            if part.get("type") == "refusal":
                if not self.refusal and (said := lenient.some(part.get("refusal"))):
                    self.refusal.append(said)
                    content = True
            elif text := lenient.some(part.get("text") or part.get("transcript")):
                content = self._complete(self.block((index, group, place), kind), text) or content
        return content

    def _response(self, response: dict[str, Any]) -> bool:
        """The response object, as it is in the first and the last event and as a whole body."""
        self.model = lenient.some(response.get("model")) or self.model
        self.id = lenient.some(response.get("id")) or self.id
        if (status := lenient.some(response.get("status"))) in _finished:
            self.finishes[0] = status
        self.use(response.get("usage"))
        if response.get("error") is not None:
            self.fail(response["error"])
        content = False
        if not self.blocks:  # indices in `output` need not be those of the stream: only where no item had come
            for index, item in enumerate(lenient.sequence(response.get("output"))):
                content = self._item(index, lenient.mapping(item)) or content
        return content

    def read(self, value: Any) -> None:
        whole = lenient.mapping(value)
        if "output" not in whole and "status" not in whole:
            self.fail(whole)
            return
        self._response(whole)


API = WireApi("openai-responses", route, fits, read, ResponsesAnswer)
