"""Sessions: those that had a turn in a window, newest first, and one with its turns."""

import binascii
import json
from collections import defaultdict
from typing import Any

import orjson
from starlette.requests import Request

from ...core.errors import UsageError
from ...store.reader import Reader
from ...store.shapes import Record
from ...store.stopping import Stop
from ...store.where import Where
from ..problems import NotFound
from .asking import SOURCE, Terms, many, ms, page_size, service, window
from .traces import PREVIEW, told


async def sessions(request: Request) -> dict[str, Any]:
    start, end = window(request)
    terms = Terms()
    terms.add("turn.t_start_us >= ? AND turn.t_start_us < ?", start, end)
    terms.one_of("turn.agent", many(request, "agent_kind"))
    size = page_size(request)
    after = _cursor(request, ("t", "s", "k"))

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        last: dict[str, int] = defaultdict(int)
        for id, began in reader.paging.columns("turn", ("turn.session", "turn.t_start_us"), terms.where):
            last[id] = max(last[id], began // 1000)
        newest = sorted(((at, id) for id, at in last.items() if id), reverse=True)
        if after:
            newest = [one for one in newest if one < (after["t"], after["k"])]
        items = []
        for at, id in newest[:size]:
            if session := reader.get("session", id):
                items.append(_item(reader, session) | {"last_turn_at_in_window": at})
        more = len(newest) > size
        at, id = newest[size - 1] if more else (0, "")
        return {"items": items, "next_cursor": _hex({"k": id, "s": SOURCE, "t": at}) if more else None}

    return await service(request).lists.ask(question, request)


async def one(request: Request) -> dict[str, Any]:
    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        return _item(reader, _session(reader, request))

    return await service(request).lists.ask(question, request)


async def turns(request: Request) -> dict[str, Any]:
    size = page_size(request)
    after = _cursor(request, ("t", "k"))

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        terms = Terms()
        terms.add("turn.session = ?", _session(reader, request)["id"])
        if after:
            terms.add("(turn.t_start_us, turn.id) > (?, ?)", after["t"], after["k"])
        rows = reader.rows("turn", 0, size + 1, where=terms.where, full=True)
        shown, more = rows[:size], len(rows) > size
        last = _hex({"k": shown[-1]["id"], "t": shown[-1]["t_start_us"]}) if more else None
        return {"items": told(reader, shown, whole=True), "next_cursor": last}

    return await service(request).lists.ask(question, request)


def _session(reader: Reader, request: Request) -> Record:
    id, source = request.path_params["id"], request.path_params["source"]
    found = reader.get("session", id) if source == SOURCE else None
    if found is None:
        raise NotFound(f"there is no session {id[:80]!r} of {source[:80]!r}")
    return found


def _item(reader: Reader, session: Record) -> dict[str, Any]:
    mine = Where("turn.session = ?", (session["id"],))
    first = next(iter(reader.rows("turn", 0, 1, where=mine, full=True)), None)
    last = next(iter(reader.rows("turn", 0, 1, where=mine, order="-t_start_us")), None)
    calls = Where("call.session = ? AND call.leg_of IS NULL", (session["id"],))
    written = sum(row[0] or 0 for row in reader.paging.columns("call", ("call.cache_write_tokens",), calls))
    return {
        "source_id": SOURCE,
        "session_id": session["id"],
        "agent_kind": session["agent"],
        "first_turn_at": ms((first or session)["t_start_us"]),
        "last_turn_at": ms((last or session)["t_start_us"]),
        "turn_count": session["turns"],
        "call_count": session["calls"],
        "total_input_tokens": session["input_tokens"] or 0,
        "total_output_tokens": session["output_tokens"] or 0,
        "total_cache_read_input_tokens": session["cache_read_tokens"] or 0,
        "total_cache_creation_input_tokens": written,
        "total_cost_usd": session["cost_usd"],
        "first_user_input_preview": (first["prompt"] or "")[:PREVIEW] or None if first else None,
        "first_user_call_id": next(iter(first["calls"]), None) if first else None,
    }


def _hex(cursor: dict[str, Any]) -> str:
    return json.dumps(cursor, separators=(",", ":")).encode().hex()


def _cursor(request: Request, names: tuple[str, ...]) -> dict[str, Any] | None:
    text = request.query_params.get("cursor")
    if not text:
        return None
    try:
        found = orjson.loads(binascii.unhexlify(text))
    except (binascii.Error, ValueError):
        found = None
    if (
        not isinstance(found, dict)
        or set(found) != set(names)
        or type(found["t"]) is not int
        or not isinstance(found["k"], str)
    ):
        raise UsageError("cursor must be the next_cursor of an earlier page")
    return found
