"""Records made by hand, small and regular: what a floor would give to the store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heron_tui.model.call import Call, CallRequest, CallResponse, Message, Tokens, ToolCall, ToolResult
from heron_tui.model.flow import Flow
from heron_tui.model.http import EventBatch, ExchangeEnd, Place, Request, Response
from heron_tui.model.packet import PacketBatch, PacketColumns, Source
from heron_tui.model.packet_kind import Kind
from heron_tui.model.turn import Part, Session, SubAgent, Tool, Turn

T0 = 1_790_000_000_000_000


def source(id: str = "s1", file: int = 0, path: Path | None = None) -> Source:
    return Source(file=file, id=id, name=f"{id}.pcap", raw_path=path and str(path), format="pcap", size=100, packets=10)


def flow(n: int = 0, id: str | None = None, **more: Any) -> Flow:
    given = {"client": f"10.0.0.{n}:4000{n}", "server": "10.9.0.1:80", "t_start_us": T0, "t_end_us": T0 + 10_000_000}
    return Flow(n=n, id=id or f"f{n}", first_packet=1, **{**given, **more})


def packets(count: int, first: int = 1, *, flow: Sequence[int] | int = 0, file: int = 0, step_us: int = 1000) -> Any:
    """A batch of data packets and its columns; sides alternate, packet `i` lies at 100 * i in its file."""
    number = np.arange(first, first + count, dtype=np.int64)
    full = lambda value: np.full(count, value, np.int64)  # noqa: E731
    flows = full(flow) if isinstance(flow, int) else np.array(flow, np.int64)
    batch = PacketBatch(
        b"",
        number,
        T0 + number * step_us,
        full(0),
        full(60),
        full(80),
        full(1),
        full(file),
        number * 100,
    )
    return batch, PacketColumns(flows, (number + 1) % 2, full(20), full(Kind.DATA))


def place(first: int, last: int, start: int = 0, end: int = 10) -> Place:
    return Place(start, end, first, last, T0 + first * 1000, T0 + last * 1000)


def request(id: str = "x1", flow: str = "f0", first: int = 1, last: int = 2, **more: Any) -> Request:
    given = {
        "client": "10.0.0.0:40000",
        "server": "10.9.0.1:80",
        "stream": None,
        "transport": "http/1.1",
        "method": "POST",
        "target": "/v1/messages?beta=true",
        "host": "api.test",
        "headers": (("Content-Type", "application/json"),),
        "body": b'{"model":"m"}',
        "encoding": None,
        "raw_size": 13,
    }
    return Request(exchange=id, flow=flow, head=place(first, first), place=place(first, last), **{**given, **more})


def response(id: str = "x1", first: int = 3, status: int = 200, kind: str = "text/event-stream") -> Response:
    return Response(id, status, "OK", (("content-type", f"{kind}; charset=utf-8"),), None, place(first, first))


def sse(names: Sequence[str], datas: Sequence[bytes], index: int = 0, start: int = 0, packet: int = 4) -> EventBatch:
    """Events, one in a packet; and see `body_of`."""
    raws = [_raw(name, data) for name, data in zip(names, datas, strict=True)]
    ends = np.cumsum([start, *map(len, raws)])
    numbers = np.arange(packet, packet + len(raws))
    times = T0 + numbers * 1000
    return EventBatch("x1", "sse", index, list(names), list(datas), ends[:-1], ends[1:], times, times, numbers, numbers)


def _raw(name: str, data: bytes) -> bytes:
    return (b"event: " + name.encode() + b"\n" if name else b"") + b"data: " + data + b"\n\n"


def body_of(*batches: EventBatch) -> bytes:
    return b"".join(_raw(n, d) for batch in batches for n, d in zip(batch.names, batch.data, strict=True))


def end(id: str = "x1", body: bytes = b"", first: int = 3, last: int = 9, state: Any = "complete") -> ExchangeEnd:
    return ExchangeEnd(id, state, body, place(first, last), T0 + last * 1000, raw_size=len(body))


def call(id: str = "c1", exchange: str = "x1", t_us: int = T0, **more: Any) -> Call:
    asked = CallRequest(
        "anthropic",
        "chat",
        "model-a",
        True,
        messages=(Message("tool", (), (), (ToolResult("t0", None, False, 3),), b"k", 10, 1),),
        tools=("Bash",),
    )
    said = CallResponse(
        model="model-a",
        id="msg_1",
        finish="tool_use",
        ended=True,
        text="t" * 500,
        thinking="why",
        tool_calls=(ToolCall("t1", "Bash", {"command": "c" * 500}),),
        usage={"input_tokens": 3},
        tokens=Tokens(input=10, output=5, cache_read=4),
        t_first_token_us=t_us + 300_000,
        t_last_content_us=t_us + 700_000,
        content_events=9,
    )
    given: dict[str, Any] = {
        "flow": "f0",
        "source": "s1",
        "http_stream": None,
        "transport": "http/1.1",
        "tls": None,
        "method": "POST",
        "host": "api.test",
        "path": "/v1/messages",
        "client": "10.0.0.0:40000",
        "server": "10.9.0.1:80",
        "process": None,
        "provider": "anthropic",
        "provider_reason": "host api.anthropic.com",
        "request_headers": (),
        "request": asked,
        "request_encoding": None,
        "t_request_us": t_us,
        "t_request_end_us": t_us + 100_000,
        "request_packets": (1, 2),
        "response": said,
        "status": 200,
        "outcome": "ok",
        "t_response_us": t_us + 200_000,
        "t_end_us": t_us + 900_000,
        "response_packets": (3, 9),
    }
    return Call(id=id, exchange=exchange, **{**given, **more})


def part(call: str, turn: str | None = "u1", **more: Any) -> Part:
    return Part(call, "claude-code", "z1", turn, **more)


def turn(id: str = "u1", t_us: int = T0, calls: Sequence[str] = ("c1",), **more: Any) -> Turn:
    given: dict[str, Any] = {
        "session": "z1",
        "agent": "claude-code",
        "status": "complete",
        "t_start_us": t_us,
        "t_end_us": t_us + 1_000_000,
        "prompt": "p" * 300,
        "answer": "done",
        "finish": "end_turn",
        "calls": tuple(calls),
        "main_calls": len(calls),
        "subagents": (),
        "tools": 1,
        "models": ("model-a",),
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 4,
        "model_us": 800_000,
        "tool_us": 100_000,
        "idle_us": 100_000,
    }
    return Turn(id=id, **{**given, **more})


def subagent(id: str, calls: Sequence[str], parent_tool: str | None = None) -> SubAgent:
    return SubAgent(id, f"name of {id}", tuple(calls), parent_tool)


def session(id: str = "z1") -> Session:
    return Session(id, "claude-code", T0, T0 + 1_000_000, 1, 1, "/home/me/project", 10, 5, 4)


def tool(id: str = "t1", call: str = "c1", **more: Any) -> Tool:
    given: dict[str, Any] = {
        "name": "Bash",
        "result_call": "c2",
        "turn": "u1",
        "subagent": None,
        "arguments": {"command": "ls"},
        "error": False,
        "t_start_us": T0 + 900_000,
        "t_end_us": T0 + 950_000,
        "result_bytes": 3,
    }
    return Tool(id=id, call=call, **{**given, **more})
