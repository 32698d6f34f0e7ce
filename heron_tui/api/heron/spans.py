"""Calls (its spans) and HTTP exchanges: lists by page, and one of each."""

from typing import Any

import orjson
from starlette.requests import Request

from ...core.errors import UsageError
from ...store.reader import Kind, Reader
from ...store.shapes import Record
from ...store.stopping import Stop
from ...store.where import Where
from .about import MODEL
from .asking import SOURCE, Terms, between, end_of, exact_ms, many, ms, named, numbers, order, page, service, window

SPANS = {
    "request_time": "t_request_us",
    "status_code": "status",
    "ttft_ms": "ttft_us",
    "e2e_latency_ms": "e2e_us",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
}
DURATION = "duration_ms"
EXCHANGES = {"request_time": "t_request_us", "status": "status", DURATION: DURATION}
SSE = "text/event-stream"


async def spans(request: Request) -> dict[str, Any]:
    start, end = window(request)
    terms = Terms(["call.operation = 'chat'"])
    terms.add("call.t_request_us >= ? AND call.t_request_us < ?", start, end)
    terms.one_of("call.wire_api", many(request, "wire_api"))
    terms.one_of(MODEL, many(request, "model"))
    terms.one_of("call.finish", many(request, "finish_reason"))
    terms.one_of("call.status", numbers(request, "status_code"))
    between(request, terms, "call")
    if part := request.query_params.get("request_path"):
        terms.add("instr(call.path, ?) > 0", part)
    streams = request.query_params.get("is_stream") or "all"
    if streams not in ("stream", "non-stream", "all"):
        raise UsageError("is_stream is stream, non-stream or all")
    if streams != "all":
        terms.add("coalesce(call.streaming, 0) = ?", int(streams == "stream"))
    total, rows = await _page(request, "call", terms, order(request, SPANS, "request_time"))
    return {"total": total, "items": [span(row) for row in rows]}


async def one_span(request: Request) -> dict[str, Any]:
    id = request.path_params["id"]

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        return span_detail(reader, named(reader, "call", id, "span"))

    return await service(request).lists.ask(question, request)


async def exchanges(request: Request) -> dict[str, Any]:
    start, end = window(request)
    terms = Terms()
    terms.add("exchange.t_request_us >= ? AND exchange.t_request_us < ?", start, end)
    terms.one_of("exchange.method", many(request, "method"))
    terms.one_of("exchange.status", numbers(request, "status"))
    between(request, terms, "exchange")
    if part := request.query_params.get("uri"):
        terms.add("instr(coalesce(exchange.target, exchange.path), ?) > 0", part)
    if (sse := request.query_params.get("is_sse")) in ("true", "false"):
        held = "instr(lower(coalesce(exchange.response_headers, '')), 'text/event-stream') > 0"
        terms.add(held if sse == "true" else f"NOT {held}")
    total, rows = await _page(request, "exchange", terms, order(request, EXCHANGES, "request_time"))
    return {"total": total, "items": [exchange(row) for row in rows]}


async def one_exchange(request: Request) -> dict[str, Any]:
    id = request.path_params["id"]

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        row = named(reader, "exchange", id, "exchange")
        said = reader.stream(id) if _is_sse(row) else []
        return exchange(row) | {
            "client_port": end_of(row["client"])[1],
            **bodies(reader, id, row),
            "sse_event_count": len(said),
            "sse_data_bytes": sum(len(data) for _, data in said),
            "response_first_byte_time": ms(row["t_response_us"]),
            "response_complete_time": ms(row["t_end_us"]),
        }

    found = await service(request).lists.ask(question, request)
    del found["duration_ms"]
    return found


def span(call: Record) -> dict[str, Any]:
    client, server = end_of(call["client"]), end_of(call["server"])
    process = call["process"]
    return {
        "id": call["id"],
        "source_id": SOURCE,
        "request_time": ms(call["t_request_us"]),
        "wire_api": call["wire_api"],
        "model": call["response_model"] or call["request_model"] or "",
        "status_code": call["status"],
        "is_stream": bool(call["streaming"]),
        "finish_reason": call["finish"],
        "ttft_ms": exact_ms(call["ttft_us"]),
        "e2e_latency_ms": exact_ms(call["e2e_us"]),
        "input_tokens": call["input_tokens"],
        "output_tokens": call["output_tokens"],
        "tokens_estimated": bool(call["tokens_estimated"]),
        "client_ip": client[0],
        "server_ip": server[0],
        "server_port": server[1],
        "request_path": call["path"],
        "is_agent_request": call["turn"] is not None,
        **surface(call),
        "process": process and {name: process.get(name) for name in ("pid", "comm", "exe")},
    }


def surface(call: Record) -> dict[str, Any]:
    """What a call had to do with tools, in its words."""
    tools = call["tool_calls"] or []
    return {
        "tool_surface": "function_call" if tools else None,
        "agent_topology": None if call["turn"] is None else "multi_agent" if call["subagent"] else "single_agent",
        "tool_call_count": len(tools),
        "tool_names": sorted({tool["name"] for tool in tools}),
    }


def span_detail(reader: Reader, call: Record, *, lite: bool = False) -> dict[str, Any]:
    """`lite` leaves the headers and bodies out."""
    known = span(call)
    tokens = (call["input_tokens"], call["output_tokens"])
    held = reader.get("exchange", call["exchange"]) if not lite and call["exchange"] else None
    return known | {
        "response_time": ms(call["t_response_us"]),
        "complete_time": ms(call["t_end_us"]),
        "api_type": call["operation"],
        "total_tokens": None if tokens == (None, None) else sum(one or 0 for one in tokens),
        "response_id": call["response_id"],
        "client_port": end_of(call["client"])[1],
        **bodies(reader, call["exchange"], held),
    }


def bodies(reader: Reader, exchange: str, held: Record | None) -> dict[str, Any]:
    """Headers as JSON text and bodies as text, null where there are none."""
    found: dict[str, Any] = dict.fromkeys(("request_body", "response_body", "request_headers", "response_headers"))
    if held is not None:
        found["request_headers"] = _json(held["request_headers"])
        found["response_headers"] = _json(held["response_headers"])
        found["request_body"] = reader.body(exchange, "request").decode("utf-8", "replace") or None
        found["response_body"] = reader.body(exchange, "response").decode("utf-8", "replace") or None
    return found


def exchange(row: Record) -> dict[str, Any]:
    server = end_of(row["server"])
    took = None if row["t_end_us"] is None else row["t_end_us"] - row["t_request_us"]
    return {
        "id": row["id"],
        "source_id": SOURCE,
        "request_time": ms(row["t_request_us"]),
        "method": row["method"],
        "uri": row["target"] or row["path"],
        "client_ip": end_of(row["client"])[0],
        "server_ip": server[0],
        "server_port": server[1],
        "status": row["status"],
        "is_sse": _is_sse(row),
        "duration_ms": exact_ms(took),
    }


def _is_sse(row: Record) -> bool:
    headers = row["response_headers"] or []
    return any(name.lower() == "content-type" and value.lower().startswith(SSE) for name, value in headers)


def _json(headers: Any) -> str | None:
    return None if headers is None else orjson.dumps(headers).decode()


async def _page(request: Request, kind: Kind, terms: Terms, by: str) -> tuple[int, list[Record]]:
    """How many fit, and those of the page."""
    start, stop = page(request)

    def question(reader: Reader, _: Stop) -> tuple[int, list[Record]]:
        where = terms.where
        if by.removeprefix("-") == DURATION:
            return _by_duration(reader, kind, where, start, stop, down=by.startswith("-"))
        return reader.count(kind, where), reader.rows(kind, start, stop, where=where, order=by)

    return await service(request).lists.ask(question, request)


def _by_duration(
    reader: Reader, kind: Kind, where: Where, start: int, stop: int, *, down: bool
) -> tuple[int, list[Record]]:
    """The store has no column of it. What has not ended stands last."""
    found = reader.paging.columns(kind, (f"{kind}.id", f"{kind}.t_end_us - {kind}.t_request_us"), where)
    ended = sorted((row for row in found if row[1] is not None), key=lambda row: (row[1], row[0]), reverse=down)
    ids = [row[0] for row in (*ended, *(row for row in found if row[1] is None))]
    rows = (reader.get(kind, id, full=False) for id in ids[start:stop])
    return len(ids), [row for row in rows if row is not None]
