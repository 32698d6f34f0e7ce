"""The one table of filter fields: completion, help, columns, colour rules, API parameters and tests read it."""

from typing import Literal

from msgspec import Struct

Scope = Literal["packet", "flow", "http", "call", "tool", "turn", "session", "process", "finding"]
FAILURE = """CASE WHEN {}.outcome IN ('ok', 'in_progress', 'unknown') THEN NULL
    ELSE coalesce(nullif({}.error_type, ''), {}.outcome) END"""
JSON_TEXT = """CASE json_type({}.arguments) WHEN 'null' THEN NULL WHEN 'text' THEN json_extract({}.arguments, '$')
    ELSE {}.arguments END"""
TURN_COST = "(SELECT sum(c.cost_usd) FROM calls AS c WHERE c.turn = {}.id)"
SESSION_COST = "(SELECT sum(c.cost_usd) FROM calls AS c WHERE c.session = {}.id AND c.leg_of IS NULL)"
Type = Literal["text", "int", "number", "duration", "time", "bool"]


class Field(Struct, frozen=True):
    """One field of the filter language.

    Attributes:
        name: as it is typed. scope: whose field it is.
        type: durations compare in microseconds, times in microseconds since the epoch.
        key: the field of the record (records.md) that holds it; a dot goes into a nested object.
        sql: SQL for the value; ``{}`` is the name of the row. A column named like `key` if "".
        help: one line for people.
        many: a record may have several values; a comparison asks whether *any* fits.
        flag: a bare use asks for true, not for presence.
        long: a text that takes time to look through: what was found in a row is remembered until it is written again.
    """

    name: str
    scope: Scope
    type: Type
    key: str
    help: str
    many: bool = False
    flag: bool = False
    sql: str = ""
    long: bool = False

    def column(self, row: str) -> str:
        """SQL for the value in a row of the scope's table that goes by the name `row`."""
        return (self.sql or f"{{}}.{self.key}").replace("{}", row)


def _table() -> dict[str, Field]:
    rows: list[Field] = []

    def add(  # noqa: PLR0917 - a table
        scope: Scope, name: str, type_: Type, help_: str, key: str = "", sql: str = "", *, many: bool = False,
        long: bool = False,
    ) -> None:  # fmt: skip
        full = name if name == "body" else f"{scope}.{name}"
        rows.append(Field(full, scope, type_, key or name, help_, many=many, flag=type_ == "bool", sql=sql, long=long))

    add("packet", "number", "int", "number of the packet in the capture")
    add("packet", "time", "time", "when it was captured", "time_us")
    add("packet", "length", "int", "bytes on the wire")
    add("packet", "payload", "int", "bytes of TCP payload")
    add("packet", "info", "text", "what it is in the agent's terms")

    add("flow", "id", "text", "id of the connection")
    add("flow", "client", "text", "address:port of the client")
    add("flow", "server", "text", "address:port of the server")
    add("flow", "protocol", "text", "http/1.1, http/2, websocket, tls, ...")
    add("flow", "packets", "int", "packets of the connection")
    add("flow", "bytes_client", "int", "payload bytes from the client")
    add("flow", "bytes_server", "int", "payload bytes from the server")
    add("flow", "calls", "int", "calls carried")
    add("flow", "gaps", "int", "holes in the capture of it")
    add("flow", "lost_bytes", "int", "bytes in those holes")

    add("http", "method", "text", "GET, POST, ...")
    add("http", "host", "text", "Host header or :authority")
    add("http", "path", "text", "path of the request, without its query")
    add("http", "status", "int", "status code of the response")
    add("http", "header", "text", 'a header of request or response: http.header["name"]', many=True)

    add("call", "id", "text", "id of the call")
    add("call", "n", "int", "number of the call, by start of the request")
    add("call", "model", "text", "model asked for", "request_model")
    add("call", "response_model", "text", "model that answered")
    add("call", "wire_api", "text", "anthropic, openai-chat, openai-responses, gemini, ...")
    add("call", "operation", "text", "chat, count_tokens, embeddings, ...")
    add("call", "provider", "text", "who serves it, as far as the wire shows")
    add("call", "transport", "text", "http/1.1, http/2, websocket")
    add("call", "status", "int", "HTTP status")
    add("call", "outcome", "text", "ok, error, truncated, aborted, no_response, in_progress, unknown")
    add(
        "call", "error", "text", "type of the error, or how else it failed: truncated, aborted, ...", "failure", FAILURE
    )
    add("call", "ttft", "duration", "request end to first token", "ttft_us")
    add("call", "e2e", "duration", "request start to last byte", "e2e_us")
    add("call", "tpot", "duration", "time per output token", "tpot_us")
    add("call", "max_gap", "duration", "longest silence between content events", "max_gap_us")
    add("call", "time", "time", "start of the request", "t_request_us")
    add("call", "end", "time", "last byte of the answer", "t_end_us")
    add("call", "input_tokens", "int", "input tokens, cached included")
    add("call", "output_tokens", "int", "output tokens, reasoning included")
    add("call", "cache_read_tokens", "int", "input tokens read from the cache")
    add("call", "cache_write_tokens", "int", "input tokens written to the cache")
    add("call", "reasoning_tokens", "int", "output tokens of reasoning")
    add("call", "cost", "number", "estimated cost in US dollars, by list prices", "cost_usd")
    add("call", "finish", "text", "finish reason, as on the wire")
    add("call", "attempt", "int", "1 for the first, a retry counts up")
    add("call", "agent", "text", "profile: claude-code, codex, ...")
    add("call", "subagent", "text", "sub-agent that made it")
    add("call", "auxiliary", "text", "kind of side call: title, compaction, ...")
    add("call", "streaming", "bool", "the answer was asked for as a stream")
    add("call", "leg_of", "text", "id of the call that this one is a leg of, where a proxy handed it on")
    add("call", "lossy", "bool", "the capture lost bytes of it")
    add("call", "messages", "int", "messages the request carried")
    add("call", "text", "text", "text of the answer", long=True)
    add("call", "thinking", "text", "thinking of the answer", long=True)

    add("tool", "name", "text", "name of the tool")
    add("tool", "error", "bool", "the result says that it failed")
    add("tool", "duration", "duration", "from the answer that asked to the request with the result", "duration_us")
    add("tool", "arguments", "text", "arguments, as JSON text", sql=JSON_TEXT, long=True)
    add("tool", "result_bytes", "int", "size of the result")
    add("tool", "mcp_call", "text", "id of the call to an MCP server that ran the tool")
    add("tool", "mcp_server", "text", "MCP server that the tool belongs to")

    add("turn", "id", "text", "id of the turn")
    add("turn", "agent", "text", "profile: claude-code, codex, ...")
    add("turn", "status", "text", "in_progress, complete, incomplete")
    add("turn", "calls", "int", "calls in the turn", "call_count")
    add("turn", "tools", "int", "tool calls in the turn")
    add("turn", "duration", "duration", "start to end", "duration_us")
    add("turn", "cost", "number", "estimated cost of its calls in US dollars", "cost_usd", TURN_COST)
    add("turn", "prompt", "text", "what the user asked", long=True)
    add("turn", "answer", "text", "final answer", long=True)

    add("session", "id", "text", "id of the session")
    add("session", "agent", "text", "profile: claude-code, codex, ...")
    add("session", "cwd", "text", "working directory, where the wire shows it")
    add("session", "turns", "int", "turns in the session")
    add("session", "calls", "int", "calls in the session")
    add("session", "duration", "duration", "start to end", "duration_us")
    add("session", "cost", "number", "estimated cost of its calls in US dollars", "cost_usd", SESSION_COST)

    add("process", "pid", "int", "process id", "process.pid", "json_extract({}.process, '$.pid')")
    add("process", "name", "text", "process name", "process.comm", "json_extract({}.process, '$.comm')")
    add("process", "exe", "text", "executable", "process.exe", "json_extract({}.process, '$.exe')")

    add("finding", "code", "text", "tcp.gap, call.error, ...", many=True)
    add("finding", "severity", "text", "chat, note, warning, error", many=True)
    add("finding", "text", "text", "what was found, in words", many=True)
    add("finding", "time", "time", "when it shows", "t_us", many=True)
    body = "text of request or response body"
    add("http", "body", "text", body, many=True)
    return {field.name: field for field in rows}


FIELDS = _table()
