"""Google's Gemini API: AI Studio, Vertex AI, and Code Assist, which wraps requests and answers.

Sources: Google's API reference (generateContent, streamGenerateContent), capture `gemini-cli`; Code Assist from public
client code.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ..model.call import CallRequest, Message
from ..model.http import Request
from . import digest, lenient, pieces
from .answer import Answer, Block, BlockKind
from .api import Route, WireApi, is_array
from .body import Body

_path = re.compile(r"/(?:models|tunedModels|endpoints)/([^/:]+):(generateContent|streamGenerateContent)$")
_wrapped = re.compile(r"/v1internal(?:/[^:]*)?:(generateContent|streamGenerateContent)$")
_skip = frozenset({"model", "contents", "systemInstruction", "system_instruction", "tools", "labels", "request"})


def route(request: Request) -> Route | None:
    path = request.path
    if not path.endswith("enerateContent"):
        return None
    if found := _path.search(path):
        return Route(model=found[1], streaming=found[2] == "streamGenerateContent")
    if found := _wrapped.search(path):
        return Route(streaming=found[1] == "streamGenerateContent")
    return None


def fits(body: Body, route: Route | None) -> bool:
    if "contents" not in body:
        body = body.inner("request")
    return is_array(body, "contents") and (route is not None or body.holds("contents", b'"parts"'))


def read(body: Body, route: Route) -> CallRequest:
    outer, ids = body, body.strings("project", "user_prompt_id", "labels", "cachedContent", "session_id")
    if "contents" not in body:
        body = body.inner("request")
        ids |= body.strings("session_id", "labels", "cachedContent")
    messages, parts = body.messages("gemini", "contents", _content)
    system = "systemInstruction" if "systemInstruction" in body else "system_instruction"
    config = lenient.mapping(body.get("generationConfig"))
    params = body.params({*_skip, "generationConfig"})
    return CallRequest(
        wire_api="gemini",
        operation="chat",
        model=route.model or (outer.text("model") or "").removeprefix("models/") or None,
        streaming=bool(route.streaming),
        system=body.remembered("gemini system", system, _system, ""),
        messages=messages,
        tools=body.remembered("gemini tools", "tools", _tool_names, ()),
        pieces=pieces.of(body, system=(system,)),
        ids=ids,
        schema=any(name in config for name in ("responseJsonSchema", "responseSchema")),
        parts=parts,
        params=params | {name: value for name, value in config.items() if isinstance(value, str | int | float)},
    )


def _system(value: Any) -> str:
    parts = value.get("parts") if isinstance(value, dict) else value
    return "\n".join(digest.content_texts([parts] if isinstance(parts, dict) else parts))


def _tool_names(tools: Any) -> tuple[str, ...]:
    """Names of the functions declared; of a built-in tool (`googleSearch`), its member's name."""
    found: list[str] = []
    for tool in map(lenient.mapping, lenient.sequence(tools)):
        for name, value in tool.items():
            if name in ("functionDeclarations", "function_declarations"):
                declared = [lenient.mapping(one).get("name") for one in lenient.sequence(value)]
                found += [one for one in declared if isinstance(one, str)]
            else:
                found.append(name)
    return tuple(found)


def _content(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    if not isinstance(value, dict):
        return None
    texts, calls, results, others = [], [], [], []
    parts = value.get("parts")
    for part in map(lenient.mapping, [parts] if isinstance(parts, dict) else lenient.sequence(parts)):
        if call := part.get("functionCall") or part.get("function_call"):
            call = lenient.mapping(call)
            calls.append(digest.tool_call(call.get("id"), call.get("name"), call.get("args")))
        elif result := part.get("functionResponse") or part.get("function_response"):
            results.append(_result(lenient.mapping(result)))
        elif "text" in part:
            if not part.get("thought") and (text := lenient.text(part["text"])):
                texts.append(text)
        elif part:
            others.append(part)
    role = value.get("role") or "user"
    return digest.message(
        raw,
        raw_hash,
        role,
        texts=texts,
        calls=calls,
        results=results,
        others=others,
        ids=False,
        role=None if role != "function" else "tool",
    )


def _result(result: dict[str, Any]) -> Any:
    """A function's response. By Google's convention `output` holds what it gave and `error` why it failed."""
    response = lenient.mapping(result.get("response"))
    failed = True if response.get("error") else None
    only = next(iter(response.values())) if len(response) == 1 else None
    content = only if isinstance(only, str) else result.get("response")
    return digest.tool_result(result.get("id"), content, failed, result.get("name"))


class _Candidate(msgspec.Struct, gc=False):
    index: int = 0
    content: Any = None
    finishReason: str | None = None  # noqa: N815 - the wire's own names
    finishMessage: Any = None  # noqa: N815


class _Chunk(msgspec.Struct, gc=False):
    candidates: list[_Candidate] | None = None
    usageMetadata: Any = None  # noqa: N815
    modelVersion: str | None = None  # noqa: N815
    responseId: str | None = None  # noqa: N815
    promptFeedback: Any = None  # noqa: N815
    error: Any = None
    response: Any = None


_decoder = lenient.EventDecoder(_Chunk)


class GeminiAnswer(Answer):
    """Folds chunks, each of which holds whole parts. Keys of blocks: candidate, order of coming."""

    ids_in_keys = False

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[int, int] = {}

    def take(self, _names: Sequence[str], data: list[bytes]) -> list[int]:
        return [place for place, chunk in enumerate(_decoder.decode(data)) if chunk and self._chunk(chunk)]

    def read(self, value: Any) -> None:
        """A whole body: one chunk, or an array of them (a stream that was asked for without `alt=sse`)."""
        for one in value if isinstance(value, list) else [value]:
            if chunk := _decoder.convert(one):
                self._chunk(chunk)

    def _chunk(self, chunk: _Chunk) -> bool:
        """True where generated content came with it."""
        if inner := _decoder.convert(chunk.response):
            chunk = inner
        self.model = chunk.modelVersion or self.model
        self.id = chunk.responseId or self.id
        self.use(chunk.usageMetadata)
        if chunk.error is not None:
            self.fail(chunk.error)
        if blocked := lenient.some(lenient.mapping(chunk.promptFeedback).get("blockReason")):
            self.refusal = [blocked]
            self.finishes.setdefault(0, blocked)
            self.ended = True
        content = False
        for candidate in chunk.candidates or ():
            parts = lenient.mapping(candidate.content).get("parts")
            for part in map(lenient.mapping, lenient.sequence(parts)):
                content = self._part(candidate.index, part) or content
            if candidate.finishReason and candidate.finishReason != "FINISH_REASON_UNSPECIFIED":
                self.finishes[candidate.index] = candidate.finishReason
                self.ended = True
        return content

    def _part(self, candidate: int, part: dict[str, Any]) -> bool:
        call = part.get("functionCall") or part.get("function_call")
        if isinstance(call, dict):
            self._add(candidate, Block("tool", call.get("id"), call.get("name"), call.get("args") or None))
            return True
        if isinstance(code := part.get("executableCode"), dict):
            self._add(candidate, Block("server", None, "code_execution", code))
            return True
        text = part.get("text")
        if not isinstance(text, str) or not text:
            return False
        kind: BlockKind = "thinking" if part.get("thought") else "text"
        newest = self.blocks.get((candidate, self._counts.get(candidate, 0) - 1))
        if newest is None or newest.kind != kind:
            newest = self._add(candidate, Block(kind))
        newest.pieces.append(text)
        return True

    def _add(self, candidate: int, block: Block) -> Block:
        count = self._counts.get(candidate, 0)
        self._counts[candidate] = count + 1
        self.blocks[(candidate, count)] = block
        return block


API = WireApi("gemini", route, fits, read, GeminiAnswer)
