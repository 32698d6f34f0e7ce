"""What proxies made of headers: those of a call beside those of its legs."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from .json_text import loads
from .shapes import Record

Headers = dict[str, str]

OF_THE_HOP = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Every hop has its own of these (RFC 9110 7.6.1; framing, and the clock)."""


class LegHeaders:
    """Adds `request_headers` and `response_headers` to the legs of a call: what became of them on their way.

    Requests go from the call that a leg was made of to the leg, responses back. Each is
    ``{added: {name: value}, removed: {name: value}, changed: {name: [before, after]}}``, names in lower case, several
    values of a name joined by commas; None where the capture does not hold both heads.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, record: Record) -> None:
        seen = {record["id"]: self._headers(record["id"])}
        for leg in record["legs"]:
            above = seen.get(leg.get("of") or record["id"])
            if leg.get("role") == "mirror" or above is None:
                continue
            here = seen[leg["call"]] = self._headers(leg["call"])
            leg["request_headers"] = _difference(above[0], here[0])
            leg["response_headers"] = _difference(here[1], above[1])

    def _headers(self, call: str) -> tuple[Headers, Headers]:
        row = self._connection.execute(
            "SELECT request_headers, response_headers FROM exchanges"
            " WHERE id = (SELECT exchange FROM calls WHERE id = ?)",
            (call,),
        ).fetchone()
        return (_named(loads(row[0]) or ()), _named(loads(row[1]) or ())) if row else ({}, {})


def _named(headers: Iterable[tuple[str, str]]) -> Headers:
    found: Headers = {}
    for given, value in headers:
        name = "host" if given == ":authority" else given.lower()
        if name not in OF_THE_HOP and not name.startswith(":"):
            found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _difference(before: Headers, after: Headers) -> dict[str, Any] | None:
    if not before or not after:
        return None
    return {
        "added": {name: after[name] for name in sorted(after.keys() - before.keys())},
        "removed": {name: before[name] for name in sorted(before.keys() - after.keys())},
        "changed": {
            name: [before[name], after[name]]
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        },
    }
