"""Answers of MCP servers that come on another exchange than their question.

Over HTTP+SSE (specification of 2024-11-05) a POST is only accepted: all answers come on a GET that stays open, whose
first event names where to POST. Over streamable HTTP (2025-03-26 and later) a stream that broke off is resumed by a
GET with ``Last-Event-ID``, and the answer comes there. Ids of JSON-RPC tell which answer is whose.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

from ..model.call import Call
from ..model.headers import header
from ..model.http import EventBatch, Request
from .fold import Fold
from .mcp import NAME

MOST = 1000
"""Questions that wait for an answer, and streams that are listened to; of more the oldest are forgotten."""

LARGEST = 1 << 20
"""Bytes of an answer that is kept until its question is read."""

_answers = re.compile(rb'"(?:result|error)"\s*:')

Key = tuple[str, str]
"""A host, and what names the session there."""


class _Message(msgspec.Struct):
    jsonrpc: str
    id: int | str | None = None
    method: str | None = None


_decode = msgspec.json.Decoder(_Message).decode


@dataclass(slots=True)
class _Heard:
    """An answer to a question that was not read yet: flows are read one after the other."""

    data: bytes
    t_us: int
    packets: tuple[int, int]


@dataclass(slots=True)
class Answer:
    """What answered a call elsewhere: the call, its fold that has it now, and where it stood."""

    call: Call
    fold: Fold
    t_us: int
    packets: tuple[int, int]


class McpStreams:
    """Questions and streams of all MCP sessions."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[Key, int | str], tuple[Call, Fold]] = OrderedDict()
        self._heard: OrderedDict[tuple[Key, int | str], _Heard] = OrderedDict()
        self._streams: OrderedDict[str, Key] = OrderedDict()

    def take(self, request: Request, fold: Fold | None, call: Call | None) -> Answer | None:
        """Take note of a question or of a stream; gives the answer to a question if that was heard already.

        `request` has its secrets: sessions may be named by them.
        """
        if fold is None or call is None:
            if request.method == "GET" and (session := _session(request)):
                self._listen(request.exchange, session)
            return None
        message = _read(request.body) if fold.request.wire_api == NAME else None
        if message is None or message.id is None:
            return None
        key = _session(request) or (request.host, request.target), message.id
        heard = self._heard.pop(key, None)
        if heard and heard.t_us >= call.t_request_us:
            return _answer(call, fold, heard)
        self._waiting[key] = call, fold
        _bound(self._waiting)
        return None

    def hear(self, request: Request, batch: EventBatch) -> list[Answer]:
        """The calls that events of a GET answer, whose folds have the answers then."""
        found: list[Answer] = []
        for place, (name, data) in enumerate(zip(batch.names, batch.data, strict=True)):
            if name == "endpoint" and request.exchange not in self._streams:
                self._listen(request.exchange, (request.host, _target(data)))
            session = self._streams.get(request.exchange)
            if session is None:
                break
            message = _read(data) if _answers.search(data) else None
            if message is None or message.id is None or message.method is not None:
                continue
            packets = batch.first_packet.item(place), batch.last_packet.item(place)
            heard = _Heard(data, batch.t_end_us.item(place), packets)
            if asked := self._waiting.pop((session, message.id), None):
                found.append(_answer(*asked, heard))
            elif len(data) <= LARGEST:
                self._heard[session, message.id] = heard
                _bound(self._heard)
        return found

    def _listen(self, exchange: str, session: Key) -> None:
        self._streams[exchange] = session
        _bound(self._streams)


def _answer(call: Call, fold: Fold, heard: _Heard) -> Answer:
    fold.hear(heard.data)
    return Answer(call, fold, heard.t_us, heard.packets)


def _bound(held: OrderedDict[Any, Any]) -> None:
    if len(held) > MOST:
        held.popitem(last=False)


def _session(request: Request) -> Key | None:
    named = header(request.headers, "mcp-session-id")
    return (request.host, named) if named else None


def _target(data: bytes) -> str:
    """Path and query of the address that an `endpoint` event names, whole or without host."""
    try:
        parts = urlsplit(data.decode().strip())
    except ValueError:  # also UnicodeDecodeError
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _read(data: bytes) -> _Message | None:
    try:
        message = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return message if message.jsonrpc == "2.0" else None
