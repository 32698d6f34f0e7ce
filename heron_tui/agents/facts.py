"""What is to be known of one call to place it among the others: read once, kept small.

`Asked` comes from the request and never changes, `Answered` grows with the response. Bodies are not kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from xxhash import xxh3_64

from ..model.call import Call, Tokens, ToolCall
from ..model.headers import header
from ..model.words import words_of
from . import history, place
from .condition import search
from .history import Boundary, extend
from .profile import Profile, Spawn
from .recogniser import Recogniser
from .said import Listener, Result, answer_marks, plain_id
from .view import View

ASKING = frozenset({"tool_use", "tool_calls", "function_call", "TOOL_CALL"})
"""Finish words of an answer that asks for a tool, where the capture may have lost the tool call itself."""

QUOTE = 16 << 10
"""Characters kept of what a side call quotes, and of a torn task."""

NO_TOKENS = Tokens()

_small_count = re.compile("[0-9]{1,4}")

MOST_FOLDERS = 16_384

OPENING = 4
"""Messages at the head of a request in which its folder is looked for."""


@dataclass(frozen=True, slots=True)
class Spawned:
    """What a tool call that starts a sub-agent gives it."""

    prompt: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A call's request.

    Attributes:
        id, t_us: of the call, and of its first byte.
        auxiliary, quoted: kind of side call, and whether it belongs to the session whose prompt it quotes (`quote`).
        session, parent: ids on the wire. turn: the exact turn id, if there is one.
        subagent: marked as a sub-agent's. subagent_id: its id on the wire.
        state: of the conversation as sent. words: hash of the last words of the user in it. same: equal for requests
            that ask the same (a retry), 0 where that cannot be told.
        boundaries: the last places where the model had answered, latest first, and the first of all.
        opens: no assistant has spoken yet. task: hash of the first user text, 0 without one.
        typed, prompt: a user speaks at the end, and what. last_prompt: the last one in the history.
        steering, notified: see `Said`, of the messages behind the last answer.
        results, new_results: see `History`.
        opening: texts of the first user message, where the session has to be found by them.
        attempt: as the client counts, from 0; None where it does not.
        tool: what an MCP server is asked to run.
        unread: nothing of the conversation could be read: the capture lacks it.
        user_agent: as the header says, "" without one. model: that is asked for.
    """

    id: str
    t_us: int
    profile: Profile
    server: str
    host: str
    client: str
    pid: int | None
    flow: str
    chat: bool
    auxiliary: str | None = None
    quoted: bool = False
    quote: str = ""
    session: str | None = None
    parent: str | None = None
    turn: str | None = None
    subagent: bool = False
    subagent_id: str | None = None
    previous: str | None = None
    state: int = 0
    words: int = 0
    same: int = 0
    boundaries: tuple[Boundary, ...] = ()
    opens: bool = True
    task: int = 0
    typed: bool = False
    prompt: str = ""
    last_prompt: str = ""
    steering: str = ""
    notified: tuple[str, ...] = ()
    results: tuple[Result, ...] = ()
    new_results: int = 0
    opening: tuple[str, ...] = ()
    attempt: int | None = None
    cwd: str | None = None
    tool: "Run | None" = None
    unread: bool = False
    user_agent: str = ""
    model: str | None = None

    @property
    def machine(self) -> str:
        """The client's address without its port."""
        return self.client.rpartition(":")[0]

    @property
    def order(self) -> tuple[int, str]:
        return self.t_us, self.id


@dataclass(frozen=True, slots=True)
class Run:
    """A tool that an MCP server is asked to run, and a hash over the arguments."""

    name: str
    arguments: int


@dataclass(frozen=True, slots=True)
class Asking:
    """A tool call that an answer holds.

    `plain`: its id for matching; `spawned`: the sub-agent it starts, if so; `run`: a hash over the arguments.
    """

    id: str
    plain: str
    name: str
    arguments: dict[str, Any]
    mcp_server: str | None = None
    spawned: Spawned | None = None
    run: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """A call's response, so far.

    Attributes:
        end_us: None while it is open. active_us: the last moment known of it.
        failed: it ended without a whole answer. unanswered: its client went away before an answer began.
        whole: it ended with a whole answer. sure: and the capture holds all of it.
        torn: the capture lacks some of it. tasks: what it has then of tool calls that may start a sub-agent.
        text: of an answer that may end a turn or sum up a conversation; of others it is not kept.
        state: of the conversation with the answer; None where nothing was said.
        final: it asks for no tool whose result would come back.
    """

    end_us: int | None
    active_us: int
    failed: bool = False
    unanswered: bool = False
    whole: bool = False
    sure: bool = False
    torn: bool = False
    tasks: tuple[str, ...] = ()
    id: str | None = None
    model: str | None = None
    finish: str | None = None
    text: str = ""
    tools: tuple[Asking, ...] = ()
    final: bool = True
    state: int | None = None
    marks: frozenset[int] = frozenset()
    tokens: Tokens = NO_TOKENS


class Reader:
    """Reads calls with the profiles."""

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._recogniser = Recogniser(profiles)
        self._listeners = {profile.name: Listener(profile.prompt, profile.turn) for profile in profiles}
        self._folders: dict[tuple[str, tuple[int, ...]], str | None] = {}

    def asked(self, call: Call) -> Asked:
        request, view = call.request, View(call)
        profile = self._recogniser.find(view)
        side = profile.side_call(view)
        session = place.first(profile.session.id, view)
        parent = place.first(profile.subagent.parent, view)
        subagent = parent is not None or any(rule.holds(view) for rule in profile.subagent.when)
        said = history.read(self._listeners[profile.name].hear(request.messages))
        attempt = place.first(profile.retry.count, view)
        if side is None and not call.is_chat:
            auxiliary: str | None = "mcp" if request.wire_api == "mcp" else request.operation
        else:
            auxiliary = side.kind if side else None
        quoted = bool(side and (side.quoted or session is None))
        return Asked(
            id=call.id,
            t_us=call.t_request_us,
            profile=profile,
            server=call.server,
            host=call.host,
            client=call.client,
            pid=call.process.pid if call.process else None,
            flow=call.flow,
            chat=call.is_chat,
            auxiliary=auxiliary,
            quoted=quoted,
            quote=view.user[:QUOTE] if quoted else "",
            session=None if quoted else session,
            parent=parent,
            turn=place.first(profile.turn.id, view),
            subagent=subagent,
            subagent_id=place.first(profile.subagent.id, view) if subagent else None,
            previous=request.ids.get("previous_response_id"),
            state=said.state,
            words=said.last_words,
            same=_same(call, auxiliary),
            boundaries=said.boundaries,
            opens=said.opens,
            task=said.first_words,
            typed=said.typed,
            prompt=said.prompt,
            last_prompt=said.last_prompt,
            steering=said.steering,
            notified=said.notified,
            results=said.results,
            new_results=said.new_results,
            opening=_opening(call) if session is None and not auxiliary else (),
            attempt=int(attempt) if attempt and _small_count.fullmatch(attempt) else None,
            cwd=self._cwd(profile, call),
            tool=Run(request.tool.name, arguments_hash(request.tool)) if request.tool else None,
            unread=request.error is not None and not request.messages,
            user_agent=header(call.request_headers, "user-agent") or "",
            model=request.model,
        )

    def _cwd(self, profile: Profile, call: Call) -> str | None:
        """The folder the agent works in, where the system text or the head of the conversation names it."""
        request = call.request
        opening = [message for message in request.messages[:OPENING] if message.role != "assistant"]
        texts = [request.system, *[text for message in opening for text in message.texts]]
        known = profile.name, tuple(map(hash, texts))
        if known not in self._folders:
            if len(self._folders) >= MOST_FOLDERS:
                self._folders.clear()
            self._folders[known] = _folder(profile, texts)
        return self._folders[known]

    def answered(self, call: Call, asked: Asked) -> Answered:
        response, profile = call.response, asked.profile
        tools = tuple([_asking(one, profile) for one in response.tool_calls if one.name])
        state: int | None = asked.state
        for key in response.answer_keys:
            state = extend(state or 0, int.from_bytes(key[:8], "big") | 1)
        final = all(tool.name in profile.turn.final_tools for tool in response.tool_calls)
        if call.lossy and response.finish in ASKING:
            final = False
        active = (call.t_end_us, response.t_last_content_us, call.t_response_us, call.t_request_end_us)
        return Answered(
            end_us=call.t_end_us,
            active_us=max([time for time in active if time is not None]),
            failed=call.failed,
            unanswered=call.outcome == "aborted" and call.t_response_us is None,
            whole=call.outcome == "ok",
            sure=call.outcome == "ok" and not call.lossy,
            torn=call.lossy,
            tasks=_torn_tasks(response.tool_calls, profile) if call.lossy else (),
            id=response.id,
            model=response.model or call.request.model,
            finish=response.finish,
            text=response.text if final or asked.auxiliary == "compaction" else "",
            tools=tools,
            final=final,
            state=state if response.answer_keys else None,
            marks=frozenset(answer_marks(response.text, response.tool_calls)),
            tokens=response.tokens,
        )


def _folder(profile: Profile, texts: Sequence[str]) -> str | None:
    for pattern in profile.session.cwd:
        for text in texts:
            if found := search(pattern, text):
                return found.strip() or None
    return None


def _same(call: Call, auxiliary: str | None) -> int:
    """A hash over what a request asks; how it shall be answered (streamed or not, how long) does not count.

    0 where a request without messages says too little to be compared.
    """
    request = call.request
    if not request.messages:
        return 0
    state = xxh3_64(f"{request.operation} {request.model} {auxiliary} {len(request.tools)}".encode("utf-8", "replace"))
    state.update(request.system.encode("utf-8", "replace"))
    for message in request.messages:
        state.update(message.key)
    return state.intdigest()


def _opening(call: Call) -> tuple[str, ...]:
    """The text blocks of the first user message."""
    return next((message.texts for message in call.request.messages if message.role == "user"), ())


def _asking(call: ToolCall, profile: Profile) -> Asking:
    named = next((found[1] for pattern in profile.tools.mcp if (found := pattern.search(call.name))), None)
    if named is None and call.namespace:
        named = next((found[1] for one in profile.tools.mcp if (found := one.search(call.namespace + "__"))), None)
    spawned = next((_spawned(rule, call) for rule in profile.subagent.spawn if rule.tool == call.name), None)
    return Asking(call.id, plain_id(call.id), call.name, call.arguments, named, spawned, arguments_hash(call))


def arguments_hash(call: ToolCall) -> int:
    """Equal for equal arguments, in whatever order their members are written."""
    return xxh3_64(msgspec.json.encode(call.arguments, order="sorted")).intdigest()


def _spawned(rule: Spawn, call: ToolCall) -> Spawned | None:
    prompt = call.arguments.get(rule.prompt)
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    names = [call.arguments.get(name) for name in rule.name]
    return Spawned(words_of(prompt), next((name for name in names if isinstance(name, str) and name), None))


def _torn_tasks(calls: Sequence[ToolCall], profile: Profile) -> tuple[str, ...]:
    """Texts of the tool calls that start a sub-agent, or whose name is missing."""
    starting = {"", *[rule.tool for rule in profile.subagent.spawn]}
    texts = [text for call in calls if call.name in starting for text in call.arguments.values()]
    return tuple([text[:QUOTE] for text in texts if isinstance(text, str)])
