"""The console at `/`: a page of our own, which reads `/api/v1` as any client does. No build, nothing from elsewhere."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FRONT = "index.html"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


def routed() -> list[Route]:
    """A route for each file that is here, and for no other path."""
    here = Path(__file__).parent
    return [_route(path) for path in sorted(here.iterdir()) if path.suffix in TYPES]


def _route(path: Path) -> Route:
    content = path.read_bytes()

    async def answer(_: Request) -> Response:
        return Response(content, media_type=TYPES[path.suffix])

    return Route("/" if path.name == FRONT else f"/{path.name}", answer, methods=["GET"])
