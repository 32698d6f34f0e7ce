"""What findings keep of a call: figures, and what its prompt was made of. Texts are not kept."""

from dataclasses import dataclass

from ..model.call import Call, Outcome, Piece, Tokens

SILENT = bytes(8)
"""The key of a message that says nothing of its own and may be missing the next time."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a request put into the window.

    Attributes:
        pieces: tools, then system blocks.
        keys: 8 bytes for each message (`Message.key`), `SILENT` where it has none.
        sizes: bytes by what they are: `tools`, `system`, `user`, `assistant`, `tool results`.
        chained: the provider holds the history; the request has only what is new.
    """

    pieces: tuple[Piece, ...]
    keys: tuple[bytes, ...]
    sizes: dict[str, int]
    chained: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as far as it has come. Names as in records."""

    id: str
    exchange: str
    source: str
    flow: str
    server: str
    chat: bool
    streaming: bool
    wire_api: str
    provider: str | None
    asked_model: str | None
    model: str | None
    status: int | None
    outcome: Outcome
    error_type: str | None
    error_message: str | None
    t_us: int
    t_last_us: int
    t_end_us: int | None
    t_content_us: int | None
    content_events: int
    max_gap_us: int | None
    tokens: Tokens
    cost_usd: float | None
    packet: int
    last_packet: int | None
    lossy: bool
    prompt: Prompt

    @property
    def order(self) -> tuple[int, str]:
        return self.t_us, self.id


def prompt(call: Call) -> Prompt:
    request = call.request
    sizes = {"tools": 0, "system": len(request.system.encode("utf-8", "replace"))}
    for piece in request.pieces:
        if piece.kind == "tool":
            sizes["tools"] += piece.size
    for message in request.messages:
        kind = {"tool": "tool results"}.get(message.role, message.role)
        sizes[kind] = sizes.get(kind, 0) + message.size
    return Prompt(
        pieces=request.pieces,
        keys=tuple([message.key or SILENT for message in request.messages]),
        sizes={kind: size for kind, size in sizes.items() if size},
        chained="previous_response_id" in request.ids or "conversation" in request.ids,
    )


def seen(call: Call, prompt: Prompt) -> Seen:
    response = call.response
    times = (call.t_end_us, response.t_last_content_us, call.t_response_us, call.t_request_end_us)
    return Seen(
        id=call.id,
        exchange=call.exchange,
        source=call.source,
        flow=call.flow,
        server=call.server,
        chat=call.is_chat,
        streaming=call.request.streaming,
        wire_api=call.request.wire_api,
        provider=call.provider,
        asked_model=call.request.model,
        model=response.model,
        status=call.status,
        outcome=call.outcome,
        error_type=response.error_type,
        error_message=response.error_message,
        t_us=call.t_request_us,
        t_last_us=max([time for time in times if time is not None]),
        t_end_us=call.t_end_us,
        t_content_us=response.t_last_content_us,
        content_events=response.content_events,
        max_gap_us=response.max_gap_us,
        tokens=response.tokens,
        cost_usd=call.cost_usd,
        packet=call.request_packets[0],
        last_packet=call.response_packets[1] if call.response_packets else None,
        lossy=call.lossy,
        prompt=prompt,
    )
