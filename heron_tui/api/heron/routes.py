"""The routes of it that are answered."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from ...core.errors import UsageError
from ..problems import NotFound
from . import about, metrics, services, sessions, spans, traces
from .asking import enveloped

ROUTES = {
    "/api/health": about.health,
    "/api/filters/wire-apis": about.wire_apis,
    "/api/filters/models": about.models,
    "/api/filters/server-ips": about.server_ips,
    "/api/filters/agent-kinds": about.agent_kinds,
    "/api/filters/finish-reasons": about.finish_reasons,
    "/api/metrics/summary": metrics.summary,
    "/api/metrics/models": metrics.by_model,
    "/api/metrics/timeseries": metrics.timeseries,
    "/api/metrics/finish-reasons": metrics.finish_reasons,
    "/api/services": services.services,
    "/api/services/topology": services.topology,
    "/api/spans": spans.spans,
    "/api/spans/{id}": spans.one_span,
    "/api/traces": traces.traces,
    "/api/traces/summary": traces.summary,
    "/api/traces/activity": traces.activity,
    "/api/traces/{id}": traces.one,
    "/api/traces/{id}/spans": traces.spans,
    "/api/agent-sessions": sessions.sessions,
    "/api/agent-sessions/{source}/{id}": sessions.one,
    "/api/agent-sessions/{source}/{id}/turns": sessions.turns,
    "/api/http-exchanges": spans.exchanges,
    "/api/http-exchanges/{id}": spans.one_exchange,
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self';"
    " font-src 'self' data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def routed() -> list[Route]:
    """The routes of the API."""
    return [Route(path, enveloped(handler), methods=["GET"]) for path, handler in ROUTES.items()]


def pages(console: Path) -> list[Route]:
    """Its files, and its first page for every other path: it finds its way by itself.

    Raises:
        UsageError: there is none.
    """
    root = console.resolve()
    front = root / "index.html"
    if not front.is_file():
        raise UsageError(f"--console: there is no index.html in {console}: name the dist/ of a built console")

    async def answer(request: Request) -> Response:
        path = request.path_params["path"]
        if path == "api" or path.startswith("api/"):
            raise NotFound("there is nothing here; /api/v1 lists what there is")
        wanted = (root / path).resolve() if "\0" not in path else front
        file = wanted if wanted.is_relative_to(root) and wanted.is_file() else front
        return FileResponse(file, headers={"content-security-policy": POLICY})

    return [Route("/{path:path}", answer, methods=["GET"])]
