"""How the observer itself is: what it does, what it lost, and whether its engine lives."""

import time
from typing import Any, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from .. import __version__
from ..engine.losses import LOSSES
from ..filter.fields import FIELDS
from ..store.contract import FIELDS as RECORDS
from ..store.reader import Reader
from ..store.stopping import Stop
from .asked import known
from .problems import as_json
from .service import Service, State

SENTENCES: dict[State, str] = {
    "none": "no engine: this store was made by an earlier run",
    "starting": "the engine starts",
    "running": "the engine reads what comes",
    "paused": "the engine is paused",
    "done": "the engine has read its sources to their end",
    "failed": "the engine gave up: what it had read before is served",
    "dead": "the engine died: what it had read before is served, and nothing new comes",
}


async def health(request: Request) -> Response:
    known(request, ())
    service = cast(Service, request.app.state.service)

    def question(reader: Reader, _: Stop) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        return reader.meta(), reader.sources(), reader.counters()

    meta, sources, counters = await service.quick.ask(question, request)
    counters = newest(service, counters)
    return as_json(
        {
            "version": __version__,
            "started_us": service.started_us,
            "uptime_s": round(time.time() - service.started_us / 1e6, 3),
            "store": {"path": str(service.store), "name": service.name, **meta},
            "engine": engine(service),
            "sources": sources,
            "counters": counters,
            "lost": any(counters.get(loss.name) for loss in LOSSES if not loss.harmless),
            "losses": [msgspec.structs.asdict(loss) | {"count": counters.get(loss.name, 0)} for loss in LOSSES],
        }
    )


def engine(service: Service) -> dict[str, Any]:
    """Whether the engine lives, since when not, and what it said."""
    state = service.state
    held = service.engine
    last = held.last if held else None
    return {
        "state": state,
        "alive": held is not None and held.ended_us is None,
        "said": SENTENCES[state],
        "pid": held.pid if held and held.ended_us is None else None,
        "ended_us": held.ended_us if held else None,
        "reason": held.reason if held else None,
        "progress": last.progress if last else None,
        "now_us": last.now_us if last else None,
        "behind_us": last.behind_us if last else 0,
        "behind_bytes": last.behind_bytes if last else 0,
        "message": last.message if last else "",
        "alarm": last.alarm if last else "",
        "notes": list(last.notes) if last else [],
    }


def newest(service: Service, stored: dict[str, Any]) -> dict[str, Any]:
    """The counters of the engine, which are ahead of those in the store."""
    last = service.engine.last if service.engine else None
    if last is None or last.state in ("starting", "failed"):
        return stored
    return msgspec.structs.asdict(last.counters)


async def fields(request: Request) -> Response:
    """The fields of the display filter, and those of records."""
    known(request, ())
    rows = [
        {"name": one.name, "scope": one.scope, "type": one.type, "help": one.help, "many": one.many}
        for one in FIELDS.values()
    ]
    return as_json({"filter": rows, "records": RECORDS})
