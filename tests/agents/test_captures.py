"""Real agents: one turn per prompt that was typed, sub-agents inside, side calls out, retries linked."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from heron_tui.agents import Teller
from heron_tui.model.call import Call

from .build import PROFILES, Told
from .reading import read

CAPTURES = Path(__file__).resolve().parents[1] / "captures"


@dataclass
class Expected:
    """What a scenario did.

    `calls`: per turn, the calls of the main agent (attempts included). `branches`: per turn, the calls of each
    sub-agent. `sides`: kinds of side calls. `retries`: how many calls are one. `legs`: how many calls a proxy made.
    """

    agent: str
    prompts: list[str]
    calls: list[int]
    sessions: int = 1
    branches: list[list[int]] | None = None
    sides: tuple[str, ...] = ()
    retries: int = 0
    tools: int | None = None
    legs: int = 0


ECHO, PARALLEL = "Please do lab:echo now", "Then lab:parallel please"
EXPECTED = {
    "claude-code": Expected("claude-code", [ECHO, PARALLEL, "Finally lab:thinktool"], [2, 2, 2], tools=5),
    "claude-code-gzip": Expected("claude-code", ["a lab:echo+gzip", "b lab:plain+br", "c lab:plain+zstd"], [2, 1, 1]),
    "claude-code-agents": Expected("claude-code", ["Delegate: lab:subagents"], [4], branches=[[2, 2]], tools=4),
    "claude-code-tui": Expected(
        "claude-code",
        [ECHO, "Now lab:subagent please"],
        [2, 3],
        branches=[[], [2]],
        sides=("compaction", "compaction", "title"),
    ),
    "claude-code-clear": Expected(
        "claude-code",
        ["Please do lab:multi now\n\nQueued lab:read please", "Fresh lab:echo please"],
        [5, 2],
        sessions=2,
        sides=("title", "title"),
    ),
    "claude-code-compact": Expected(
        "claude-code", [ECHO, "And now lab:parallel please"], [2, 2], sides=("compaction", "title")
    ),
    "claude-code-interrupt": Expected(
        "claude-code", ["Please do lab:long now", "Rather do lab:echo please"], [1, 2], sides=("title",)
    ),
    "claude-code-two": Expected("claude-code", ["First: lab:multi", "Second: lab:parallel"], [4, 2], sessions=2),
    "claude-code-faults": Expected(  # the capture ends before the second attempt of the last
        "claude-code",
        ["a lab:echo+429", "b lab:plain+500", "c lab:plain+529", "d lab:long+cut", "e lab:plain+errevent"],
        [3, 2, 2, 2, 1],
        retries=4,
    ),
    "claude-code-2.0": Expected(  # each of its four processes has a session for what it warms up
        "claude-code",
        ["Please do lab:multi now", "Delegate: lab:subagents", "c lab:long+cut", "d lab:echo+529"],
        [4, 2, 2, 3],
        sessions=4,
        branches=[[], [2, 2], [], []],
        sides=("command-paths",) * 4 + ("prewarm",) * 8,
        retries=2,
    ),
    "qwen-code": Expected(
        "qwen-code",
        ["Please do lab:echo now", "Now lab:parallel", "Delegate lab:subagent"],
        [2, 2, 3],
        sessions=3,
        branches=[[], [], [2]],
    ),
    "litellm-claude-code": Expected("claude-code", [ECHO, "And cross lab:plain"], [2, 1], legs=3),
    "litellm-sdk": Expected(
        "generic",
        [
            "Weather? lab:firsttwo",
            "lab:plain+gzip",
            "again lab:plain+429",
            "Weather? lab:firsttwo",
            "lab:think+gzip",
            "translate lab:plain",
        ],
        [2, 1, 1, 2, 1, 1],
        sessions=6,
        sides=("count-tokens", "count-tokens"),
        retries=1,
        legs=9,
    ),
    "codex-http": Expected("codex", [ECHO, PARALLEL, "Finally lab:thinktool"], [2, 2, 2]),
    "codex-ws": Expected(
        "codex", ["Please do lab:multi now", "Then lab:thinktool please"], [4, 2], sides=("prewarm", "prewarm")
    ),
    "codex-subagents": Expected(
        "codex", ["Delegate: lab:subagents", "Then lab:echo"], [2, 2], branches=[[2, 2], []], tools=5
    ),
    "codex-compact": Expected("codex", [ECHO, "And now lab:parallel please"], [2, 2], sides=("compaction", "title")),
    "codex-faults": Expected(
        "codex",
        ["a lab:echo+429", "b lab:plain+500", "c lab:long+cut", "d lab:plain+errevent"],
        [3, 2, 2, 2],
        retries=4,
    ),
    "gemini-cli": Expected(
        "gemini-cli", [ECHO, "Now lab:parallel please", "Then lab:thinktool"], [2, 2, 1], sessions=3
    ),
    "gemini-cli-tui": Expected(
        "gemini-cli", [ECHO, PARALLEL, "Finally lab:read"], [2, 2, 2], sides=("compaction", "compaction"), tools=5
    ),
    "gemini-cli-subagents": Expected("gemini-cli", ["Delegate: lab:subagents"], [2], branches=[[3, 3]], tools=4),
    "gemini-cli-auto": Expected("gemini-cli", [ECHO], [1], sides=("router",)),  # the capture ends inside the turn
    "gemini-cli-faults": Expected(
        "gemini-cli", ["a lab:echo+429", "b lab:plain+500", "c lab:long+cut"], [3, 2, 1], sessions=3, retries=2
    ),
    "opencode-run": Expected("opencode", [ECHO, "Now lab:parallel please"], [2, 2], sides=("title",)),
    "opencode-subagents": Expected(
        "opencode",
        ["Delegate: lab:subagents", "Then lab:echo"],
        [2, 2],
        branches=[[2, 2], []],
        sides=("title",),
    ),
    "hermes": Expected("hermes", [ECHO, "Now lab:parallel"], [2, 2], sessions=2, sides=("probe",) * 12),
    "hermes-agents": Expected(
        "hermes", ["Delegate: lab:subagent"], [2], branches=[[1]], sides=("probe",) * 10, tools=2
    ),
    "openclaw": Expected("openclaw", ["Please do lab:parallel now"], [2]),
    "openclaw-tools": Expected("openclaw", ["Please do lab:multi now"], [4], tools=3),
    "anthropic-sdk": Expected(
        "generic",
        ["Weather? lab:firsttwo", "lab:think+gzip", *[f"#{n} lab:plain" for n in range(4)]],
        [2, 1, 1, 1, 1, 1],
        sessions=6,
        sides=("count-tokens",),
    ),
    "anthropic-sdk-faults": Expected(
        "generic",
        [*[f"x lab:plain+{code}" for code in (429, 500, 529)], "y lab:long+cut", "y lab:long+errevent"],
        [2, 2, 2, 1, 1],
        sessions=5,
        retries=3,
    ),
    "openai-sdk": Expected(
        "generic",
        [
            "Weather? lab:firsttwo",
            "lab:plain+gzip",
            "again lab:plain+429",
            "Weather? lab:first",
            "lab:think",
            *[f"#{n} lab:plain" for n in range(4)],
        ],
        [2, 1, 2, 2, 1, 1, 1, 1, 1],
        sessions=9,
        retries=1,
    ),
    "autogen": Expected("autogen", ["Weather? lab:first"], [2]),
    "genai-sdk": Expected("generic", ["Weather? lab:first", "lab:long"], [2, 1], sessions=2, tools=1),
    "langchain": Expected("generic", ["Weather? lab:firsttwo", "lab:plain"] * 2, [2, 1, 2, 1], sessions=4),
    "pi": Expected("pi", ["Please do lab:echo now", "Please do lab:parallel now"], [2, 2], sessions=2, tools=4),
}


def told_of(name: str, folder: Path, change: Callable[[Call], Call] = lambda one: one) -> Told:
    path = CAPTURES / f"{name}.pcap"
    reading = read(path if path.exists() else CAPTURES / "agents" / f"{name}.pcap.gz", folder)
    teller, told = Teller(PROFILES), Told()
    for one in reading.calls:
        teller.put(change(one))
    told.take(teller.tell(reading.now_us, final=True))
    return told


@pytest.mark.parametrize("name", EXPECTED)
def test_capture(name: str, tmp_path: Path):
    expected, told = EXPECTED[name], told_of(name, tmp_path)
    turns = told.in_order
    assert told.prompts == expected.prompts
    assert [turn.main_calls for turn in turns] == expected.calls
    assert len(told.sessions) == expected.sessions
    assert {turn.agent for turn in turns} == {expected.agent}
    branches = [[len(one.calls) for one in turn.subagents] for turn in turns]
    assert branches == (expected.branches or [[] for _ in turns])
    assert tuple(sorted(part.auxiliary for part in told.parts.values() if part.auxiliary)) == expected.sides
    assert sum(part.retry_of is not None for part in told.parts.values()) == expected.retries
    assert sum(part.leg_of is not None for part in told.parts.values()) == expected.legs
    if expected.tools is not None:
        assert len(told.tools) == sum(turn.tools for turn in turns) == expected.tools
    in_turns = [id for turn in turns for id in turn.calls]
    assert sorted(in_turns) == sorted(id for id, part in told.parts.items() if part.turn)
    for turn in turns:
        assert turn.model_us + turn.tool_us + turn.idle_us == turn.t_end_us - turn.t_start_us
        assert all(one.parent_tool for one in turn.subagents)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("claude-code", "/srv/lab/home/claude-code/work"),
        ("codex-http", "/srv/lab/home/codex-http/work"),
        ("gemini-cli", "/srv/lab/home/gemini-cli/work"),
        ("opencode-run", "/srv/lab/home/opencode-run/work"),
        ("hermes", "/srv/lab/home/hermes/work"),
        ("openclaw", "/srv/lab/home/openclaw/work"),
    ],
)
def test_the_folder_an_agent_works_in(name: str, folder: str, tmp_path: Path):
    assert {session.cwd for session in told_of(name, tmp_path).sessions.values()} == {folder}


def test_side_calls_find_their_session(tmp_path: Path):
    for name in ("claude-code-tui", "codex-compact", "gemini-cli-tui", "gemini-cli-auto", "opencode-subagents"):
        told = told_of(name, tmp_path)
        assert {part.session for part in told.parts.values()} == set(told.sessions)


def without_headers(one: Call) -> Call:
    return replace(one, request_headers=())


def without_ids(one: Call) -> Call:
    return replace(one, request_headers=(), request=replace(one.request, ids={}))


@pytest.mark.parametrize("name", EXPECTED)
def test_headers_stripped_by_a_proxy_change_nothing(name: str, tmp_path: Path):
    whole, stripped = told_of(name, tmp_path), told_of(name, tmp_path, without_headers)
    assert shape(stripped) == shape(whole)
    assert len(stripped.sessions) == len(whole.sessions)
    assert {turn.agent for turn in stripped.in_order} == {EXPECTED[name].agent}


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - {"codex-subagents"}))
def test_the_conversation_alone_tells_turns_and_branches(name: str, tmp_path: Path):
    """Left out: a sub-agent's thread that is resumed by hand cannot be told from the sub-agent without ids."""
    assert shape(told_of(name, tmp_path, without_ids)) == shape(told_of(name, tmp_path))


def shape(told: Told) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """Prompt, calls, and calls of the sub-agents of each turn."""
    return [(turn.prompt, turn.calls, [one.calls for one in turn.subagents]) for turn in told.in_order]
