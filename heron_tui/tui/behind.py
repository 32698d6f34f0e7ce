"""The calls behind a figure of the metrics, as a display filter and an order."""

import re
from dataclasses import dataclass

from ..filter.complete import moment, quoted
from ..metrics.points import Group

COUNTED = ("call.operation == chat", "not call.leg_of")
"""What metrics count at all; see `store.measuring`."""
_placeholder = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Behind:
    """Which calls make up a figure.

    Attributes:
        condition: a display filter. order: the field of calls to sort by, the largest first; "" as they came.
    """

    condition: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A kind of figure: what calls need to be part of it, and what each adds to it.

    Attributes:
        part: a condition. order: a field of calls. since: a condition on when, with the window's start for ``{}``.
    """

    part: str = ""
    order: str = ""
    since: str = "call.end >= {}"

    def behind(self, start_us: int | None, group: str = "") -> Behind:
        """Its calls in the window from `start_us` on (None: the whole capture), of those that fit `group` ("": all)."""
        since = "" if start_us is None else self.since.replace("{}", moment(start_us))
        told = (group, self.part, since, *COUNTED)  # what is told first is what has room in the status bar
        return Behind(" and ".join(one for one in told if one), self.order)


CALLS = Measured(since="call.time >= {}")
ACTIVE = Measured(order="e2e_us", since="(call.end >= {} or not call.end)")
ERRORS = Measured("call.error")
TTFT = Measured("call.ttft", "ttft_us", "(call.end >= {} or not call.end)")
E2E = Measured("call.e2e", "e2e_us")
TPOT = Measured("call.tpot", "tpot_us")
INPUT = Measured("call.input_tokens", "input_tokens")
OUTPUT = Measured("call.output_tokens", "output_tokens")
CACHED = Measured("call.input_tokens", "cache_read_tokens")


def of_group(group: Group, name: str | None) -> str:
    """The condition for calls of one name in a grouping; None: of those without a name."""
    match group:
        case "model":
            if name is None:
                return "not call.response_model and not call.model"
            asked = f"not call.response_model and call.model == {quoted(name)}"
            return f"(call.response_model == {quoted(name)} or {asked})"
        case "route":
            return _of_route(name or "")
        case "agent":
            return "not call.agent" if name is None else f"call.agent == {quoted(name)}"
        case "process":
            if name is None:
                return "not process.name and not process.pid"
            number = f" or not process.name and process.pid == {name}" if name.isdecimal() else ""
            return f"(process.name == {quoted(name)}{number})" if number else f"process.name == {quoted(name)}"


def _of_route(route: str) -> str:
    """A route is the server's address and a path, in which names in braces stand for what differs."""
    server, slash, rest = route.partition("/")
    path, of_server = slash + rest, f"flow.server == {quoted(server)}"
    if not path:
        return of_server
    if not _placeholder.search(path):
        return f"{of_server} and http.path == {quoted(path)}"
    pattern = "[^/]+".join(re.escape(part) for part in _placeholder.split(path)).replace('"', r"\x22")
    return f'{of_server} and http.path ~ r"^{pattern}$"'
