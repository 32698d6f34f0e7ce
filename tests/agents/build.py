"""Calls made by hand: messages in one line each, times in milliseconds."""

from dataclasses import replace
from typing import Any

from xxhash import xxh3_64_digest, xxh3_64_intdigest

from heron_tui.agents import Teller, profile
from heron_tui.core.paths import shipped
from heron_tui.model.call import Call, CallRequest, CallResponse, Message, Role, Tokens, ToolCall, ToolResult
from heron_tui.model.turn import Part, Session, Story, Tool, Turn

T0 = 1_795_000_000_000_000
PROFILES = profile.load(shipped("profiles"))


def message(role: Role, *texts: str, calls: tuple[ToolCall, ...] = (), results: tuple[ToolResult, ...] = ()) -> Message:
    raw = repr((role, texts, calls, results)).encode()
    if results and role == "user" and not texts:
        role = "tool"
    return Message(role, texts, calls, results, xxh3_64_digest(raw), len(raw), xxh3_64_intdigest(raw))


def user(*texts: str) -> Message:
    return message("user", *texts)


def system(text: str) -> Message:
    return message("system", text)


def says(text: str = "", *calls: ToolCall) -> Message:
    return message("assistant", *([text] if text else []), calls=calls)


def uses(id: str, name: str = "Bash", **arguments: Any) -> ToolCall:
    return ToolCall(id, name, arguments)


def result(id: str, *texts: str, name: str | None = None, error: bool | None = None, size: int = 5) -> Message:
    """A tool result, and texts beside it in the same message."""
    return message("user", *texts, results=(ToolResult(id, name, error, size, "x" * size),))


def call(
    id: str,
    at: int,
    *messages: Message,
    answer: Message | None = None,
    took: int = 100,
    outcome: str = "ok",
    headers: dict[str, str] | None = None,
    ids: dict[str, str] | None = None,
    system: str = "",
    tools: tuple[str, ...] = ("Bash",),
    model: str = "m-1",
    operation: str = "chat",
    client: str = "10.0.0.1:5000",
    server: str = "10.0.0.2:443",
    host: str = "api.example",
    response_id: str | None = None,
    finish: str | None = None,
    tokens: tuple[int, int] | None = (10, 5),
    schema: bool = False,
    params: dict[str, Any] | None = None,
    knows_keys: bool = True,
    path: str = "/v1/messages",
) -> Call:
    """A call at `at` ms that took `took` ms. Without `answer`, a plain "Done." where the outcome is ok."""
    start, end = T0 + at * 1000, T0 + (at + took) * 1000
    if answer is None and outcome == "ok":
        answer = says(f"Done {id}.")
    request = CallRequest(
        wire_api="anthropic",
        operation=operation,
        model=model,
        streaming=True,
        system=system,
        messages=messages,
        tools=tools,
        ids=ids or {},
        schema=schema,
        params=params or {},
    )
    response = CallResponse()
    if answer is not None:
        response = CallResponse(
            model=model,
            id=response_id,
            finish=finish or ("tool_use" if answer.tool_calls else "end_turn"),
            ended=outcome == "ok",
            text=answer.text,
            tool_calls=answer.tool_calls,
            tokens=Tokens(*tokens) if tokens else Tokens(),
            answer_keys=(answer.key,) if knows_keys else (),
        )
    return Call(
        id=id,
        exchange=f"x{id}",
        flow=f"f{id}",
        source="s",
        http_stream=None,
        transport="http/1.1",
        tls=None,
        method="POST",
        host=host,
        path=path,
        client=client,
        server=server,
        process=None,
        provider=None,
        provider_reason=None,
        request_headers=tuple((headers or {}).items()),
        request=request,
        request_encoding=None,
        t_request_us=start,
        t_request_end_us=start + 1000,
        request_packets=(1, 1),
        response=response,
        status=200 if outcome == "ok" else 500,
        outcome=outcome,  # type: ignore[arg-type]
        t_response_us=min(start + 5000, end),
        t_end_us=None if outcome == "in_progress" else end,
    )


def begun(one: Call) -> Call:
    """The same call when only its request has been seen."""
    return replace(one, response=CallResponse(), status=None, outcome="in_progress", t_response_us=None, t_end_us=None)


class Told:
    """What a teller has told so far, as a store would keep it."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.turns: dict[str, Turn] = {}
        self.sessions: dict[str, Session] = {}
        self.tools: dict[str, Tool] = {}

    def take(self, story: Story) -> None:
        for id in story.gone_turns:
            del self.turns[id]
        for id in story.gone_sessions:
            del self.sessions[id]
        for id in story.gone_tools:
            del self.tools[id]
        self.parts |= {one.call: one for one in story.parts}
        self.turns |= {one.id: one for one in story.turns}
        self.sessions |= {one.id: one for one in story.sessions}
        self.tools |= {one.id: one for one in story.tools}

    @property
    def in_order(self) -> list[Turn]:
        return sorted(self.turns.values(), key=lambda turn: (turn.t_start_us, turn.id))

    @property
    def prompts(self) -> list[str]:
        return [turn.prompt for turn in self.in_order]

    @property
    def only(self) -> Turn:
        (turn,) = self.turns.values()
        return turn

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def tell(*calls: Call, now: int | None = None, final: bool = True, profiles: list[profile.Profile] = PROFILES) -> Told:
    """All calls put at once, told once. `now` in milliseconds; the last moment of any call by default."""
    teller, told = Teller(profiles), Told()
    for one in calls:
        teller.put(one)
    last = max((one.t_end_us or one.t_request_end_us for one in calls), default=T0)
    told.take(teller.tell(last if now is None else T0 + now * 1000, final=final))
    return told
