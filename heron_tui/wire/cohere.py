"""Cohere's Chat API, second version. Its requests are much like OpenAI's, its answers are not.

Gateways speak OpenAI's at the same path: members of the request tell, or the form of the answer (`turns_out`).

From the vendor's reference (no client of theirs was captured): https://docs.cohere.com/reference/chat,
https://docs.cohere.com/docs/streaming.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..model.call import CallRequest
from ..model.http import Request
from . import lenient, openai_chat
from .answer import Answer, Block
from .api import Route, WireApi, is_array
from .body import Body

_path = re.compile(r"^(/cohere)?/v2/chat$")
_host = re.compile(r"(^|\.)cohere\.(com|ai)(:\d+)?$", re.IGNORECASE)
_openai = frozenset(
    """functions logit_bias max_completion_tokens metadata n parallel_tool_calls reasoning_effort service_tier stop
    store stream_options top_logprobs top_p user""".split()
)
"""Members of OpenAI's requests for which Cohere has none, or another name."""

TEXT, TOOL = 0, 1


def route(request: Request) -> Route | None:
    """Its own host under any path, and elsewhere (vLLM, proxies) the path alone."""
    path = request.path
    if not path.endswith("/v2/chat"):
        return None
    return Route() if _path.match(path) or _host.search(request.host) else None


def fits(body: Body, route: Route | None) -> bool:
    """Shape alone is OpenAI Chat's: only the route tells."""
    if route is None or not _openai.isdisjoint(body.members):
        return False
    return "model" in body and is_array(body, "messages") and body.holds("messages", b'"role"')


def read(body: Body, route: Route) -> CallRequest:
    return replace(openai_chat.read(body, route), wire_api="cohere")


class CohereAnswer(Answer):
    """Folds `message-start ... message-end`. The plan for tools is kept as thinking."""

    def take(self, names: Sequence[str], data: list[bytes]) -> list[int]:
        values = [lenient.mapping(lenient.loads(one)) for one in data]
        return [place for place, value in enumerate(values) if self._event(names[place], value)]

    def _event(self, name: str, event: dict[str, Any]) -> bool:
        """True where generated content came with it."""
        kind = lenient.text(event.get("type")) or name
        index = event.get("index")
        index = index if isinstance(index, int) else 0
        delta = lenient.mapping(event.get("delta"))
        message = lenient.mapping(delta.get("message"))
        match kind:
            case "message-start":
                self.id = lenient.some(event.get("id")) or self.id
            case "content-start" | "content-delta":
                return self._content(index, lenient.mapping(message.get("content")))
            case "tool-plan-delta":
                return self._text(-1, "thinking", message.get("tool_plan"))
            case "tool-call-start" | "tool-call-delta":
                return self._call(index, message.get("tool_calls"))
            case "message-end":
                self._end(delta)
                self.ended = True
        return False

    def read(self, value: Any) -> None:
        whole = lenient.mapping(value)
        message = lenient.mapping(whole.get("message"))
        self.id = lenient.some(whole.get("id")) or self.id
        self._text(-1, "thinking", message.get("tool_plan"))
        for index, part in enumerate(lenient.sequence(message.get("content"))):
            self._content(index, lenient.mapping(part))
        for index, call in enumerate(lenient.sequence(message.get("tool_calls"))):
            self._call(index, call)
        self._end(whole)

    def _content(self, index: int, part: dict[str, Any]) -> bool:
        thought = self._text(index, "thinking", part.get("thinking"))
        return self._text(index, "text", part.get("text")) or thought

    def _text(self, index: int, kind: Any, text: Any) -> bool:
        if not isinstance(text, str) or not text:
            return False
        self.block((0, TEXT, index), kind).pieces.append(text)
        return True

    def _call(self, index: int, value: Any) -> bool:
        call = lenient.mapping(value)
        held = lenient.mapping(call.get("function"))
        block: Block = self.block((0, TOOL, index), "tool")
        block.id = block.id or lenient.some(call.get("id"))
        block.name = block.name or lenient.some(held.get("name"))
        arguments = lenient.text(held.get("arguments"))
        if arguments:
            block.pieces.append(arguments)
        return bool(arguments)

    def _end(self, said: dict[str, Any]) -> None:
        """Tokens are counted as they were, and as they are billed: the first is what filled the window."""
        if finish := lenient.some(said.get("finish_reason")):
            self.finishes[0] = finish
        if error := said.get("error"):
            self.fail(error)
        usage = lenient.mapping(said.get("usage"))
        self.use(usage.get("tokens") or usage.get("billed_units"))


def turns_out(data: bytes) -> WireApi | None:
    """OpenAI's API, where the first event or the whole of an answer is of that one's form."""
    said = lenient.mapping(lenient.loads(data))
    return openai_chat.API if "choices" in said or "error" in said else None


API = WireApi("cohere", route, fits, read, CohereAnswer, turns_out)
