"""Who started a sub-agent, where its requests carry no id that says so."""

from collections.abc import Sequence

from .ledger import Ask, Begun, Ledger, Placed
from .links import FORGET_US, SEEN
from .profile import GENERIC

PIECE = 12
"""Characters of a task by which it is known again."""


def started_by(ledger: Ledger, node: Placed) -> Ask | None:
    """The tool call that gave a sub-agent the very text with which its conversation opens.

    The capture may lack its first request: the text stands in all that follow.
    """
    asked = node.asked
    for ask in ledger.spawned[asked.task] if asked.task else ():
        if _may_be(ask.call, node) and not ledger.claimed[ask.key]:
            return ask
    return None


def _may_be(call: Placed, node: Placed) -> bool:
    """Whether the call may have started it: of the same session and agent; what no agent is known by is anybody's."""
    return (
        node.session in (None, call.session)
        and node.agent in (call.agent, GENERIC)
        and node.t_us - call.t_us <= FORGET_US
    )


def waiting_turn(ledger: Ledger, node: Placed) -> Begun | None:
    """The turn of a sub-agent, where the capture lacks the tool call that started it, or a piece of that.

    The only turn of the same agent and machine in which an answer with a hole asked for tools: what is left of it holds
    some of the sub-agent's task, or it is the latest, and the request is marked as a sub-agent's.
    """
    if node.session is not None:
        return None
    found = [turn for turn in ledger.spoken[node.agent][-SEEN:] if _may_have_started(ledger.calls[turn.id], node)]
    return found[0] if len(found) == 1 else None


def _may_have_started(calls: Sequence[Placed], node: Placed) -> bool:
    main = [call for call in calls if call.is_main]
    if node.asked.subagent and main and _is_torn(main[-1], node):
        return True
    return any(_is_torn(call, node) and _holds(call.answered.tasks, node.asked.prompt) for call in main)


def _is_torn(call: Placed, node: Placed) -> bool:
    one, other = call.asked, node.asked
    return (
        call.answered.torn
        and not call.answered.final
        and other.t_us - one.t_us <= FORGET_US
        and (one.machine, one.pid) == (other.machine, other.pid)
    )


def _holds(texts: tuple[str, ...], task: str) -> bool:
    """Whether a piece of the task stands in one of the texts."""
    return any(text[at : at + PIECE] in task for text in texts for at in range(len(text) - PIECE + 1))
