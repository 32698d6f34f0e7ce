"""What readers answer, apart from records (those are dicts, named as in the records' contract)."""

from typing import Any

from msgspec import Struct, field

Record = dict[str, Any]


class PacketRow(Struct, frozen=True):
    """One packet as a list shows it.

    Attributes:
        flow: id of its TCP flow, with `client`, `server` and `process` of that flow; None where it belongs to none.
        side: 0 from the client, 1 from the server, -1 where it belongs to no flow.
        length, caplen, payload: bytes on the wire, captured, and of TCP payload.
        kind: a number of `model.packet_kind.Kind`.
        file: id of the source (capture file) that holds it.
        call, exchange: what it carried bytes of, or acknowledged while it lasted.
        event: index of the first event that begins in it, else of the one that it continues.
        info: what it is in the agent's terms: ``POST /v1/messages claude-…``, ``SSE message_start``, ``ACK``.
        status: HTTP status, on packets of a response.
        ttft_us: on the packet that carried the first token.
        input_tokens, output_tokens: of the call, on the last packet of its response.
    """

    number: int
    time_us: int
    flow: str | None
    client: str | None
    server: str | None
    side: int
    length: int
    caplen: int
    payload: int
    kind: int
    file: str | None
    call: str | None
    exchange: str | None
    event: int | None
    info: str
    status: int | None
    ttft_us: int | None
    input_tokens: int | None
    output_tokens: int | None
    process: Record | None


class CapturedPacket(Struct, frozen=True):
    """A packet's bytes as captured, and their link type (a LINKTYPE of libpcap). `length` is that on the wire."""

    number: int
    data: bytes
    link: int
    time_us: int = 0
    length: int = 0


class EventRow(Struct, frozen=True):
    """One event of a response: `start`, `end` are bytes of the decoded body; times are of its first and last byte."""

    index: int
    name: str
    t_us: int
    t_end_us: int
    first_packet: int
    last_packet: int
    start: int
    end: int


class CallNode(Struct):
    """A call, and below it the tools that its answer asked for."""

    call: Record
    tools: list["ToolNode"] = field(default_factory=list)


class ToolNode(Struct):
    """A tool call, and the sub-agents that it started."""

    tool: Record
    agents: list["AgentNode"] = field(default_factory=list)


class AgentNode(Struct):
    """A sub-agent of a turn. `id` and `name` as in the turn's `subagents`."""

    id: str
    name: str | None
    calls: list[CallNode] = field(default_factory=list)


class TurnTree(Struct):
    """A turn with all below it. `agents` are sub-agents of which it is not known which tool started them."""

    session: Record | None
    turn: Record
    calls: list[CallNode] = field(default_factory=list)
    agents: list[AgentNode] = field(default_factory=list)
