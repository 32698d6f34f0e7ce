"""Amazon Bedrock's Converse API, whole and streamed; what its `invoke` routes carry is the models' own API.

Sources: Amazon Bedrock API reference (Converse, ConverseStream, InvokeModelWithResponseStream). No client that speaks
it was captured: the tests are made from the reference.
"""

import re
from base64 import b64decode
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from ..model.call import CallRequest, Message
from ..model.http import Request
from . import digest, lenient, pieces
from .answer import Answer, Block, BlockKind
from .api import Route, WireApi, is_array
from .body import Body

_converse = re.compile(r"/model/([^/]+)/(converse|converse-stream)$")
CHUNK = "chunk"
"""Name of the messages of an `invoke` stream."""

_skip = frozenset({"messages", "system", "toolConfig", "requestMetadata"})


def route(request: Request) -> Route | None:
    if "/converse" not in request.path:
        return None
    found = _converse.search(request.path)
    return Route(model=model_of(found[1]), streaming=found[2] == "converse-stream") if found else None


def model_of(part: str) -> str:
    """The model that a part of a path names: an id, or the last part of an ARN."""
    return unquote(part).rpartition("/")[2]


def fits(body: Body, route: Route | None) -> bool:
    return route is not None and is_array(body, "messages")


def read(body: Body, route: Route) -> CallRequest:
    messages, parts = body.messages("bedrock", "messages", _message)
    config = body.inner("toolConfig")
    return CallRequest(
        wire_api="bedrock",
        operation="chat",
        model=route.model,
        streaming=bool(route.streaming),
        system=body.remembered("bedrock system", "system", _system, ""),
        messages=messages,
        tools=config.remembered("bedrock tools", "tools", _names, ()),
        pieces=pieces.of(config, system=()) + pieces.of(body, tools=()),
        ids=body.strings("requestMetadata"),
        parts=parts,
        params=body.params(_skip),
    )


def _system(value: Any) -> str:
    return "\n".join(digest.content_texts(value))


def _names(tools: Any) -> tuple[str, ...]:
    specs = [lenient.mapping(lenient.mapping(tool).get("toolSpec")) for tool in lenient.sequence(tools)]
    return tuple([name for spec in specs if (name := lenient.some(spec.get("name")))])


def _message(value: Any, raw: bytes, raw_hash: int) -> Message | None:
    if not isinstance(value, dict):
        return None
    content = value.get("content")
    calls, results, others = [], [], []
    for block in map(lenient.mapping, lenient.sequence(content)):
        if "toolUse" in block:
            use = lenient.mapping(block["toolUse"])
            calls.append(digest.tool_call(use.get("toolUseId"), use.get("name"), use.get("input")))
        elif "toolResult" in block:
            result = lenient.mapping(block["toolResult"])
            failed = {"error": True, "success": False}.get(lenient.text(result.get("status")))
            results.append(digest.tool_result(result.get("toolUseId"), said(result.get("content")), failed))
        elif "text" not in block and "reasoningContent" not in block and "cachePoint" not in block:
            others.append(block)
    texts = digest.content_texts(content)
    return digest.message(raw, raw_hash, value.get("role"), texts=texts, calls=calls, results=results, others=others)


def said(content: Any) -> Any:
    """The content of a tool result: texts as blocks, JSON as text."""
    parts = [lenient.mapping(part) for part in lenient.sequence(content)]
    return [{"text": digest.encode(part["json"]).decode()} if "json" in part else part for part in parts]


def unwrapped(name: str, data: bytes) -> bytes:
    """The event of the model's own API that a message of an `invoke` stream carries; an exception as Anthropic's."""
    value = lenient.mapping(lenient.loads(data))
    if name.startswith("!"):
        return digest.encode({"type": "error", "error": {"type": name[1:], "message": value.get("message")}})
    try:
        return b64decode(lenient.text(value.get("bytes")))
    except ValueError:
        return data


class _Start(msgspec.Struct, gc=False):
    toolUse: Any = None  # noqa: N815 - the wire's own names


class _Delta(msgspec.Struct, gc=False):
    text: str | None = None
    toolUse: Any = None  # noqa: N815
    reasoningContent: Any = None  # noqa: N815


class _Event(msgspec.Struct, gc=False):
    contentBlockIndex: int = 0  # noqa: N815
    start: _Start | None = None
    delta: _Delta | None = None
    stopReason: str | None = None  # noqa: N815
    usage: Any = None
    message: Any = None


_decoder = lenient.EventDecoder(_Event)


class BedrockAnswer(Answer):
    """Folds `messageStart ... messageStop, metadata`; blocks by index."""

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        hits: list[int] = []
        for place, event in enumerate(_decoder.decode(data)):
            if event is None:
                continue
            if names[place].startswith("!"):
                self.fail({"type": names[place][1:], "message": event.message})
            elif event.stopReason is not None:
                self.finishes[0] = event.stopReason
                self.ended = True
            if event.usage is not None:
                self.use(event.usage)
            if event.start is not None and event.start.toolUse is not None:
                use = lenient.mapping(event.start.toolUse)
                block = self.block((0, event.contentBlockIndex), "tool")
                block.id, block.name = use.get("toolUseId"), use.get("name")
            if event.delta is not None and self._delta(event.contentBlockIndex, event.delta):
                hits.append(place)
        return hits

    def _delta(self, index: int, delta: _Delta) -> bool:
        kind: BlockKind
        piece: Any
        if delta.text is not None:
            kind, piece = "text", delta.text
        elif delta.toolUse is not None:
            kind, piece = "tool", lenient.mapping(delta.toolUse).get("input")
        else:
            kind, piece = "thinking", lenient.mapping(delta.reasoningContent).get("text")
        if not isinstance(piece, str):
            return False
        self.block((0, index), kind).pieces.append(piece)
        return bool(piece)

    def read(self, value: Any) -> None:
        body = lenient.mapping(value)
        if "output" not in body:
            self.fail(body)
            return
        message = lenient.mapping(lenient.mapping(body["output"]).get("message"))
        for index, part in enumerate(map(lenient.mapping, lenient.sequence(message.get("content")))):
            self.blocks[(0, index)] = _block(part)
        if finish := lenient.some(body.get("stopReason")):
            self.finishes[0] = finish
        self.use(body.get("usage"))
        self.ended = True


def _block(part: dict[str, Any]) -> Block:
    if "toolUse" in part:
        use = lenient.mapping(part["toolUse"])
        return Block("tool", use.get("toolUseId"), use.get("name"), use.get("input"))
    if "reasoningContent" in part:
        text = lenient.mapping(lenient.mapping(part["reasoningContent"]).get("reasoningText")).get("text")
        return Block("thinking", whole=lenient.text(text))
    if "text" in part:
        return Block("text", whole=lenient.text(part["text"]))
    return Block("other", name=next(iter(part), None), whole=part)


API = WireApi("bedrock", route, fits, read, BedrockAnswer)
