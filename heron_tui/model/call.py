"""Calls to models: what a request asked and what a response said, in one shape for all wire APIs."""

from dataclasses import dataclass, field
from typing import Any, Literal

from .flow import Process
from .headers import Headers

Role = Literal["system", "user", "assistant", "tool"]
Outcome = Literal["ok", "error", "truncated", "aborted", "no_response", "in_progress", "unknown"]
"""`unknown`: the capture lost what would tell how the call ended."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call asked by a model.

    `arguments` is the parsed object ({} when empty); free-form (custom) tools and unparsable arguments have
    ``{"input": text}``. `raw` is the text as it was on the wire.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    raw: str = ""
    namespace: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool result carried by a request. `name` only where the API has no ids (Gemini). `error`: None if unsaid."""

    id: str
    name: str | None
    error: bool | None
    size: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One element of a request's conversation, digested.

    Attributes:
        role: normalised; Responses' and Gemini's forms are mapped to these four.
        texts: its text blocks, in order (each cut at 64 KiB).
        tool_calls, tool_results: what stands in it.
        key: 8 bytes of hash over the *meaning* (role, text, ids, names, arguments), blind to cache_control, ids that
            proxies rewrite (`call_x` = `callx`), and formatting: equal messages of two requests have equal keys.
        size: bytes in the body.
        raw_hash: xxh3-64 of its bytes in the body.
        kind: for forms without role: `reasoning`, `function_call`, ...; else the API's role word.
        words: `words_of` all its texts, whole and one behind the other.

    A message that holds tool results and no text has role `tool`, whatever its API calls it. Their text stands in
    `tool_results`, not in `texts`. `key` is empty for what says nothing of its own and may be left out when a history
    is sent again (reasoning items, items of tools that the API ran itself): see `CallRequest.keys`.
    """

    role: Role
    texts: tuple[str, ...]
    tool_calls: tuple[ToolCall, ...]
    tool_results: tuple[ToolResult, ...]
    key: bytes
    size: int
    raw_hash: int
    kind: str = ""
    words: int = 0

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands in the prompt before the messages: the definition of a tool, or a block of the system prompt.

    `key` is a hash over its meaning, blind to cache marks and the order of members; `size` its bytes.
    """

    kind: Literal["tool", "system"]
    name: str
    key: int
    size: int


@dataclass(frozen=True, slots=True)
class CallRequest:
    """What a request asked.

    Attributes:
        system: system prompt outside the messages (joined blocks), "" if none.
        messages: the conversation as sent. Where the API allows system text inside it, such messages have role system.
        tools: names of the tools offered, in order.
        pieces: what stands before the messages: tools, then the blocks of the system prompt.
        ids: identity as found in the body, flattened: ``metadata.user_id``, ``prompt_cache_key``, ``user``,
            ``previous_response_id``, ``conversation``, ``client_metadata.*``, ...: strings only.
        schema: True where a JSON schema rules the answer's form.
        parts: byte ranges [start, end) of the body that hold one message each (for storing them once).
        params: small scalar settings (max_tokens, temperature, generate, stop_sequences, ...).
        tool: the tool that an MCP server is asked to run.
    """

    wire_api: str
    operation: str
    model: str | None
    streaming: bool
    system: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)
    schema: bool = False
    parts: tuple[tuple[int, int], ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    tool: ToolCall | None = None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Keys of the messages that count when conversations are compared."""
        return tuple([message.key for message in self.messages if message.key])


@dataclass(frozen=True, slots=True)
class Tokens:
    """Normalised as definitions.md says: input includes cached, output includes reasoning. None: the wire is silent."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class CallResponse:
    """What a response said, whole or so far.

    Attributes:
        ended: the API's own end marker was seen (message_stop, [DONE] or a finish reason, response.completed, ...), or
            a non-streamed body was whole.
        error_type, error_message: of an error status, an error event, or an error object inside a 200.
        t_first_token_us, t_last_content_us, content_events, max_gap_us: over events that carry generated content.
        choices: how many alternatives (OpenAI n > 1); text, tool calls and finish are those of choice 0, then of the
            others, in order of index.
        server_calls: tools that the API ran itself (web search, code, MCP connectors): no client answers them.
        served_by: what the answer's own ids and fields give away of the server (`vllm`, `ollama`, ...), and
            `served_why` which of them.
        answer_keys: the keys (`Message.key`) that this answer has when a client sends it back in a later request: one
            for APIs that send it back as one message, one for each item (text, then each tool call, in their order)
            for Responses; empty when nothing was said. A request continues the conversation when its `keys` are those
            of the earlier request followed by these (Responses: tool outputs may stand between them). Of several
            choices, those of the first.
    """

    model: str | None = None
    id: str | None = None
    finish: str | None = None
    ended: bool = False
    error_type: str | None = None
    error_message: str | None = None
    refusal: str | None = None
    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: dict[str, Any] | None = None
    tokens: Tokens = Tokens()
    choices: int = 1
    t_first_token_us: int | None = None
    t_last_content_us: int | None = None
    content_events: int = 0
    max_gap_us: int | None = None
    server_calls: tuple[ToolCall, ...] = ()
    served_by: str | None = None
    served_why: str | None = None
    answer_keys: tuple[bytes, ...] = ()


@dataclass(slots=True)
class Call:
    """One call to a model (or to one of the other operations of its API), as one exchange carried it.

    The engine makes it when the request is whole and fills the response while it comes; `agents` decides what it was
    part of (`turn.Part`). `provider_reason` is what `provider` rests on. Field names follow records.md. `cost_usd` is
    an estimate by list prices, `cost_said_usd` what a proxy's own header says (LiteLLM's ``x-litellm-response-cost``).
    `estimated` are tokens by size, where the wire says none: they are shown, and never added to counts. `lossy`: the
    capture lost bytes of it, so that texts and tool calls may have holes.
    """

    id: str
    exchange: str
    flow: str
    source: str
    http_stream: int | None
    transport: str
    tls: str | None
    method: str
    host: str
    path: str
    client: str
    server: str
    process: Process | None
    provider: str | None
    provider_reason: str | None
    request_headers: Headers
    request: CallRequest
    request_encoding: str | None
    t_request_us: int
    t_request_end_us: int
    request_packets: tuple[int, int]
    response_headers: Headers = ()
    response: CallResponse = CallResponse()
    response_encoding: str | None = None
    status: int | None = None
    outcome: Outcome = "in_progress"
    t_response_us: int | None = None
    t_end_us: int | None = None
    response_packets: tuple[int, int] | None = None
    cost_usd: float | None = None
    cost_said_usd: float | None = None
    estimated: Tokens | None = None
    lossy: bool = False

    @property
    def is_chat(self) -> bool:
        return self.request.operation == "chat"

    @property
    def failed(self) -> bool:
        return self.outcome not in ("ok", "in_progress")
