"""Who started a sub-agent, where its requests carry no id that says so."""

from collections.abc import Iterator, Sequence

from .ledger import Ask, Begun, Ledger, Placed
from .links import FORGET_US, SEEN

SHORT = 12
"""Characters below which what is left of a task is too little to know it by."""


def started_by(ledger: Ledger, node: Placed) -> Ask | None:
    """The tool call that gave a sub-agent the very text with which its conversation opens.

    Its first request may be missing in the capture, or a piece of that text where the tool call was asked for.
    """
    asked = node.asked
    known = next(_open(ledger, node, ledger.spawned[asked.task]), None)
    if known or not asked.opens:
        return known
    return next(
        (ask for ask in _open(ledger, node, ledger.torn[node.agent][-SEEN:]) if _is_rest(ask, asked.prompt)), None
    )


def waiting_turn(ledger: Ledger, node: Placed) -> Begun | None:
    """The turn of a sub-agent of which no tool call is seen that started it.

    Only one turn may come into question: of the same agent and machine, waiting for tools that an answer asked for of
    which the capture lacks something.
    """
    found = []
    for turn in ledger.spoken[node.agent][-SEEN:]:
        last = next((call for call in reversed(ledger.calls[turn.id]) if call.is_main), None)
        if last and _waits(last) and node.t_us - last.t_us <= FORGET_US and _is_beside(last, node):
            found.append(turn)
    return found[0] if len(found) == 1 else None


def _waits(call: Placed) -> bool:
    return call.answered.torn and not call.answered.final


def _is_beside(one: Placed, other: Placed) -> bool:
    return (one.asked.machine, one.asked.pid) == (other.asked.machine, other.asked.pid)


def _open(ledger: Ledger, node: Placed, asks: Sequence[Ask]) -> Iterator[Ask]:
    """Those that nobody has answered to yet, and that may have started this one."""
    for ask in asks:
        near = node.session in (None, ask.call.session) and node.t_us - ask.call.t_us <= FORGET_US
        if near and not ledger.claimed[ask.key]:
            yield ask


def _is_rest(ask: Ask, task: str) -> bool:
    """Whether what the capture has of a tool call's task is this one, but for one piece."""
    torn = ask.tool.spawned.torn if ask.tool.spawned else ""
    if not SHORT <= len(torn) < len(task):
        return False
    return _alike(torn, task) + _alike(torn[::-1], task[::-1]) >= len(torn)


def _alike(one: str, other: str) -> int:
    """How many characters are the same at the beginning; `one` is the shorter text."""
    return next((place for place, letter in enumerate(one) if letter != other[place]), len(one))
