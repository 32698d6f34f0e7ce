"""Turns, sessions and tools: what the agents floor makes of calls."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Leg:
    """The same call, seen once more on another connection: made upstream by a proxy that had got it.

    A `mirror` is no second call but the same bytes, seen once more on another interface under other addresses (NAT).
    `model` is the one that answered there, else the one asked for; `overhead_us` how much longer the client's call took
    than the leg (microseconds), None while one of them is open. `of` is the call that it was made of: the client's, or
    another leg where proxies stand one behind another.
    """

    call: str
    flow: str
    client: str
    server: str
    role: Literal["upstream", "mirror"] = "upstream"
    model: str | None = None
    overhead_us: int | None = None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one call was part of: the agents floor's answer for each call.

    `subagent` is the id or name of the sub-agent that made the call, None for the main agent; `auxiliary` the kind of
    side call, None for a call of the conversation itself.

    A call that a client made of a proxy counts; what the proxy made of it upstream are its `legs` (several where the
    proxy tries again, or where proxies follow one another). These have the id of the client's call in `leg_of` and its
    session, and are in no turn and in no sum.
    """

    call: str
    agent: str
    session: str | None
    turn: str | None
    subagent: str | None = None
    auxiliary: str | None = None
    attempt: int = 1
    retry_of: str | None = None
    leg_of: str | None = None
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class SubAgent:
    id: str
    name: str | None
    calls: tuple[str, ...]
    parent_tool: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One user request and all that came of it. `calls` are ids in order of request start."""

    id: str
    session: str
    agent: str
    status: Literal["in_progress", "complete", "incomplete"]
    t_start_us: int
    t_end_us: int
    prompt: str
    answer: str
    finish: str | None
    calls: tuple[str, ...]
    main_calls: int
    subagents: tuple[SubAgent, ...]
    tools: int
    models: tuple[str, ...]
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    model_us: int
    tool_us: int
    idle_us: int


@dataclass(frozen=True, slots=True)
class Session:
    id: str
    agent: str
    t_start_us: int
    t_end_us: int
    turns: int
    calls: int
    cwd: str | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool call joined to its result. Times as definitions.md: tool time.

    `mcp_call` is the call to an MCP server that carried it out, where that was seen.
    """

    id: str
    name: str
    call: str
    result_call: str | None
    turn: str | None
    subagent: str | None
    arguments: dict[str, Any]
    error: bool | None
    t_start_us: int
    t_end_us: int | None
    result_bytes: int | None
    mcp_server: str | None = None
    mcp_call: str | None = None

    @property
    def duration_us(self) -> int | None:
        return None if self.t_end_us is None else self.t_end_us - self.t_start_us


@dataclass(slots=True)
class Story:
    """What changed since the last answer of the agents floor."""

    parts: list[Part] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    gone_turns: list[str] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    gone_sessions: list[str] = field(default_factory=list)
    tools: list[Tool] = field(default_factory=list)
    gone_tools: list[str] = field(default_factory=list)
