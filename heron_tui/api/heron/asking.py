"""Its envelope, its errors, and its parameters."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from ...core.errors import HeronError, UsageError
from ...store.reader import Kind, Reader
from ...store.shapes import Record
from ...store.where import Parameter, Where
from ..problems import NotFound, as_json
from ..service import Service

SOURCE = "local"
"""Its id of what captures; a store is one here."""
LATEST_S = 4_102_444_800
USUAL_PAGE, MOST_PAGE, MOST_PAGES = 50, 200, 1_000_000
BAD, MISSING, FAILED = 1001, 2001, 5001
Handler = Callable[[Request], Awaitable[Response]]


def enveloped(handler: Callable[[Request], Awaitable[Any]]) -> Handler:
    """Answers what `handler` gives in the envelope, and its errors in theirs."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return as_json({"code": 0, "message": "ok", "data": await handler(request)})
        except UsageError as error:
            return _refused(400, BAD, error)
        except NotFound as error:
            return _refused(404, MISSING, error)
        except HeronError as error:
            return _refused(500, FAILED, error)

    return answer


def _refused(status: int, code: int, error: HeronError) -> Response:
    return as_json({"code": code, "message": str(error), "data": {}}, status)


def service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


def window(request: Request) -> tuple[int, int]:
    """`start` and `end`, in microseconds; half open.

    Raises:
        UsageError: one is missing or out of range.
    """
    start, end = (_seconds(request, name) for name in ("start", "end"))
    if start >= end:
        raise UsageError("start must be before end")
    return start * 1_000_000, end * 1_000_000


def _seconds(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not text.isascii() or not text.isdigit() or int(text) > LATEST_S:
        raise UsageError(f"{name} must be between 0 and {LATEST_S} seconds")
    return int(text)


def number(request: Request, name: str, usual: int, most: int) -> int:
    text = request.query_params.get(name)
    if text is None or text == "":
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < 1:
        raise UsageError(f"{name} must be a whole number from 1 on")
    return min(int(text), most)


def page_size(request: Request) -> int:
    return number(request, "page_size", USUAL_PAGE, MOST_PAGE)


def page(request: Request) -> tuple[int, int]:
    """The first row of the page that is asked for, and the one behind its last."""
    size = page_size(request)
    start = (number(request, "page", 1, MOST_PAGES) - 1) * size
    return start, start + size


def many(request: Request, name: str) -> list[str]:
    """The values of a parameter that may name several."""
    return [value for value in request.query_params.get(name, "").split(",") if value]


def numbers(request: Request, name: str) -> list[int]:
    values = many(request, name)
    for value in values:
        if not value.isascii() or not value.isdigit() or len(value) > 6:
            raise UsageError(f"{name}: {value[:40]!r} is no number")
    return [int(value) for value in values]


def order(request: Request, names: dict[str, str], usual: str) -> str:
    """How `Reader.rows` shall sort, from `sort_by` and `sort_order`."""
    name = request.query_params.get("sort_by") or usual
    if name not in names:
        raise UsageError(f"sort_by: there is {', '.join(names)}")
    direction = request.query_params.get("sort_order") or "desc"
    if direction not in ("asc", "desc"):
        raise UsageError("sort_order is asc or desc")
    return ("-" if direction == "desc" else "") + names[name]


@dataclass(slots=True)
class Terms:
    """Conditions on rows, all of which must hold."""

    texts: list[str] = field(default_factory=list)
    params: list[Parameter] = field(default_factory=list)

    def add(self, sql: str, *params: Parameter) -> None:
        self.texts.append(sql)
        self.params += params

    def one_of(self, sql: str, values: Iterable[Parameter]) -> None:
        """The value is one of these; all fit where there are none."""
        if known := tuple(values):
            self.add(f"{sql} IN ({', '.join('?' * len(known))})", *known)

    @property
    def where(self) -> Where:
        return Where(" AND ".join(f"({text})" for text in self.texts) or "1", tuple(self.params))


def between(request: Request, terms: Terms, row: str) -> None:
    """Which client and which server: `row` has both, each with its port."""
    terms.one_of(ip(f"{row}.server"), many(request, "server_ip"))
    terms.one_of(ip(f"{row}.client"), many(request, "client_ip"))
    terms.one_of(port(f"{row}.server"), numbers(request, "server_port"))


def named(reader: Reader, kind: Kind, id: str, called: str) -> Record:
    """A row by its id, of what it calls so. Raises NotFound."""
    row = reader.get(kind, id)
    if row is None:
        raise NotFound(f"there is no {called} {id[:80]!r}")
    return row


def ip(column: str) -> str:
    """SQL for the address in a column of addresses with ports."""
    return f"trim(rtrim(rtrim({column}, '0123456789'), ':'), '[]')"


def port(column: str) -> str:
    return f"CAST(substr({column}, length(rtrim({column}, '0123456789')) + 1) AS INTEGER)"


def end_of(text: str | None) -> tuple[str, int]:
    """Address and port of one end of a connection."""
    address, _, number = (text or "").rpartition(":")
    return address.strip("[]"), int(number) if number.isdigit() else 0


def ms(us: int | None) -> int | None:
    return None if us is None else us // 1000


def exact_ms(us: float | None) -> float | None:
    return None if us is None else us / 1000
