"""Which call a proxy made of which: the same words go to the proxy and on to a model, and one answer comes back."""

from collections.abc import Iterator

from .facts import Answered, Asked
from .ledger import Ledger, Placed
from .links import SEEN

SLACK_US = 5_000
"""How much later than the client's call its leg may end: packets of two connections cross."""

LATE_US = 2_000_000
"""How long after its client went away unanswered, or the last that was seen of an answer with holes, a proxy, slow to
begin, may still make its call."""

LATE_IN_SESSION_US = 60_000_000
"""The same, where both name one session."""

MIRROR_US = 500
"""How far apart, at both ends, the same bytes may be seen on two interfaces (before and behind NAT, say)."""


def outer_of(ledger: Ledger, node: Placed) -> Placed | None:
    """The call of which a proxy made this one, if it is a leg.

    It says the same, at another server, inside the time of the other call, and has the same answer; or it begins late,
    see `_is_late`. Of several such calls the one is taken that names the same tool ids, then one that has no leg yet,
    then one in whose time it lies, then the one that ends first.
    """
    if not node.asked.chat or not node.asked.words:
        return None
    found = [outer for outer in ledger.words[node.asked.words][-SEEN:] if _is_leg(ledger, node, outer)]
    return min(found, key=lambda outer: _rank(ledger, node, outer), default=None)


def all_of(ledger: Ledger, id: str) -> Iterator[Placed]:
    """The legs of a call, and theirs, where one proxy stands behind another."""
    for leg in ledger.legs[id]:
        yield leg
        yield from all_of(ledger, leg.id)


def _is_leg(ledger: Ledger, inner: Placed, outer: Placed) -> bool:
    one, other = inner.asked, outer.asked
    return (
        other.chat
        and (_is_behind(one, other) or is_mirror(inner, outer))
        and not _differ(other.subagent_id, one.subagent_id)
        and not _differ(other.session, one.session)
        and (_is_within(one, inner.answered, outer.answered) or _is_late(ledger, inner, outer))
        and (other.state == one.state or _same_end(other, one))
        and _agree(inner.answered, outer.answered)
    )


def _is_behind(inner: Asked, outer: Asked) -> bool:
    """Whether the addresses allow that the server of the outer call made the inner one, and not its client.

    They need not match (NAT), and one server may have several. A client that asks two servers the same is no proxy,
    unless it speaks of the same session.
    """
    if inner.server == outer.server or (inner.pid is not None and inner.pid == outer.pid):
        return False
    if inner.machine == outer.server.rpartition(":")[0]:
        return True
    same_session = inner.session is not None and inner.session == outer.session
    return inner.host != outer.host and (inner.machine != outer.machine or same_session)


def is_mirror(inner: Placed, outer: Placed) -> bool:
    """Whether both are the same bytes, seen twice: at the same moments, on two flows, with one answer."""
    one, other = inner.answered, outer.answered
    if inner.asked.flow == outer.asked.flow or abs(inner.t_us - outer.t_us) > MIRROR_US:
        return False
    if one.end_us is not None and other.end_us is not None and abs(one.end_us - other.end_us) > MIRROR_US:
        return False
    if one.id and other.id:
        return one.id == other.id
    return inner.asked.machine != outer.asked.machine


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _is_within(asked: Asked, inner: Answered, outer: Answered) -> bool:
    """A proxy may go on upstream when its client is gone. Where the capture lacks some of an answer, it may have ended
    later than is seen."""
    if outer.end_us is None:
        return True
    if outer.torn and asked.t_us <= outer.end_us + LATE_US:
        return True
    if outer.failed:
        return asked.t_us <= outer.end_us
    return inner.end_us is not None and inner.end_us <= outer.end_us + SLACK_US


def _is_late(ledger: Ledger, inner: Placed, outer: Placed) -> bool:
    """Whether a proxy began its call only when its client, who got no answer, had gone away.

    A client that gives up and asks another server says the same too: on one machine, who asks must be another program.
    """
    one, other, end_us = inner.asked, outer.asked, outer.answered.end_us
    if not outer.answered.unanswered or end_us is None or one.state != other.state:
        return False
    in_session = one.session is not None and one.session == other.session
    return (
        0 < one.t_us - end_us <= (LATE_IN_SESSION_US if in_session else LATE_US)
        and (one.machine != other.machine or _are_two_programs(one, other))
        and all(leg.t_us > end_us and not _is_open(leg, one.t_us) for leg in ledger.legs[outer.id])
    )


def _are_two_programs(one: Asked, other: Asked) -> bool:
    if one.pid is not None and other.pid is not None:
        return one.pid != other.pid
    return bool(one.user_agent and other.user_agent) and one.user_agent != other.user_agent


def _same_end(one: Asked, other: Asked) -> bool:
    """Whether the last answers in two histories are the same, for proxies that cut messages in another API's way."""
    if not one.boundaries or not other.boundaries:
        return not one.boundaries and not other.boundaries
    return not set(one.boundaries[0].marks).isdisjoint(other.boundaries[0].marks)


def _agree(inner: Answered, outer: Answered) -> bool:
    """Whether one answer may be the other, handed on: nothing speaks against it before both are whole."""
    if not (inner.sure and outer.sure and inner.marks and outer.marks):
        return True
    return not inner.marks.isdisjoint(outer.marks)


def _rank(ledger: Ledger, inner: Placed, outer: Placed) -> tuple[bool, bool, bool, bool, int]:
    """The lowest fits best."""
    end_us = outer.answered.end_us
    return (
        _ids(inner.answered).isdisjoint(_ids(outer.answered)),
        any(_is_open(leg, inner.t_us) for leg in ledger.legs[outer.id]),
        end_us is not None and inner.t_us > end_us,
        end_us is None,
        end_us or 0,
    )


def _ids(answered: Answered) -> set[str]:
    return {tool.plain for tool in answered.tools if tool.plain}


def _is_open(leg: Placed, t_us: int) -> bool:
    """Whether a leg is more than an attempt that has failed before `t_us`."""
    return not leg.answered.failed or leg.answered.active_us > t_us
