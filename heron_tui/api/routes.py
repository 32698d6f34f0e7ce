"""The table of routes: the router, the description at `/api/v1` and the documentation's test all read it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Routed

from .. import __version__
from ..store.contract import KINDS
from . import bodies, events, exports, health, lists
from .asked import MOST, USUAL, known
from .problems import as_json

Handler = Callable[[Request], Awaitable[Response]]
V1 = "/api/v1"
JSON, NDJSON, TEXT, BYTES, SSE = (
    "application/json",
    "application/x-ndjson",
    "text/plain",
    "application/octet-stream",
    "text/event-stream",
)
PARAMETERS = {
    "filter": "a display filter (docs/filter.md); records that do not fit are left out",
    "fields": "only these fields, separated by commas; dots go inside",
    "sort": "a field to sort by, with - before it for falling order; by time if left out",
    "limit": f"records of a page: {USUAL} unless given, {MOST} at most",
    "after": "where to go on: `next` of the page before",
    "since": "only what is new or was written again since this version of the store; `gone` names what was taken back",
    "full": "yes (texts whole, the default) or no (cut after 200 characters)",
    "data": "hex adds the captured bytes (`data`) and their link type (`link`)",
    "last": f"how many of the last messages; {bodies.USUAL_MESSAGES} unless given",
    "kinds": "only these kinds of records, separated by commas",
    "format": "one of /api/v1/formats",
    "unit": "what one record is of: turn, session or call",
    "id": "only this call, turn or session; may be repeated",
}


@dataclass(frozen=True, slots=True)
class Route:
    """`help`: one line. `takes`: names of parameters. `gives`: the type of the answer."""

    path: str
    handler: Handler
    help: str
    takes: tuple[str, ...] = ()
    gives: str = JSON


def _table() -> tuple[Route, ...]:
    listed = ("filter", "fields", "sort", "limit", "after", "since", "full")
    rows = [Route("", description, "this list, as an OpenAPI document")]
    for kind in KINDS:
        rows.append(Route(f"/{kind}", lists.page, f"{kind}, in order of time", listed))
    rows.append(Route("/packets", lists.page, "packets, by number", lists.OF_PACKETS))
    rows.append(Route("/metrics", lists.page, "the eight metrics of each window", ("filter", "fields")))
    for kind in KINDS:
        rows.append(Route(f"/{kind}/{{id}}", lists.single, f"one of the {kind}, by its id", ("fields",)))
    rows.append(Route("/packets/{id}", lists.single, "one packet, by its number", ("fields",)))
    rows.append(Route("/packets/{id}/bytes", lists.packet_bytes, "its bytes as captured, secrets included", (), BYTES))
    for kind in ("calls", "exchanges"):
        rows.append(Route(f"/{kind}/{{id}}/request", bodies.body, "the request's body, decoded", (), TEXT))
        rows.append(Route(f"/{kind}/{{id}}/response", bodies.body, "the response's body, decoded", (), TEXT))
        rows.append(Route(f"/{kind}/{{id}}/events", bodies.events, "the events of the response", ("limit", "after")))
        takes = ("fields", "limit", "after", "data")
        rows.append(Route(f"/{kind}/{{id}}/packets", lists.carriers, "the packets that carried it", takes))
    rows += [
        Route("/calls/{id}/conversation", bodies.conversation, "what the call held and what was answered", ("last",)),
        Route("/health", health.health, "how the observer is, and everything it lost"),
        Route("/fields", health.fields, "the fields of filters and of records"),
        Route("/events", events.stream, "what changes, as it changes", ("kinds",), SSE),
        Route("/formats", exports.formats, "formats of exports, and their options"),
        Route("/export", exports.export, "an export, streamed", ("format", "unit", "id", "filter"), NDJSON),
        Route("/exports/{id}", exports.report, "what an export wrote and skipped, and why"),
    ]
    return tuple(rows)


async def description(request: Request) -> Response:
    """An OpenAPI 3.1 document of all routes."""
    known(request, ())
    paths: dict[str, Any] = {}
    for route in ROUTES:
        parameters: list[dict[str, Any]] = [
            {"name": name, "in": "query", "description": PARAMETERS[name], "schema": {"type": "string"}}
            for name in route.takes
        ]
        if "{id}" in route.path:
            parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}})
        answers = {"200": {"description": route.help, "content": {route.gives: {}}}}
        paths[V1 + route.path] = {"get": {"summary": route.help, "parameters": parameters, "responses": answers}}
    return as_json(
        {
            "openapi": "3.1.0",
            "info": {"title": "heron-tui", "version": __version__, "description": "docs/api.md says more"},
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            "security": [{"token": []}],
            "paths": paths,
        }
    )


ROUTES = _table()


def routed() -> list[Routed]:
    return [Routed(V1 + route.path, route.handler, methods=["GET"]) for route in ROUTES]
