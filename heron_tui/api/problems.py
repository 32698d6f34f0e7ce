"""Errors as the API tells them: a status and one JSON object with a line for people."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from ..core.errors import HeronError, UsageError
from ..filter.errors import FilterError
from ..store.json_text import storable


class Problem(HeronError):
    """Something that is answered with a status of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class NotFound(Problem):
    def __init__(self, message: str) -> None:
        super().__init__(404, message)


class TooSlow(Problem):
    def __init__(self, seconds: float) -> None:
        super().__init__(503, f"this took longer than {seconds:.0f} s and was stopped: ask for less, or filter by ids")


class Left(Exception):
    """The client is gone: nobody waits for an answer."""


def as_json(value: Any, status: int = 200) -> Response:
    """`value` as an answer, whatever came from the wire: lone surrogates and huge integers are real there."""
    try:
        told = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        told = orjson.dumps(storable(value))
    return Response(told, status, media_type="application/json")


def told(error: HeronError) -> Response:
    """400 for what the client can mend, 503 for a store or source that cannot be read, else as the problem says."""
    said: dict[str, Any] = {"message": str(error)}
    status = error.status if isinstance(error, Problem) else 400 if isinstance(error, UsageError) else 503
    if isinstance(error, FilterError):
        said = {"message": f"filter: {error.message}", "filter": error.text, "at": error.at, "end": error.end}
    return as_json({"error": said}, status)


async def on_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HeronError)
    return told(error)


async def on_left(_: Request, __: Exception) -> Response:
    return Response(status_code=499)


async def on_bug(_: Request, __: Exception) -> Response:
    """What nobody foresaw: its traceback is on stderr."""
    return as_json(
        {"error": {"message": "this failed in a way that was not foreseen: see what the server printed"}}, 500
    )


async def on_http(_: Request, error: Exception) -> Response:
    """What the router itself refuses."""
    status = getattr(error, "status_code", 500)
    words = {404: "there is nothing here; /api/v1 lists what there is", 405: "only GET and HEAD are answered"}
    return as_json({"error": {"message": words.get(status, str(error))}}, status)
