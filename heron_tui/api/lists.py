"""Records: pages of a kind, one by its id, and the packets that carried something."""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Literal, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ..core.errors import UsageError
from ..store.contract import KINDS, check, chosen, packet
from ..store.fitting import Fit
from ..store.paging import Key
from ..store.reader import Kind, Reader
from ..store.shapes import PacketRow, Record
from ..store.stopping import Stop
from .asked import Asked, asked, cursor, known
from .problems import NotFound, as_json
from .service import Service

MOST_BYTES = 8 << 20
"""Bytes of records of one page: one that has reached them ends, and says that there is more."""
MOST_GONE = 1000
OF_PACKETS = ("filter", "fields", "sort", "limit", "after")


async def page(request: Request) -> Response:
    """A page of records of a kind."""
    service, kind = _service(request), _kind(request)
    if kind == "metrics":
        return await _metrics(request)
    if kind == "packets":
        return await _packets(request)
    wanted = asked(request, kind, service.config)
    one = KINDS[kind]

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        version = reader.version()  # before the rows: what is written meanwhile is told again, not left out
        if wanted.since is not None and wanted.since > version:
            raise UsageError(f"since: this store is at version {version}: another store was asked before")
        where = reader.where(one, wanted.where)
        rows = reader.paging.behind(
            one, wanted.after, wanted.limit + 1, where=where, since=wanted.since, order=wanted.order, full=wanted.full
        )
        found = _page(rows, kind, wanted)
        if wanted.since is not None:
            changes = reader.paging.changes(one, wanted.since, MOST_GONE)
            found["gone"] = changes.gone
        return found | {"version": version}

    return as_json({"kind": kind, "store": service.name} | await service.lists.ask(question, request))


async def single(request: Request) -> Response:
    """One record by its id, or a packet by its number."""
    service, kind = _service(request), _kind(request)
    id = request.path_params["id"]
    known(request, ("fields",))
    names = request.query_params.get("fields")
    fields = tuple(names.split(",")) if names else None
    check(kind, fields)

    def question(reader: Reader, _: Stop) -> Record | None:
        if kind == "packets":
            return next(map(packet, reader.numbered([_number(id)])), None)
        return reader.get(KINDS[kind], id)

    record = await service.quick.ask(question, request)
    if record is None:
        raise NotFound(f"there is no {kind[:-1]} {id[:80]!r}")
    return as_json(chosen(record, kind, fields))


async def carriers(request: Request) -> Response:
    """The packets that carried a call or an exchange, each with its bytes if they are asked for."""
    service, kind = _service(request), _kind(request)
    wanted = asked(request, "packets", service.config, ("fields", "limit", "after", "data"))
    with_data = request.query_params.get("data", "no")
    if with_data not in ("no", "hex"):
        raise UsageError("data is no or hex")

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        numbers = reader.exchange_packets(exchange_of(reader, kind, request.path_params["id"]))
        behind = [number for number in numbers if wanted.after is None or number > cast(int, wanted.after.value)]
        rows = ((_at(row), packet(row) | _data(reader, row, with_data)) for row in _numbered(reader, behind))
        return _page(islice(rows, wanted.limit + 1), "packets", wanted) | {"packets": len(numbers)}

    return as_json({"kind": "packets"} | await service.lists.ask(question, request))


async def packet_bytes(request: Request) -> Response:
    """A packet's bytes as captured."""
    known(request, ())
    number = _number(request.path_params["id"])

    def question(reader: Reader, _: Stop) -> tuple[bytes, int]:
        if not reader.numbered([number]):
            raise NotFound(f"there is no packet {number}")
        return reader.packet_bytes(number)

    data, link = await _service(request).quick.ask(question, request)
    return Response(data, media_type="application/octet-stream", headers={"heron-link-type": str(link)})


def exchange_of(reader: Reader, kind: str, id: str) -> str:
    """Id of the exchange that carried a call; an exchange's own. Raises NotFound."""
    record = reader.get("call" if kind == "calls" else "exchange", id, full=False)
    if record is None or not (exchange := record["exchange"] if kind == "calls" else id):
        raise NotFound(f"there is no {kind[:-1]} {id[:80]!r}")
    return str(exchange)


async def _metrics(request: Request) -> Response:
    service = _service(request)
    wanted = asked(request, "metrics", service.config, ("filter", "fields"))

    def question(reader: Reader, _: Stop) -> dict[str, Any]:
        version = reader.version()
        rows = [chosen(record, "metrics", wanted.fields) for record in reader.metrics_table(wanted.where)]
        return {"records": rows, "version": version}

    return as_json({"kind": "metrics", "store": service.name} | await service.lists.ask(question, request))


async def _packets(request: Request) -> Response:
    """Packets have numbers instead of ids, and never change: what comes behind the last one is new."""
    service = _service(request)
    wanted = asked(request, "packets", service.config, OF_PACKETS)
    if wanted.order not in (None, "number", "-number"):
        raise UsageError("sort: packets can be sorted by number or -number")

    def question(reader: Reader, stop: Stop) -> dict[str, Any]:
        version = reader.version()
        fit = reader.fit("packet", wanted.where, stop=stop) if wanted.where is not None else None
        rows = ((_at(row), packet(row)) for row in _window(reader, fit, wanted))
        return _page(rows, "packets", wanted) | {"version": version}

    return as_json({"kind": "packets", "store": service.name} | await service.lists.ask(question, request))


def _window(reader: Reader, fit: Fit | None, wanted: Asked) -> Iterable[PacketRow]:
    """The packets of a page, and one more if there is one."""
    place = fit.place if fit else reader.packet_position
    number = None if wanted.after is None else wanted.after.value
    if not isinstance(number, int | None):
        raise UsageError("after wants what an earlier page gave as next")
    if wanted.order == "-number":
        stop = (fit.count if fit else reader.packet_count()) if number is None else place(number)
        start = max(stop - wanted.limit - 1, 0)
    else:
        start = 0 if number is None else place(number + 1)
        stop = start + wanted.limit + 1
    rows = reader.fit_packets(fit, start, stop) if fit else reader.packets(start, stop)
    return rows[::-1] if wanted.order == "-number" else rows


def _page(rows: Iterable[tuple[Key, Record]], kind: str, wanted: Asked) -> dict[str, Any]:
    """The records of a page, from rows that hold one more than it if there is one.

    `next` is the place behind the last of them, also where there is no more now: later records come behind it.
    """
    records: list[orjson.Fragment] = []
    last = wanted.after
    size, more = 0, False
    for key, record in rows:
        if len(records) >= wanted.limit or size >= MOST_BYTES:
            more = True
            break
        told = orjson.dumps(chosen(record, kind, wanted.fields), option=orjson.OPT_NON_STR_KEYS)
        records.append(orjson.Fragment(told))
        size += len(told)
        last = key
    return {"records": records, "more": more, "next": cursor(last, wanted.order) if last else None}


def _numbered(reader: Reader, numbers: list[int]) -> Iterable[PacketRow]:
    for start in range(0, len(numbers), 100):
        yield from reader.numbered(numbers[start : start + 100])


def _at(row: PacketRow) -> Key:
    return Key(row.number, "")


def _data(reader: Reader, row: PacketRow, form: str) -> dict[str, Any]:
    if form == "no":
        return {}
    data, link = reader.packet_bytes(row.number)
    return {"link": link, "data": data.hex()}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise NotFound(f"packets have numbers, and {text[:40]!r} is none")
    return int(text)


def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


def _kind(request: Request) -> Kind | Literal["packets", "metrics"]:
    """The kind that the route is of: the third part of its path."""
    return cast(Kind, request.url.path.split("/")[3])
