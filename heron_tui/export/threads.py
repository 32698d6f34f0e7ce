"""The conversations of a session: calls whose histories grow out of each other are one, however often they were sent.

An agent resends its history with every call. A call whose history and answer stand at the beginning of another call's
history says nothing that the other does not say; what remains are the ends: the last call of each turn, of each
sub-agent, before a compaction, and those after which the history was rewritten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ..conversation.shapes import Conversation, Tool
from ..store.shapes import Record
from .context import Context
from .reasons import REASONS, Refused
from .report import Skipped
from .said import asked, chain, whole
from .selecting import Group

Judge = Callable[[Record, Conversation, bool], None]
"""Raises `Refused` where a record may not end with a call; the flag says that its answer must be a final one."""


@dataclass(slots=True)
class End:
    """A call that a record ends with.

    Attributes:
        what: in words. final: the chain up to and with its answer.
        inside: ends whose whole history is in this one's.
    """

    what: str
    call: Record
    final: bytes
    inside: list["End"] = field(default_factory=list)


@dataclass(slots=True)
class Threads:
    """What a session's records are made of.

    Attributes:
        thinking: ids of calls by the chain up to and with their answers, for those that thought.
        answers: ids of calls, and the meaning of their answers, by the ids of the tool calls in these.
        tools: definitions of all tools that were offered, by name.
    """

    ends: list[End] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    thinking: dict[bytes, str] = field(default_factory=dict)
    answers: dict[tuple[str, ...], tuple[str, bytes]] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)


@dataclass(slots=True)
class _Link:
    """A call: the chain of what it was shown, with that of its answer; the tool calls asked for, and those shown."""

    call: Record
    before: list[bytes]
    final: bytes | None
    asks: tuple[str, ...]
    shown: set[str]


def threads(context: Context, group: Group, judge: Judge) -> Threads:
    """Find the ends in a group, judge them, and of those that are right keep the longest (if so asked).

    The last end of a branch must have a final answer. One before it, after which the history was rewritten, need not,
    unless the last one is refused.
    """
    found = Threads()
    inner: dict[bytes, int] = {}
    names = _names(group)
    for calls in _branches(context, group, found.skipped, names):
        ends = list(_ends(context, [_link(context, call, found) for call in calls]))
        right: list[_Link] = []
        complete = False
        for link in reversed(ends):
            try:
                judge(link.call, context.conversations.of(link.call), not complete)
            except Refused as refused:
                found.skipped.append(Skipped(_name(link.call, names), refused.code, str(refused)))
            else:
                complete = True
                right.append(link)
        for link in reversed(right):
            inner.update(dict.fromkeys(link.before, len(found.ends)))
            found.ends.append(End(_name(link.call, names), link.call, link.final or b""))
    if context.options.longest:
        _keep_longest(found, inner)
    return found


def _branches(
    context: Context, group: Group, skipped: list[Skipped], names: dict[tuple[str, str | None], str]
) -> Iterator[list[Record]]:
    """Calls of one agent in one turn, in order of time; what was not asked for is skipped, with its reason."""
    options = context.options
    found: dict[tuple[str | None, ...], list[Record]] = {}
    for call in group.calls:
        code = None
        if call["leg_of"]:
            code = "leg"
        elif call["operation"] != "chat":
            code = "no-chat"
        elif call["auxiliary"] and options.side_calls == "drop":
            code = "side-call"
        elif call["subagent"] and options.subagents == "drop":
            code = "subagent"
        if code:
            skipped.append(Skipped(_name(call, names), code, REASONS[code]))
            continue
        alone = call["id"] if call["auxiliary"] or not call["turn"] else None
        found.setdefault((call["turn"], call["subagent"], alone), []).append(call)
    yield from found.values()


def _link(context: Context, call: Record, found: Threads) -> _Link:
    held = context.conversations.of(call)
    found.tools.update({tool.name: tool for tool in held.tools})
    said = asked(held)
    before, shown = chain(said, context.keys), {id for one in said for id in one.asks}
    if call["outcome"] != "ok" or held.answer is None:
        return _Link(call, before, None, (), shown)
    said = whole(held)
    final, answer = chain(said, context.keys)[-1], said[-1]
    if call["thinking"]:
        found.thinking[final] = call["id"]
    if answer.asks:
        found.answers[answer.asks] = (call["id"], answer.meaning)
    return _Link(call, before, final, answer.asks, shown)


def _ends(context: Context, links: list[_Link]) -> Iterator[_Link]:
    """Links that no other one goes on from; a failed call that was repeated is none."""
    if context.options.unit == "call":
        yield from links
        return
    gone_on = {state: place for place, link in enumerate(links) for state in link.before}
    finals = {link.final: place for place, link in enumerate(links) if link.final}
    shown: dict[str, int] = {id: place for place, link in enumerate(links) for id in link.shown}
    for place, link in enumerate(links):
        if link.final is not None:
            answered = any(shown.get(id, -1) > place for id in link.asks)
            if link.final not in gone_on and finals[link.final] == place and not answered:
                yield link
        elif not link.before or gone_on[link.before[-1]] == place:
            yield link
        else:
            context.report.note("attempts")


def _keep_longest(found: Threads, inner: dict[bytes, int]) -> None:
    finals = {end.final: place for place, end in enumerate(found.ends)}
    kept: list[End] = []
    for place, end in enumerate(found.ends):
        longer = inner.get(end.final, finals[end.final])
        if longer == place:
            kept.append(end)
        else:
            found.ends[longer].inside.append(end)
            found.skipped.append(Skipped(end.what, "contained", f"{REASONS['contained']}: {found.ends[longer].what}"))
    found.ends = kept


def _names(group: Group) -> dict[tuple[str, str | None], str]:
    names: dict[tuple[str, str | None], str] = {}
    for turn in group.turns:
        names[turn["id"], None] = said = f"turn {turn['n']}"
        for agent in turn["subagents"]:
            names[turn["id"], agent["id"]] = f"{said}, sub-agent {agent['name'] or agent['id']}"
    return names


def _name(call: Record, names: dict[tuple[str, str | None], str]) -> str:
    if call["auxiliary"]:
        return f"call {call['n']}, {call['auxiliary']}"
    return names.get((call["turn"] or "", call["subagent"])) or f"call {call['n']}"
