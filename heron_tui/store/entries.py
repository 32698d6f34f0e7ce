"""Rows of the store's tables from the records of the model.

`base` is added to packet numbers. Durations follow the product's definitions; all are microseconds.
"""

from typing import Any

from ..core.ids import content_id
from ..model.call import Call, ToolCall
from ..model.finding import Finding
from ..model.flow import Flow, Process
from ..model.http import ExchangeEnd, Request, Response
from ..model.turn import Part, Session, Tool, Turn
from .json_text import dumps

Row = dict[str, Any]


def call(call: Call, base: int) -> Row:
    """What a call was part of (`part`) is not in it."""
    request, response = call.request, call.response
    tokens = call.estimated or response.tokens
    return {
        "id": call.id,
        "source": call.source,
        "flow": call.flow,
        "exchange": call.exchange,
        "http_stream": call.http_stream,
        "wire_api": request.wire_api,
        "operation": request.operation,
        "provider": call.provider,
        "provider_reason": call.provider_reason,
        "transport": call.transport,
        "tls": call.tls,
        "method": call.method,
        "host": call.host,
        "path": call.path,
        "client": call.client,
        "server": call.server,
        "process": _process(call.process),
        "request_model": request.model,
        "response_model": response.model,
        "streaming": request.streaming,
        "status": call.status,
        "outcome": call.outcome,
        "error_type": response.error_type,
        "error_message": response.error_message,
        "refusal": response.refusal,
        "finish": response.finish,
        "t_request_us": call.t_request_us,
        "t_request_end_us": call.t_request_end_us,
        "t_response_us": call.t_response_us,
        "t_first_token_us": response.t_first_token_us,
        "t_last_content_us": response.t_last_content_us,
        "t_end_us": call.t_end_us,
        "ttft_us": ttft(call),
        "e2e_us": e2e(call),
        "tpot_us": tpot(call),
        "max_gap_us": None if call.lossy else response.max_gap_us,
        "content_events": response.content_events,
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_tokens": tokens.cache_read,
        "cache_write_tokens": tokens.cache_write,
        "reasoning_tokens": tokens.reasoning,
        "tokens_estimated": call.estimated is not None,
        "lossy": call.lossy,
        "cost_usd": call.cost_usd,
        "cost_said_usd": call.cost_said_usd,
        "usage": None if response.usage is None else dumps(response.usage),
        "response_id": response.id,
        "choices": response.choices,
        "messages": len(request.messages),
        "request_encoding": call.request_encoding,
        "response_encoding": call.response_encoding,
        "evidence": _evidence(call, base),
        "tools_offered": dumps(request.tools),
        "tool_results": dumps(
            [
                {"id": result.id, "error": result.error}
                for message in request.messages
                for result in message.tool_results
            ]
        ),
        "tool_calls": dumps([_tool_call(asked) for asked in response.tool_calls]),
        "server_calls": dumps([_tool_call(asked) for asked in response.server_calls]),
        "text": response.text,
        "thinking": response.thinking,
    }


def ttft(call: Call) -> int | None:
    """First token, or for an answer that did not come as a stream its head, after the end of the request.

    None where the capture lost bytes of the call: the first token may be among them.
    """
    if call.lossy:
        return None
    start = call.response.t_first_token_us
    if start is None and call.outcome == "ok" and not call.response.content_events:
        start = call.t_response_us
    return None if start is None else start - call.t_request_end_us


def e2e(call: Call) -> int | None:
    """Start of the request to the last byte of the answer; None where the capture lost one of them."""
    if call.t_end_us is None or call.outcome == "unknown" or (call.lossy and not call.request.messages):
        return None
    return call.t_end_us - call.t_request_us


def tpot(call: Call) -> int | None:
    """Time per output token between the first and the last content event of a stream with two tokens or more."""
    if call.lossy:
        return None
    first, last, tokens = call.response.t_first_token_us, call.response.t_last_content_us, call.response.tokens.output
    if first is None or last is None or tokens is None or tokens < 2:
        return None
    return round((last - first) / (tokens - 1))


def part(part: Part) -> Row:
    return {
        "id": part.call,
        "agent": part.agent,
        "session": part.session,
        "turn": part.turn,
        "subagent": part.subagent,
        "auxiliary": part.auxiliary,
        "attempt": part.attempt,
        "retry_of": part.retry_of,
        "leg_of": part.leg_of,
        "legs": dumps(
            [
                {
                    "call": leg.call,
                    "flow": leg.flow,
                    "client": leg.client,
                    "server": leg.server,
                    "role": leg.role,
                    "model": leg.model,
                    "overhead_us": leg.overhead_us,
                    "of": leg.of,
                }
                for leg in part.legs
            ]
        ),
    }


def turn(turn: Turn) -> Row:
    return {
        "id": turn.id,
        "session": turn.session,
        "agent": turn.agent,
        "status": turn.status,
        "t_start_us": turn.t_start_us,
        "t_end_us": turn.t_end_us,
        "duration_us": turn.t_end_us - turn.t_start_us,
        "finish": turn.finish,
        "call_count": len(turn.calls),
        "main_calls": turn.main_calls,
        "tools": turn.tools,
        "input_tokens": turn.input_tokens,
        "output_tokens": turn.output_tokens,
        "cache_read_tokens": turn.cache_read_tokens,
        "model_us": turn.model_us,
        "tool_us": turn.tool_us,
        "idle_us": turn.idle_us,
        "models": dumps(turn.models),
        "subagents": dumps(
            [
                {"id": agent.id, "name": agent.name, "calls": agent.calls, "parent_tool": agent.parent_tool}
                for agent in turn.subagents
            ]
        ),
        "calls": dumps(turn.calls),
        "prompt": turn.prompt,
        "answer": turn.answer,
    }


def session(session: Session) -> Row:
    return {
        "id": session.id,
        "agent": session.agent,
        "t_start_us": session.t_start_us,
        "t_end_us": session.t_end_us,
        "duration_us": session.t_end_us - session.t_start_us,
        "turns": session.turns,
        "calls": session.calls,
        "cwd": session.cwd,
        "input_tokens": session.input_tokens,
        "output_tokens": session.output_tokens,
        "cache_read_tokens": session.cache_read_tokens,
    }


def tool(tool: Tool) -> Row:
    return {
        "id": tool.id,
        "name": tool.name,
        "call": tool.call,
        "result_call": tool.result_call,
        "turn": tool.turn,
        "subagent": tool.subagent,
        "error": tool.error,
        "t_start_us": tool.t_start_us,
        "t_end_us": tool.t_end_us,
        "duration_us": tool.duration_us,
        "result_bytes": tool.result_bytes,
        "mcp_server": tool.mcp_server,
        "mcp_call": tool.mcp_call,
        "arguments": dumps(tool.arguments),
    }


def flow(flow: Flow, n: int, base: int) -> Row:
    """A turned flow is written the right way round; `turned` tells readers to turn its packets too."""
    client, server = (flow.server, flow.client) if flow.turned else (flow.client, flow.server)
    sent, received = (flow.bytes_server, flow.bytes_client) if flow.turned else (flow.bytes_client, flow.bytes_server)
    return {
        "n": n,
        "id": flow.id,
        "client": client,
        "server": server,
        "process": _process(flow.process),
        "tls": flow.tls,
        "protocol": flow.protocol,
        "t_start_us": flow.t_start_us,
        "t_end_us": flow.t_end_us,
        "duration_us": flow.t_end_us - flow.t_start_us,
        "first_packet": flow.first_packet + base,
        "packets": flow.packets,
        "bytes_client": sent,
        "bytes_server": received,
        "gaps": flow.gaps,
        "lost_bytes": flow.lost_bytes,
        "retransmissions": flow.retransmissions,
        "out_of_order": flow.out_of_order,
        "midstream": flow.midstream,
        "turned": flow.turned,
        "closed": flow.closed,
    }


def exchange(
    request: Request,
    response: Response | None,
    end: ExchangeEnd | None,
    call: str | None,
    base: int,
    *,
    events: int = 0,
    reached: int = 0,
) -> Row:
    """`events` were told so far, the last of them up to packet `reached` (base included)."""
    asked = request.place
    begun = response.head if response else end.place if end else None
    ended = [place.last_packet + base for place in (begun, end and end.place) if place]
    last = max([*ended, reached], default=0) or None
    return {
        "id": request.exchange,
        "flow": request.flow,
        "call": call,
        "http_stream": request.stream,
        "transport": request.transport,
        "client": request.client,
        "server": request.server,
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "target": request.target,
        "status": response.status if response else None,
        "reason": response.reason if response else None,
        "state": end.state if end else "open",
        "upgraded": end.upgraded if end else None,
        "error": request.error or (end.error if end else None),
        "request_encoding": request.encoding,
        "response_encoding": response.encoding if response else None,
        "request_bytes": len(request.body),
        "request_wire_bytes": request.raw_size,
        "response_bytes": len(end.body) if end else None,
        "response_wire_bytes": end.raw_size if end else None,
        "events": events,
        "lost_bytes": request.lost + (end.lost if end else 0),
        "dropped_bytes": end.dropped if end else 0,
        "t_request_us": asked.t_first_us,
        "t_request_end_us": asked.t_last_us,
        "t_response_us": begun.t_first_us if begun else None,
        "t_end_us": end.t_end_us if end else None,
        "request_first": asked.first_packet + base,
        "request_head_last": request.head.last_packet + base,
        "request_last": asked.last_packet + base,
        "response_first": begun.first_packet + base if begun else None,
        "response_head_last": response.head.last_packet + base if response else None,
        "response_last": last,
        "last_packet": max(asked.last_packet + base, last or 0),
        "request_headers": dumps(request.headers),
        "response_headers": dumps(response.headers) if response else None,
    }


def finding_id(finding: Finding, base: int) -> str:
    packet = None if finding.packet is None else finding.packet + base
    return content_id("i", finding.code, finding.scope, finding.ref, finding.t_us, packet)


def finding(finding: Finding, base: int) -> Row:
    """The same finding, said again with other words, replaces the first."""
    packet = None if finding.packet is None else finding.packet + base
    return {
        "id": finding_id(finding, base),
        "code": finding.code,
        "severity": finding.severity,
        "t_us": finding.t_us,
        "scope": finding.scope,
        "ref": finding.ref,
        "packet": packet,
        "text": finding.text,
    }


def _process(process: Process | None) -> str | None:
    """Pid, comm and exe always; the rest as far as it is known."""
    if process is None:
        return None
    more = {
        "start_us": process.start_us,
        "ppid": process.ppid,
        "user": process.user,
        "cmdline": process.cmdline or None,
        "container": process.container,
    }
    known = {name: value for name, value in more.items() if value is not None}
    return dumps({"pid": process.pid, "comm": process.comm, "exe": process.exe, **known})


def _tool_call(asked: ToolCall) -> Row:
    return {"id": asked.id, "name": asked.name, "arguments": asked.arguments, "namespace": asked.namespace}


def _evidence(call: Call, base: int) -> str:
    response = call.response_packets
    return dumps(
        {
            "request": [number + base for number in call.request_packets],
            "response": None if response is None else [number + base for number in response],
        }
    )
