"""Exchanges as HTTP Archive 1.2, which browsers' developer tools and proxies open (source: the HAR 1.2 specification).

Headers are redacted in the store already. What HAR has no member for begins with an underscore, as it asks for.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from ... import __version__
from ...store.shapes import Record
from ..context import Context
from ..reasons import REASONS
from ..report import Made, Skipped
from ..selecting import Group
from .format import Format

VERSIONS = {"http/1.1": "HTTP/1.1", "http/2": "HTTP/2", "websocket": "HTTP/1.1"}
Object = dict[str, Any]


def records(context: Context, group: Group) -> Iterator[Made | Skipped]:
    """An entry for each call's exchange, side calls and failed ones too: an archive is of what went over the wire."""
    for call in group.calls:
        what = f"call {call['n']}"
        exchange = context.reader.get("exchange", call["exchange"]) if call["exchange"] else None
        if exchange is None:
            yield Skipped(what, "request", REASONS["request"])
        else:
            yield Made(what, orjson.dumps(_entry(context, call, exchange)))


def _entry(context: Context, call: Record, exchange: Record) -> Object:
    start, asked = exchange["t_request_us"], exchange["t_request_end_us"]
    begun, end = exchange["t_response_us"], exchange["t_end_us"]
    timings = {
        "send": _ms(start, asked),
        "wait": _ms(asked, begun),
        "receive": _ms(begun, end),
    }
    server, _, port = exchange["server"].rpartition(":")
    return {
        "startedDateTime": datetime.fromtimestamp(start / 1e6, UTC).isoformat(timespec="milliseconds"),
        "time": sum(max(took, 0) for took in timings.values()),
        "request": _request(context, call, exchange),
        "response": _response(context, exchange),
        "cache": {},
        "timings": timings,
        "serverIPAddress": server,
        "connection": exchange["client"].rpartition(":")[2],
        "_port": port,
        "_call": call["id"],
        "_turn": call["turn"],
        "_transport": exchange["transport"],
        "_ttft": None if call["ttft_us"] is None else call["ttft_us"] / 1000,
    }


def _request(context: Context, call: Record, exchange: Record) -> Object:
    target = exchange["target"] or exchange["path"] or "/"
    scheme = "https" if call["tls"] else "http"
    url = target if "://" in target else f"{scheme}://{exchange['host'] or exchange['server']}{target}"
    made: Object = {
        "method": exchange["method"],
        "url": url,
        "httpVersion": VERSIONS.get(exchange["transport"], "HTTP/1.1"),
        "cookies": [],
        "headers": _headers(exchange["request_headers"]),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query)],
        "headersSize": -1,
        "bodySize": _size(exchange["request_wire_bytes"]),
    }
    if body := context.reader.body(exchange["id"], "request"):
        text, encoding = _text(context, body)
        made["postData"] = {"mimeType": _type(exchange["request_headers"]), "params": [], "text": text} | encoding
    return made


def _response(context: Context, exchange: Record) -> Object:
    """An exchange without a response has status 0, as browsers write it."""
    body = context.reader.body(exchange["id"], "response")
    text, encoding = _text(context, body)
    content: Object = {"size": len(body), "mimeType": _type(exchange["response_headers"]), "text": text} | encoding
    return {
        "status": exchange["status"] or 0,
        "statusText": exchange["reason"] or "",
        "httpVersion": VERSIONS.get(exchange["transport"], "HTTP/1.1"),
        "cookies": [],
        "headers": _headers(exchange["response_headers"]),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": _size(exchange["response_wire_bytes"]),
    }


def _text(context: Context, body: bytes) -> tuple[str, Object]:
    try:
        return context.redaction.text(body.decode()), {}
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), {"encoding": "base64"}


def _headers(headers: Any) -> list[Object]:
    return [{"name": name, "value": value} for name, value in headers or ()]


def _type(headers: Any) -> str:
    return next((value for name, value in headers or () if name.lower() == "content-type"), "")


def _ms(start: int | None, end: int | None) -> float:
    """Milliseconds between two times; -1, HAR's word for unknown, where one is not known."""
    return -1 if start is None or end is None else max(end - start, 0) / 1000


def _size(size: int | None) -> int:
    return -1 if size is None else size


FORMAT = Format(
    "har",
    "the exchanges of calls as HTTP Archive 1.2",
    "har",
    ("call", "turn", "session"),
    ("redact",),
    records,
    before=orjson.dumps({"log": {"version": "1.2", "creator": {"name": "heron-tui", "version": __version__}}})[:-2]
    + b',"entries":[\n',
    between=b",\n",
    after=b"\n]}}\n",
)
