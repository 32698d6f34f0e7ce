"""All wire APIs, and which of them a request speaks.

To add one: write a module with an `API` and put it into `APIS`.
"""

from ..model.headers import header
from ..model.http import Request
from . import anthropic, bedrock, cohere, gemini, mcp, ollama, openai_chat, openai_responses, operations
from .api import Route, WireApi, read_torn
from .body import Body
from .fold import Fold

__all__ = ["APIS", "Fold", "open"]

APIS: tuple[WireApi, ...] = (
    anthropic.API,
    openai_chat.API,
    openai_responses.API,
    gemini.API,
    ollama.API,
    cohere.API,
    bedrock.API,
)
"""In the order in which they are asked."""


def open(request: Request) -> Fold | None:
    """The fold of a call, or None where a request asks nothing of a model API.

    First the route decides (path and headers, on every request). A body that does not fit its route, and one whose
    route says nothing, is recognised by its shape alone, since proxies rewrite paths and strip headers.
    """
    if request.transport == "websocket" or request.method == "POST":
        found = _by_route(request)
        if found is not None:
            api, route = found
            return _chat(request, api, route)
    operation = operations.find(request)
    if operation is not None:
        return Fold(operation, operations.PlainAnswer())
    if request.method == "POST" and request.body[:64].lstrip()[:1] == b"{":
        return _by_shape(request, Body(request.body))
    return None


def _by_route(request: Request) -> tuple[WireApi, Route] | None:
    for api in APIS:
        if (route := api.route(request)) is not None:
            return api, route
    return None


def _chat(request: Request, api: WireApi, route: Route) -> Fold | None:
    body = Body(request.body)
    if api.fits(body, route):
        return Fold(api.read(body, route), api.answer(), api.turns_out)
    if body.members:
        return _by_shape(request, body)
    if not request.body and request.complete and not request.lost and request.error is None:
        return None
    error = request.error or ("the request is not whole" if _is_torn(request) else "the body is not JSON")
    return Fold(read_torn(api.name, route, request.body, error), api.answer())


def _by_shape(request: Request, body: Body) -> Fold | None:
    if not body.members:
        return None
    if asked := mcp.read(request, body):
        return Fold(asked, mcp.McpAnswer())
    for api in _likely(request):
        if api.fits(body, None):
            return Fold(api.read(body, Route()), api.answer())
    if other := operations.by_shape(request, body):
        return Fold(other, operations.PlainAnswer())
    return None


def _likely(request: Request) -> tuple[WireApi, ...]:
    """APIs in the order in which a shape that fits several shall be taken for one: headers tell Anthropic's."""
    key = header(request.headers, "x-api-key") or ""
    if header(request.headers, "anthropic-version") or key.startswith("sk-ant-"):
        return (_HEADED, *APIS)
    return APIS


def _fits_headed(body: Body, route: Route | None) -> bool:
    return anthropic.fits(body, route or Route())


_HEADED = WireApi("anthropic", anthropic.route, _fits_headed, anthropic.read, anthropic.AnthropicAnswer)


def _is_torn(request: Request) -> bool:
    return not request.complete or bool(request.lost)
