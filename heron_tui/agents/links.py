"""Which earlier call a call has to do with: the attempt before, the conversation it carries on."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from .facts import Asked
from .ledger import Ledger, Placed

FORGET_US = 24 * 3600 * 1_000_000
"""Calls further apart have nothing to do with each other, except for an equal session id."""

RETRY_US = 5 * 60 * 1_000_000
SEEN = 64
"""How many of the calls that look alike are considered: the latest."""

T = TypeVar("T")


def attempt_before(ledger: Ledger, node: Placed) -> Placed | None:
    """The failed call that this one tries again: it asks the same, and no other has tried it again yet.

    The same request, or the same conversation with another scaffolding; or, where a request that said only what was new
    (`previous_response_id`) has failed, the next one of its turn, which says the whole.
    """
    asked = node.asked
    if not asked.chat or not asked.same:
        return None
    found = next((before for before in _latest(ledger.same[asked.same]) if _failed(ledger, before, node)), None)
    if found is None and asked.state and not asked.previous:
        alike = (*_latest(ledger.states[asked.state]), *_continued(ledger, asked))
        found = next((before for before in alike if _is_like(before, node) and _failed(ledger, before, node)), None)
    return found


def _is_like(before: Placed, node: Placed) -> bool:
    one, other = before.asked, node.asked
    brings_same = one.previous is not None or one.results == other.results
    return brings_same and one.model == other.model and one.profile is other.profile


def _continued(ledger: Ledger, asked: Asked) -> list[Placed]:
    """The last call of the same exact turn, if it was one that said only what was new."""
    turn = ledger.exact.last((asked.session, asked.turn)) if asked.session and asked.turn else None
    rows = ledger.calls[turn.id] if turn else ()
    mine = [before for before in rows[-SEEN:] if before.asked.subagent_id == asked.subagent_id]
    return [before for before in mine[-1:] if before.asked.previous]


def _failed(ledger: Ledger, before: Placed, node: Placed) -> bool:
    """Whether a call came to nothing shortly before, of the same agent at the same place."""
    asked, known = node.asked, before.answered
    pause = asked.t_us - (known.active_us if known.end_us is None else known.end_us)
    return (
        known.failed
        and 0 <= pause <= RETRY_US
        and before.outer is node.outer
        and before.asked.host == asked.host
        and before.asked.session == asked.session
        and before.asked.subagent_id == asked.subagent_id
        and before.asked.auxiliary == asked.auxiliary
        and not ledger.retried[before.id]
    )


def carried_on(ledger: Ledger, node: Placed) -> Placed | None:
    """The call whose conversation this one carries on: its messages are that one's, the answer, and more.

    An answer is known by its keys, else by its text or its tool calls; one that was cut short, or has holes in the
    capture, need not be the same.
    The longest conversation wins, then the nearest client and server, then the latest call.
    """
    asked = node.asked
    if asked.previous and (before := ledger.responses.last(asked.previous)) and _fits(before, node):
        return before
    for boundary in asked.boundaries:
        found = [before for before in _latest(ledger.answers[boundary.after]) if _fits(before, node)]
        found = found or [
            before
            for before in _latest(ledger.states[boundary.before])
            if _fits(before, node)
            and (not before.answered.sure or not before.answered.marks.isdisjoint(boundary.marks))
        ]
        if found:
            return max(found, key=lambda before: (_nearness(before, node), before.asked.order))
    return None if asked.boundaries else _asked_for(ledger, node)


def _asked_for(ledger: Ledger, node: Placed) -> Placed | None:
    """Who asked for the tools whose results a request brings, where it brings nothing else of the conversation."""
    asks = [ask for result in node.asked.results for ask in _latest(ledger.asks[result.id])]
    return next((ask.call for ask in asks if _fits(ask.call, node)), None)


def _fits(before: Placed, node: Placed) -> bool:
    asked = node.asked
    if before.asked.auxiliary or asked.t_us - before.t_us > FORGET_US:
        return False
    if node.session is not None and before.session != node.session:
        return False
    if asked.subagent_id is not None:
        return before.subagent == asked.subagent_id
    return before.subagent is None or not is_said_main(node)


def is_said_main(node: Placed) -> bool:
    """Whether the request says that it is the main agent's: its agent marks sub-agents, and nothing was stripped."""
    rules = node.asked.profile.subagent
    return bool(rules.when or rules.parent) and not node.asked.subagent and node.asked.session is not None


def _nearness(before: Placed, node: Placed) -> tuple[bool, ...]:
    one, other = before.asked, node.asked
    return (
        one.profile is other.profile,
        one.host == other.host,
        one.pid is not None and one.pid == other.pid,
        one.flow == other.flow,
        one.machine == other.machine,
    )


def _latest(rows: Sequence[T]) -> Iterator[T]:
    return iter(rows[: -SEEN - 1 : -1])
