"""What was said: bodies as they were decoded, the events of an answer, and the conversation that a call carried."""

from dataclasses import asdict
from typing import Any, Literal, cast

import orjson
from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from ..conversation.reading import Conversations
from ..conversation.shapes import Message
from ..store.reader import Reader
from ..store.stopping import Stop
from .asked import known, whole
from .lists import exchange_of
from .problems import NotFound, as_json
from .service import Service

Side = Literal["request", "response"]
MOST_EVENTS = 1000
USUAL_MESSAGES = 20


async def body(request: Request) -> Response:
    """A body without its content encoding. Of a stream that has not ended: its events so far.

    Never as HTML, whatever the wire called it: it would be a page of this origin.
    """
    known(request, ())
    _, _, _, kind, id, side = request.url.path.split("/")

    def question(reader: Reader, _: Stop) -> tuple[bytes, dict[str, Any]]:
        exchange = exchange_of(reader, kind, id)
        record = reader.get("exchange", exchange)
        if record is None:
            raise NotFound(f"the exchange of {id!r} is not in the store yet")
        data = reader.body(exchange, cast(Side, side))
        if not data and side == "response" and record["events"]:
            data = b"".join(_as_sse(name, said) for name, said in reader.stream(exchange))
        return data, record

    data, record = await _service(request).lists.ask(question, request)
    lost = (record["lost_bytes"] or 0) + (record["dropped_bytes"] or 0)
    headers = {"heron-state": str(record["state"]), "heron-lost-bytes": str(lost)}
    return Response(data, media_type=_type(data), headers=headers)


async def events(request: Request) -> Response:
    """The events of an answer, with the packets that carried them and what they held."""
    known(request, ("limit", "after"))
    limit = min(whole(request, "limit", MOST_EVENTS, least=1), MOST_EVENTS)
    after = whole(request, "after", 0)
    _, _, _, kind, id, _ = request.url.path.split("/")

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        exchange = exchange_of(reader, kind, id)
        rows = reader.events(exchange)
        shown = rows[after : after + limit]
        told = [structs.asdict(row) | {"data": _text(reader.event_data(exchange, row.index))} for row in shown]
        return {"records": told, "more": after + limit < len(rows), "next": after + len(shown), "events": len(rows)}

    return as_json(await _service(request).lists.ask(question, request))


async def conversation(request: Request) -> Response:
    """What a call's request held and what was answered, in one form for all APIs."""
    known(request, ("last",))
    last = whole(request, "last", USUAL_MESSAGES)
    id = request.path_params["id"]

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        call = reader.get("call", id)
        if call is None:
            raise NotFound(f"there is no call {id[:80]!r}")
        found = Conversations(reader).of(call)
        shown = found.messages[max(len(found.messages) - last, 0) :]
        return {
            "wire_api": found.wire_api,
            "system": [asdict(part) for part in found.system],
            "tools": [asdict(tool) for tool in found.tools],
            "count": len(found.messages),
            "messages": [_message(message) for message in shown],
            "answer": _message(found.answer) if found.answer else None,
            "choices": found.choices,
            "missing": found.missing,
            "problem": found.problem,
        }

    return as_json(await _service(request).lists.ask(question, request))


def _message(message: Message) -> dict[str, Any]:
    parts = [asdict(part) for part in message.parts]
    place = [message.start, message.end] if message.end else None
    return {
        "role": message.role,
        "wire": message.wire,
        "parts": parts,
        "exchange": message.exchange,
        "side": message.side,
        "bytes": place,
    }


def _as_sse(name: str, data: bytes) -> bytes:
    lines = b"".join(b"data: " + line + b"\n" for line in data.split(b"\n"))
    return (b"event: " + name.encode() + b"\n" if name else b"") + lines + b"\n"


def _type(data: bytes) -> str:
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    if data[:1] in (b"{", b"["):
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            return "text/plain"
        return "application/json"
    return "text/plain"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)
