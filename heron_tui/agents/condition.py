"""Conditions: what must hold of a request, as profiles say it to recognise agents, side calls and sub-agents."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .place import Place
from .view import View

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when everything holds that is not left empty.

    Attributes:
        at: patterns found at these places. lacks: places where nothing stands.
        system, user: found in the system text, in the last user text. model, path: found in these.
        operation: one of these names.
        tools: tool names, of which `at_least` are offered (0: all of them). without_tools: none of them is offered.
        offers: whether any tool is offered.
        schema: whether a JSON schema rules the answer's form.
        params: settings of the request that have this value, or a list that holds it.
    """

    at: tuple[tuple[Place, Pattern], ...] = ()
    lacks: tuple[Place, ...] = ()
    system: Pattern | None = None
    user: Pattern | None = None
    model: Pattern | None = None
    path: Pattern | None = None
    operation: tuple[str, ...] = ()
    tools: frozenset[str] = frozenset()
    at_least: int = 0
    without_tools: frozenset[str] = frozenset()
    offers: bool | None = None
    schema: bool | None = None
    params: tuple[tuple[str, Any], ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it looks."""
        return (*[place for place, _ in self.at], *self.lacks)

    def holds(self, view: View) -> bool:
        """Cheap questions first: system text may be long."""
        call, request = view.call, view.call.request
        if self.operation and request.operation not in self.operation:
            return False
        if self.offers is not None and self.offers != bool(request.tools):
            return False
        if self.schema is not None and self.schema != request.schema:
            return False
        if self.tools and len(self.tools.intersection(request.tools)) < (self.at_least or len(self.tools)):
            return False
        if self.without_tools and not self.without_tools.isdisjoint(request.tools):
            return False
        if self.model and not self.model.search(request.model or ""):
            return False
        if self.path and not self.path.search(call.path):
            return False
        if self.params and any(_differs(request.params.get(name), value) for name, value in self.params):
            return False
        if self.lacks and any(place.read(view) for place in self.lacks):
            return False
        if self.at and any(not pattern.search(place.read(view) or "") for place, pattern in self.at):
            return False
        if self.user and search(self.user, view.user) is None:
            return False
        return not self.system or search(self.system, view.system) is not None


@lru_cache(maxsize=256)
def search(pattern: Pattern, text: str) -> str | None:
    """What `pattern` finds in `text` (its first group where it has one); None where it finds nothing.

    Remembered, because agents send the same long texts with every call.
    """
    found = pattern.match(text) if _at_start(pattern) else pattern.search(text)
    return None if found is None else (found[1] or "") if pattern.groups else found[0]


def _differs(found: Any, wanted: Any) -> bool:
    return wanted not in found if isinstance(found, list) else type(found) is not type(wanted) or found != wanted


def _at_start(pattern: Pattern) -> bool:
    return pattern.pattern.startswith(r"\A") and "|" not in pattern.pattern
