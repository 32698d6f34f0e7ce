"""Joins tool calls to the requests that carry their results."""

from collections.abc import Iterator

from ..core.ids import content_id
from . import links
from .ledger import Ask, Carried, Ledger, Placed
from .said import Result


def enter(ledger: Ledger, node: Placed) -> None:
    """Enter the results that a call's request carries, then the tools that its answer asks for."""
    results = node.asked.results
    fresh = len(results) - node.asked.new_results
    asks = [_by_id(ledger, node, result) for result in results]
    for result, ask in reversed(
        list(zip(results, asks, strict=True))
    ):  # the latest result of an id is the latest tool's
        if ask:
            _join(ledger, node, result, ask)
    for result, ask in list(zip(results, asks, strict=True))[fresh:]:
        if ask is None and (named := _by_name(ledger, node, result)):
            _join(ledger, node, result, named)
    node.tool_ids = tuple(_record_ids(ledger, node))
    for place, tool in enumerate(node.answered.tools):
        ask = Ask(node, place)
        if tool.plain:
            ledger.asks.enter(node.trail, tool.plain, ask)
        ledger.runnable.enter(node.trail, tool.run, ask)
        if tool.spawned:
            ledger.spawned.enter(node.trail, tool.spawned.prompt, ask)


def _join(ledger: Ledger, node: Placed, result: Result, ask: Ask) -> None:
    """The first request that carries a tool's result ends the tool; agents send results again and again."""
    if not ledger.results[ask.key]:
        ledger.results.enter(node.trail, ask.key, Carried(node, result, ask))


def _by_id(ledger: Ledger, node: Placed, result: Result) -> Ask | None:
    """The latest tool call of the session with the result's id. Some servers use an id again and again."""
    if not result.id:
        return None
    for ask in reversed(ledger.asks[result.id][-links.SEEN :]):
        if ask.call.session == node.session and (result.name is None or result.name == ask.tool.name):
            return ask
    return None


def _by_name(ledger: Ledger, node: Placed, result: Result) -> Ask | None:
    """Where ids are missing or were dropped: the first call of that name, without result, that the parent asked for."""
    if result.name is None or node.parent is None:
        return None
    for place, tool in enumerate(node.parent.answered.tools):
        ask = Ask(node.parent, place)
        if tool.name == result.name and not ledger.results[ask.key]:
            return ask
    return None


def _record_ids(ledger: Ledger, node: Placed) -> Iterator[str]:
    """The ids on the wire; where one is missing or another call had it before, one that is made from the call's."""
    before: set[str] = set()
    for place, tool in enumerate(node.answered.tools):
        known = not tool.id or tool.plain in before or ledger.asks[tool.plain]
        yield content_id("k", node.id, place) if known else tool.id
        before.add(tool.plain)
