"""What a request asks for: its parameters, checked."""

import base64
import binascii
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request

from ..core.errors import UsageError
from ..filter import saved
from ..filter.parser import parse
from ..filter.tree import Node
from ..store.contract import check
from ..store.paging import Key

USUAL, MOST = 100, 1000
"""Records of a page."""
LONGEST_FILTER = 8000
LIST = ("filter", "fields", "sort", "limit", "after", "since", "full")


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a list.

    Attributes:
        fields: as `query --fields`, None for all. order: a field, with ``-`` before it for falling order.
        after: what stood last on the page before. since: a version of the store.
        full: texts whole, else cut as in lists.
    """

    where: Node | None = None
    fields: tuple[str, ...] | None = None
    order: str | None = None
    limit: int = USUAL
    after: Key | None = None
    since: int | None = None
    full: bool = True


def asked(request: Request, kind: str, config: Path, allowed: Sequence[str] = LIST) -> Asked:
    """The page that a request asks for.

    Raises:
        UsageError: a parameter is unknown or not right.
    """
    known(request, allowed)
    get = request.query_params.get
    names = get("fields")
    fields = tuple(names.split(",")) if names else None
    check(kind, fields)
    order = get("sort") or None
    return Asked(
        where=node(get("filter"), config),
        fields=fields,
        order=order,
        limit=min(whole(request, "limit", USUAL, least=1), MOST),
        after=key(get("after"), order),
        since=whole(request, "since", 0) if get("since") is not None else None,
        full=yes(request, "full", usual=True),
    )


def known(request: Request, allowed: Sequence[str], repeated: Sequence[str] = ()) -> None:
    """Refuse parameters that mean nothing here, and those given twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, 1) or allowed or ["none"]
            raise UsageError(f"there is no parameter {name!r} here; there is {', '.join(near)}")
        if names.count(name) > 1 and name not in repeated:
            raise UsageError(f"{name} is given twice")


def node(text: str | None, config: Path) -> Node | None:
    """The tree of a display filter; `$name` stands for one that the user saved."""
    if not text:
        return None
    if len(text) > LONGEST_FILTER:
        raise UsageError(f"filter: longer than {LONGEST_FILTER} characters")
    try:
        return parse(text, saved.load(config) if "$" in text else None)
    except RecursionError:
        raise UsageError("filter: too many brackets inside each other") from None


def whole(request: Request, name: str, usual: int, least: int = 0) -> int:
    text = request.query_params.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
        raise UsageError(f"{name} wants a whole number from {least} on, not {text[:40]!r}")
    return int(text)


def yes(request: Request, name: str, *, usual: bool) -> bool:
    text = request.query_params.get(name, "yes" if usual else "no")
    if text not in ("yes", "no"):
        raise UsageError(f"{name} is yes or no, not {text[:40]!r}")
    return text == "yes"


def cursor(key: Key, order: str | None) -> str:
    """A key as `after` takes it. It says for which order it is."""
    return base64.urlsafe_b64encode(orjson.dumps([order, key.value, key.id])).decode().rstrip("=")


def key(text: str | None, order: str | None) -> Key | None:
    if not text:
        return None
    try:
        found: Any = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        found = None
    match found:
        case [None | str() as made_for, None | str() | int() | float() as value, str() as id]:
            if made_for != order:
                raise UsageError(f"after: that page was sorted by {made_for or 'time'}: sort all pages alike")
            return Key(value, id)
    raise UsageError("after wants what an earlier page gave as next")
