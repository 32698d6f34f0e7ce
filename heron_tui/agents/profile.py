"""Profiles: what is to be known of an agent, read from TOML. The reference is docs/profiles.md."""

from dataclasses import dataclass, replace
from pathlib import Path

from .condition import Condition, Pattern
from .place import Place
from .table import Table
from .view import View

GENERIC = "generic"
"""The profile of every agent that no other one recognises; what a profile leaves out is taken from it."""


@dataclass(frozen=True, slots=True)
class SessionRules:
    """Where the session's id stands (first place that holds one), and patterns whose group 1 is the folder."""

    id: tuple[Place, ...] = ()
    cwd: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptRules:
    """What of a user message nobody typed, and what was typed while the agent worked.

    Attributes:
        scaffolding: removed from each text block, but for its group 1 if it has one; a message of which nothing remains
            is no user's.
        steering: group 1 is what the user added to the running turn.
    """

    scaffolding: tuple[Pattern, ...] = ()
    steering: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnRules:
    """How turns begin and go on.

    Attributes:
        id: places of an exact turn id; equal ids are one turn, whatever the messages say.
        beside_results: text beside tool results in one message begins a turn, too.
        notification: found in a message that tells the end of a background sub-agent; group 1 is the id of the tool
            call or of the sub-agent, whose turn goes on.
        final_tools: an answer that calls only these asks for nothing more.
    """

    id: tuple[Place, ...] = ()
    beside_results: bool = False
    notification: tuple[Pattern, ...] = ()
    final_tools: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Spawn:
    """A tool that starts a sub-agent: which argument is its first user text, and which give its name."""

    tool: str
    prompt: str
    name: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubagentRules:
    """How sub-agents are told from the main agent.

    Attributes:
        when: a request that meets one of these is a sub-agent's.
        id: places of the sub-agent's id; where none of them holds one, its conversation stands for it.
        parent: places of the id of the session that it belongs to; one that is there marks a sub-agent, too.
        spawn: tools that start one.
    """

    when: tuple[Condition, ...] = ()
    id: tuple[Place, ...] = ()
    parent: tuple[Place, ...] = ()
    spawn: tuple[Spawn, ...] = ()


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """A kind of side call. `quoted`: its own ids say nothing, it belongs to the session whose prompt it quotes."""

    kind: str
    when: Condition
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class RetryRules:
    """Places where a client counts its attempts, from 0."""

    count: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolRules:
    """Patterns over tool names whose group 1 is the MCP server."""

    mcp: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """One agent. Of the profiles that recognise a request the one with the highest `rank` has it."""

    name: str
    title: str = ""
    rank: int = 0
    recognise: tuple[Condition, ...] = ()
    session: SessionRules = SessionRules()
    prompt: PromptRules = PromptRules()
    turn: TurnRules = TurnRules()
    subagent: SubagentRules = SubagentRules()
    auxiliary: tuple[Auxiliary, ...] = ()
    retry: RetryRules = RetryRules()
    tools: ToolRules = ToolRules()

    def side_call(self, view: View) -> Auxiliary | None:
        return next((rule for rule in self.auxiliary if rule.when.holds(view)), None)


def load(*directories: Path) -> list[Profile]:
    """All profiles, the highest rank first, `generic` last; one in a later directory replaces its namesake.

    Raises:
        UsageError: a profile is not right; the message names file and key, and the mend.
    """
    found: dict[str, tuple[Profile, frozenset[str]]] = {}
    for directory in directories:
        for path in sorted(directory.glob("*.toml")) if directory.is_dir() else ():
            profile, given = read(path)
            found[profile.name] = profile, given
    generic, _ = found.pop(GENERIC, (Profile(GENERIC), frozenset()))
    whole = [_complete(profile, given, generic) for profile, given in found.values()]
    return [*sorted(whole, key=lambda profile: (-profile.rank, profile.name)), generic]


def read(path: Path) -> tuple[Profile, frozenset[str]]:
    """One profile as its file has it, and which tables the file gives.

    Raises:
        UsageError: as `load`.
    """
    table = Table.open(path)
    given = frozenset(table.names)
    name = table.text("name", path.stem)
    if name != path.stem:
        raise table.wrong("name", f"must be the file's name, {path.stem!r}")
    profile = Profile(
        name=name,
        title=table.text("title", name),
        rank=table.number("rank", 0),
        recognise=tuple([_condition(one) for one in table.tables("recognise")]),
        session=_session(table.table("session")),
        prompt=_prompt(table.table("prompt")),
        turn=_turn(table.table("turn")),
        subagent=_subagent(table.table("subagent")),
        auxiliary=tuple([_auxiliary(one) for one in table.tables("auxiliary")]),
        retry=_retry(table.table("retry")),
        tools=_tools(table.table("tools")),
    )
    table.end()
    if not profile.recognise and name != GENERIC:
        raise table.wrong("recognise", "is missing: add a [[recognise]] table that says what the agent's requests have")
    return profile, given


def _complete(profile: Profile, given: frozenset[str], generic: Profile) -> Profile:
    """Tables that a profile leaves out are generic's; generic's side calls stand behind its own."""
    return replace(
        profile,
        session=profile.session if "session" in given else generic.session,
        prompt=profile.prompt if "prompt" in given else generic.prompt,
        turn=profile.turn if "turn" in given else generic.turn,
        subagent=profile.subagent if "subagent" in given else generic.subagent,
        auxiliary=profile.auxiliary + generic.auxiliary,
        retry=profile.retry if "retry" in given else generic.retry,
        tools=profile.tools if "tools" in given else generic.tools,
    )


def _condition(table: Table) -> Condition:
    condition = _conditions_of(table)
    table.end()
    if condition == Condition():
        raise table.wrong("", "has no condition, so that it would hold for every request")
    return condition


def _conditions_of(table: Table) -> Condition:
    tools, at_least = frozenset(table.texts("tools")), table.number("at_least", 0)
    if at_least > len(tools):
        raise table.wrong("at_least", f"is {at_least}, but `tools` names {len(tools)}")
    return Condition(
        at=table.patterns_at("at"),
        lacks=table.places("lacks"),
        system=table.pattern("system"),
        user=table.pattern("user"),
        model=table.pattern("model"),
        path=table.pattern("path"),
        operation=table.texts("operation"),
        tools=tools,
        at_least=at_least,
        without_tools=frozenset(table.texts("without_tools")),
        offers=table.flag("offers_tools"),
        schema=table.flag("schema"),
        params=table.values("params"),
    )


def _session(table: Table) -> SessionRules:
    rules = SessionRules(table.places("id"), table.patterns("cwd", groups=1))
    table.end()
    return rules


def _prompt(table: Table) -> PromptRules:
    rules = PromptRules(table.patterns("scaffolding"), table.patterns("steering", groups=1))
    table.end()
    return rules


def _turn(table: Table) -> TurnRules:
    rules = TurnRules(
        id=table.places("id"),
        beside_results=bool(table.flag("beside_results")),
        notification=table.patterns("notification", groups=1),
        final_tools=frozenset(table.texts("final_tools")),
    )
    table.end()
    return rules


def _subagent(table: Table) -> SubagentRules:
    rules = SubagentRules(
        when=tuple([_condition(one) for one in table.tables("when")]),
        id=table.places("id"),
        parent=table.places("parent"),
        spawn=tuple([_spawn(one) for one in table.tables("spawn")]),
    )
    table.end()
    return rules


def _spawn(table: Table) -> Spawn:
    spawn = Spawn(table.text("tool"), table.text("prompt"), table.texts("name"))
    table.end()
    return spawn


def _auxiliary(table: Table) -> Auxiliary:
    kind, quoted = table.text("kind"), bool(table.flag("quoted"))
    return Auxiliary(kind, _condition(table), quoted)


def _retry(table: Table) -> RetryRules:
    rules = RetryRules(table.places("count"))
    table.end()
    return rules


def _tools(table: Table) -> ToolRules:
    rules = ToolRules(table.patterns("mcp", groups=1))
    table.end()
    return rules
