"""MCP over HTTP: JSON-RPC 2.0 between an agent and a server of tools. Kept as calls that are never chat.

https://modelcontextprotocol.io/specification/2025-06-18/basic/transports: a POST answered by JSON or by server-sent
events. In the older form (HTTP+SSE, 2024-11-05) the answer to a POST comes on another exchange, a GET that stays open:
such a call has no answer of its own.
"""

from collections.abc import Sequence
from typing import Any

from ..model.call import CallRequest, ToolCall
from ..model.headers import header
from ..model.http import Request
from . import lenient
from .answer import Answer
from .body import Body

NAME = "mcp"
CALL_TOOL = "tools/call"
GROUPS = ("tools/", "resources/", "prompts/", "notifications/", "completion/", "logging/", "sampling/", "roots/")
MORE = ("elicitation/", "tasks/", "server/", "subscriptions/")
BY_HEADER = "ping"
"""A method that others have, too: MCP's where a header says so."""
HEADERS = ("mcp-protocol-version", "mcp-session-id")


def read(request: Request, body: Body) -> CallRequest | None:
    """What a POST asks of an MCP server; None for any other JSON."""
    if body.text("jsonrpc") != "2.0" or (method := body.text("method")) is None:
        return None
    params = body.inner("params")
    known = method.startswith((*GROUPS, *MORE))
    known = known or (method == "initialize" and "protocolVersion" in params)
    known = known or (method == BY_HEADER and any(header(request.headers, name) for name in HEADERS))
    if not known:
        return None
    return CallRequest(
        wire_api=NAME,
        operation=method,
        model=None,
        streaming=False,
        error=request.error,
        tool=_tool(body, params) if method == CALL_TOOL else None,
    )


def _tool(body: Body, params: Body) -> ToolCall | None:
    name, arguments = params.text("name"), params.get("arguments")
    if name is None:
        return None
    id = body.get("id")
    return ToolCall(str(id) if isinstance(id, str | int) else "", name, lenient.mapping(arguments))


class McpAnswer(Answer):
    """The result or the error of a request; what else a server sends on its stream is passed over."""

    def take(self, _names: Sequence[str], data: list[bytes]) -> list[int]:
        for one in data:
            self.read(lenient.loads(one))
        return []

    def read(self, value: Any) -> None:
        message = lenient.mapping(value)
        if "method" in message:
            return
        if message.get("error") is not None:
            self.ended = True
            self.fail(message["error"])
        elif "result" in message:
            self.ended = True
            self._result(lenient.mapping(message["result"]))

    def _result(self, result: dict[str, Any]) -> None:
        content = result.get("content")
        parts = [lenient.mapping(part) for part in content] if isinstance(content, list) else []
        text = "\n".join([part["text"] for part in parts if isinstance(part.get("text"), str)])
        if text:
            self.block((0,), "text").pieces = [text]
        if result.get("isError") is True:
            self.fail({"type": "tool_error", "message": text or "the tool failed"})
