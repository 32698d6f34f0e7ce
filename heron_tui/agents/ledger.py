"""What has been learned from the calls so far, in the order of their time."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .facts import Answered, Asked, Asking
from .said import Result
from .trail import Table, Trail


@dataclass(eq=False, slots=True)
class Begun:
    """A turn: where it began. What happened in it is entered in the ledger."""

    id: str
    session: str
    agent: str
    prompt: str
    t_us: int


@dataclass(eq=False, slots=True)
class Placed:
    """A call, and its place among the others.

    Attributes:
        outer: the call of which a proxy made this one, a leg. It counts instead; a leg has nothing but its attempt.
        parent: the call whose conversation it carries on.
        started_by: the tool call that started the sub-agent, on the sub-agent's first call. helps: where the capture
            lacks that tool call, the turn in which it was made.
        tool_ids: ids of the tools it asked for, as in records: those of the wire where they are unique.
    """

    asked: Asked
    answered: Answered
    trail: Trail = field(default_factory=list)
    outer: "Placed | None" = None
    session: str | None = None
    turn: Begun | None = None
    subagent: str | None = None
    parent: "Placed | None" = None
    retry_of: "Placed | None" = None
    attempt: int = 1
    started_by: "Ask | None" = None
    helps: Begun | None = None
    tool_ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.asked.id

    @property
    def t_us(self) -> int:
        return self.asked.t_us

    @property
    def agent(self) -> str:
        return self.asked.profile.name

    @property
    def counted(self) -> "Placed":
        """The call that counts: of a leg, the one that the client made."""
        return self if self.outer is None else self.outer.counted

    @property
    def is_main(self) -> bool:
        return self.asked.auxiliary is None and self.subagent is None


class Ask(NamedTuple):
    """The tool call at `place` in a call's answer."""

    call: Placed
    place: int

    @property
    def tool(self) -> Asking:
        return self.call.answered.tools[self.place]

    @property
    def key(self) -> tuple[str, int]:
        return self.call.id, self.place


class Carried(NamedTuple):
    """A tool result in a call's request, and the tool call that it answers."""

    call: Placed
    result: Result
    ask: Ask


class Ledger:
    """Tables over the calls placed so far.

    Attributes:
        states, answers: calls by the state of their conversation as sent, and with the answer. words: chat calls by the
            last words of their user. legs: by the call of which a proxy made them.
        same: by what they ask. retried: retries by the call retried. responses: by response id.
        asks: tool calls by plain id. results: by tool call. spawned: tool calls by hash of a sub-agent's task; claimed:
            who answered to it.
        members, turns: calls and turns by session. calls: by turn. branches: calls by session and sub-agent.
        exact: turns by session and exact turn id. above: parent sessions by session. followed: by turn, who came next.
        waiting: side calls without session, spoken: turns, summaries: compactions, each by agent.
        adopted: side calls that found their turn, by call.
        runnable: tool calls by hash of their arguments. ran: calls to MCP servers that ran them, by tool call.
    """

    def __init__(self) -> None:
        self.states: Table[int, Placed] = Table()
        self.answers: Table[int, Placed] = Table()
        self.words: Table[int, Placed] = Table()
        self.legs: Table[str, Placed] = Table()
        self.same: Table[int, Placed] = Table()
        self.retried: Table[str, Placed] = Table()
        self.responses: Table[str, Placed] = Table()
        self.asks: Table[str, Ask] = Table()
        self.results: Table[tuple[str, int], Carried] = Table()
        self.spawned: Table[int, Ask] = Table()
        self.claimed: Table[tuple[str, int], Placed] = Table()
        self.members: Table[str, Placed] = Table()
        self.turns: Table[str, Begun] = Table()
        self.calls: Table[str, Placed] = Table()
        self.branches: Table[tuple[str, str], Placed] = Table()
        self.exact: Table[tuple[str, str], Begun] = Table()
        self.above: Table[str, str] = Table()
        self.followed: Table[str, Begun] = Table()
        self.waiting: Table[str, Placed] = Table()
        self.spoken: Table[str, Begun] = Table()
        self.summaries: Table[str, Placed] = Table()
        self.adopted: Table[str, Begun] = Table()
        self.runnable: Table[int, Ask] = Table()
        self.ran: Table[tuple[str, int], Placed] = Table()
