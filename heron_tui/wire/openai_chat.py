"""OpenAI's Chat Completions API, and all that speak it (Azure, vLLM, SGLang, LiteLLM, llama.cpp, OpenRouter, ...).

Sources: OpenAI's API reference, Azure OpenAI's REST reference, captures `openai-sdk`, `hermes`, `opencode-run`.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ..model.call import CallRequest, Message
from ..model.http import Request
from . import anthropic, digest, lenient, pieces
from .alike import Alike
from .answer import Answer, Block, Key
from .api import Route, WireApi, azure, is_array, names_of, streaming
from .body import Body

_skip = frozenset({"model", "messages", "tools", "functions", "metadata", "stream", "user"})
_identity = ("user", "metadata", "prompt_cache_key", "safety_identifier", "session_id", "litellm_session_id")
_llamacpp_build = re.compile(r"b\d{3,}-[0-9a-f]+$")
TEXT, THINKING, TOOL = 0, 1, 2


def route(request: Request) -> Route | None:
    return azure(request) if request.path.endswith("/chat/completions") else None


def fits(body: Body, route: Route | None) -> bool:
    if not is_array(body, "messages"):
        return False
    return route is not None or ("model" in body and body.holds("messages", b'"role"'))


def read(body: Body, route: Route) -> CallRequest:
    messages, parts = body.messages("openai-chat", "messages", _message)
    tools = body.remembered("openai-chat tools", "tools", _names, ())
    return CallRequest(
        wire_api="openai-chat",
        operation="chat",
        model=body.text("model") or route.model,
        streaming=streaming(body, route),
        messages=messages,
        tools=tools + body.remembered("openai-chat functions", "functions", names_of, ()),
        pieces=pieces.of(body, tools=("tools", "functions"), system=()),
        ids=body.strings(*_identity),
        schema=lenient.mapping(body.get("response_format")).get("type") == "json_schema",
        parts=parts,
        params=body.params(_skip) | route.params,
    )


def _names(tools: Any) -> tuple[str, ...]:
    return names_of(tools, "function") if not _has_custom(tools) else names_of(list(map(_flat, tools)))


def _has_custom(tools: Any) -> bool:
    return isinstance(tools, list) and any(lenient.mapping(tool).get("type") == "custom" for tool in tools)


def _flat(tool: Any) -> Any:
    tool = lenient.mapping(tool)
    return tool.get("function") or tool.get("custom") or tool


def _message(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    if not isinstance(value, dict):
        return None
    role, content = value.get("role"), value.get("content")
    if role in ("tool", "function"):
        result = digest.tool_result(value.get("tool_call_id"), content, name=value.get("name"))
        return digest.message(raw, raw_hash, role, results=[result])
    others = [
        part
        for part in lenient.sequence(content)
        if isinstance(part, dict) and "text" not in part and part.get("type") not in ("thinking", "refusal")
    ]
    return digest.message(
        raw,
        raw_hash,
        role,
        texts=digest.content_texts(content),
        calls=[block.call for block in _calls(value)],
        others=others,
    )


def _calls(message: dict[str, Any]) -> list[Block]:
    """The tool calls of a whole message."""
    blocks = []
    for call in lenient.sequence(message.get("tool_calls")):
        if isinstance(call, dict):
            custom = call.get("custom")
            held = lenient.mapping(custom if isinstance(custom, dict) else call.get("function"))
            block = Block("custom" if isinstance(custom, dict) else "tool", call.get("id"), held.get("name"))
            block.whole = held.get("input") if block.kind == "custom" else held.get("arguments")
            blocks.append(block)
    old = message.get("function_call")
    if isinstance(old, dict):
        blocks.append(Block("tool", None, old.get("name"), old.get("arguments")))
    return blocks


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: Any = None
    input: Any = None


class _ToolCall(msgspec.Struct, gc=False):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None
    custom: _Function | None = None


class _Delta(msgspec.Struct, gc=False):
    content: Any = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolCall] | None = None
    function_call: _Function | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, gc=False):
    index: int = 0
    delta: _Delta | None = None
    message: Any = None
    finish_reason: str | None = None
    matched_stop: Any = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: Any = None
    error: Any = None


_decoder = lenient.EventDecoder(_Chunk)
_markers = (b'"content":"', b'"arguments":"')


def _only_text(data: bytes) -> tuple[Key, str] | None:
    """See `Alike`: a chunk with one choice, which brings text or arguments of a tool call that was named before."""
    chunk = _decoder.decode([data])[0]
    if chunk is None or chunk.usage or chunk.error is not None or not chunk.choices or len(chunk.choices) > 1:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    if delta is None or choice.finish_reason or choice.message is not None:
        return None
    if delta.reasoning_content or delta.reasoning or delta.refusal or delta.function_call is not None:
        return None
    if not delta.tool_calls:
        return ((choice.index, TEXT, 0), delta.content) if isinstance(delta.content, str) else None
    call = delta.tool_calls[0]
    held = call.function
    if delta.content or len(delta.tool_calls) > 1 or call.index is None or call.id or call.custom or held is None:
        return None
    if held.name or not isinstance(held.arguments, str):
        return None
    return (choice.index, TOOL, call.index), held.arguments


class ChatAnswer(Answer):
    """Folds chunks up to `[DONE]`. Keys of blocks: choice, kind, index of the tool call."""

    tells_alone = True

    def __init__(self) -> None:
        super().__init__()
        self._newest: dict[int, int] = {}
        self._alike = Alike(_markers, _only_text)

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        begun = 0
        hits: list[int] = []
        if self.id is None or self.model is None:  # until these are known, it counts what each chunk says of the whole
            begun = 1
            hits += self._take_each(names, data[:begun], 0)
        if any(names) or self.id is None or self.model is None:
            return hits + self._take_each(names, data[begun:], begun)
        for stretch in self._alike.stretches(data, begun):
            if stretch.place is None:
                hits += self._take_each(names, data[stretch.start : stretch.stop], stretch.start)
            else:
                self._take_texts(stretch.place, list(filter(None, stretch.texts)))
                hits += stretch.hits()
        return hits

    def _take_texts(self, place: Key, texts: list[str]) -> None:
        choice, kind, index = place
        if kind == TOOL:
            self._newest[choice] = index
            self.block(place, "tool").pieces += texts
        elif texts:
            self.block(place, "text").pieces += texts

    def _take_each(self, names: Sequence[str], data: list[bytes], first: int) -> list[int]:
        """Chunks one by one; `first` is the place of the first of them in `names`."""
        hits: list[int] = []
        self.alone += range(first, first + len(data))
        done = bool(data) and data[-1] == b"[DONE]"
        named = any(names)
        known = self.id is not None and self.model is not None
        at, pieces = -1, [""]  # of the choice before: mostly that of the next one
        for place, chunk in enumerate(_decoder.decode(data[:-1] if done else data), first):
            if chunk is None:
                self.ended = self.ended or data[place - first].strip() == b"[DONE]"
                continue
            if not known:
                known = self._head(lenient.mapping(lenient.loads(data[place - first])))
            if chunk.usage:
                self.use(chunk.usage)
            if chunk.error is not None or (named and names[place] == "error"):
                self.fail(chunk.error or lenient.loads(data[place - first]))
            content = False
            for choice in chunk.choices or ():
                if choice.finish_reason or choice.message is not None:
                    content = self._finish(choice) or content
                delta = choice.delta
                if delta is None:
                    continue
                piece = delta.content
                if piece.__class__ is str:
                    if piece:
                        if choice.index != at:
                            at, pieces = choice.index, self.block((choice.index, TEXT, 0), "text").pieces
                        pieces.append(piece)
                        content = True
                    piece = None
                if (
                    delta.tool_calls
                    or piece
                    or delta.reasoning_content
                    or delta.reasoning
                    or delta.refusal
                    or delta.function_call
                ):
                    content = self._rest(choice.index, delta) or content
            if content:
                hits.append(place)
        self.ended = self.ended or done
        return hits

    def _head(self, chunk: dict[str, Any]) -> bool:
        """What every chunk says of the whole: True once it is known. The first chunks of some servers leave it out."""
        self.id = self.id or lenient.some(chunk.get("id"))
        self.model = self.model or lenient.some(chunk.get("model"))
        fingerprint = lenient.text(chunk.get("system_fingerprint"))
        if fingerprint == "fp_ollama":
            self.serve("ollama", "system_fingerprint fp_ollama")
        elif _llamacpp_build.match(fingerprint):
            self.serve("llamacpp", f"system_fingerprint {fingerprint[:40]}")
        if chunk.get("object") == "error":
            self.fail(chunk)
        return self.id is not None and self.model is not None

    def _finish(self, choice: _Choice) -> bool:
        """The end of a choice, or a choice that came as a whole message: True where that brought content."""
        if choice.finish_reason:
            self.finishes[choice.index] = choice.finish_reason
            self.ended = True
        if choice.matched_stop is not None:
            self.serve("sglang", "matched_stop in a choice")
        return choice.delta is None and self._message(choice.index, lenient.mapping(choice.message))

    def _rest(self, choice: int, delta: _Delta) -> bool:
        """Everything of a delta but its text; True where generated content came with it."""
        content = False
        if thought := delta.reasoning_content or delta.reasoning:
            self.block((choice, THINKING, 0), "thinking").pieces.append(thought)
            content = True
        if delta.tool_calls:
            for call in delta.tool_calls:
                content = self._tool(choice, call) or content
        if delta.function_call is not None:
            content = self._tool(choice, _ToolCall(index=0, function=delta.function_call)) or content
        if delta.refusal:
            self.refusal.append(delta.refusal)
            content = True
        if isinstance(delta.content, list):
            content = self._parts(choice, delta.content) or content
        return content

    def _parts(self, choice: int, parts: list[Any]) -> bool:
        """Content in parts, as Mistral streams it: text, and thinking that holds texts."""
        content = False
        for part in parts:
            part = lenient.mapping(part)
            if part.get("type") == "thinking":
                inner = part.get("thinking")
                for piece in [inner] if isinstance(inner, str) else digest.content_texts(inner):
                    self.block((choice, THINKING, 0), "thinking").pieces.append(piece)
                    content = True
            elif text := lenient.text(part.get("text")):
                self.block((choice, TEXT, 0), "text").pieces.append(text)
                content = True
        return content

    def _tool(self, choice: int, call: _ToolCall) -> bool:
        held = call.function or call.custom or _Function()
        block = self.block((choice, TOOL, self._index(choice, call, held)), "custom" if call.custom else "tool")
        if call.id:
            block.id = block.id or call.id
            if call.id.startswith("chatcmpl-tool-"):
                self.serve("vllm", "tool id chatcmpl-tool-")
        if held.name and not block.name:
            block.name = held.name
        piece = held.arguments if held.arguments is not None else held.input
        if isinstance(piece, dict | list):
            block.whole = piece
            return True
        if isinstance(piece, str) and piece:
            block.pieces.append(piece)
            return True
        return False

    def _index(self, choice: int, call: _ToolCall, held: _Function) -> int:
        """The index of a tool call; where it is missing, an id or name that is new opens the next call."""
        newest = self._newest.get(choice, -1)
        index = call.index
        if index is None:
            current = self.blocks.get((choice, TOOL, newest))
            other_id = call.id and current is not None and current.id not in (None, call.id)
            opens = current is None or other_id or (not call.id and held.name and current.name)
            index = newest + 1 if opens else newest
        self._newest[choice] = index
        return index

    def read(self, value: Any) -> None:
        whole = lenient.mapping(value)
        if "choices" not in whole and ("error" in whole or whole.get("object") == "error" or "detail" in whole):
            self.fail(whole)
            return
        if "choices" not in whole and whole.get("type") == "message":
            self._adopt(whole)
            return
        self._head(whole)
        self.use(whole.get("usage"))
        for place, choice in enumerate(lenient.sequence(whole.get("choices"))):
            choice = lenient.mapping(choice)
            index = choice.get("index")
            index = index if isinstance(index, int) else place
            self._message(index, lenient.mapping(choice.get("message")))
            if finish := lenient.some(choice.get("finish_reason")):
                self.finishes[index] = finish
            if "matched_stop" in choice:
                self.serve("sglang", "matched_stop in a choice")

    def _adopt(self, message: dict[str, Any]) -> None:
        """A message in Anthropic's form: some gateways translate the request, and hand the answer on as it is."""
        answer = anthropic.AnthropicAnswer()
        answer.read(message)
        self.blocks, self.finishes, self.refusal = answer.blocks, answer.finishes, answer.refusal
        self.id, self.model = answer.id, answer.model
        self.use(answer.usage)

    def _message(self, choice: int, message: dict[str, Any]) -> bool:
        """A whole message; True where anything stands in it."""
        delta = _Delta(
            content=message.get("content"),
            reasoning_content=lenient.some(message.get("reasoning_content")),
            reasoning=lenient.some(message.get("reasoning")),
            refusal=lenient.some(message.get("refusal")),
        )
        content = self._rest(choice, delta)
        if text := lenient.text(delta.content):
            self.block((choice, TEXT, 0), "text").pieces.append(text)
            content = True
        for index, block in enumerate(_calls(message)):
            self.blocks[(choice, TOOL, index)] = block
            if lenient.text(block.id).startswith("chatcmpl-tool-"):
                self.serve("vllm", "tool id chatcmpl-tool-")
            content = True
        return content


API = WireApi("openai-chat", route, fits, read, ChatAnswer)
