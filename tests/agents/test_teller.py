"""The answer depends on packet times only, stays bounded, and does not slow down."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heron_tui.agents import Teller
from heron_tui.agents.links import FORGET_US
from heron_tui.model.call import Call

from .build import PROFILES, T0, Told, begun, call, result, says, user, uses
from .reading import read

CAPTURES = Path(__file__).resolve().parents[1] / "captures"
HOUR = 3600 * 1000


def capture(name: str, folder: Path) -> list[Call]:
    path = CAPTURES / f"{name}.pcap"
    return read(path if path.exists() else CAPTURES / "agents" / f"{name}.pcap.gz", folder).calls


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Call]]:
    names = (
        "claude-code-agents",
        "claude-code-tui",
        "codex-subagents",
        "codex-compact",
        "gemini-cli-tui",
        "gemini-cli-subagents",
        "gemini-cli-auto",
        "hermes-agents",
        "opencode-subagents",
        "litellm-sdk",
        "litellm-claude-code",
        "openai-sdk",
        "claude-code-faults",
        "mcp-json",
        "mcp-sse",
    )
    folder = tmp_path_factory.mktemp("spool")
    return {name: capture(name, folder) for name in names}


def at_once(calls: list[Call]) -> Told:
    teller, told = Teller(PROFILES), Told()
    for one in calls:
        teller.put(one)
    told.take(teller.tell(last_moment(calls), final=True))
    return told


def last_moment(calls: list[Call]) -> int:
    return max(one.t_end_us or one.t_request_end_us for one in calls)


NAMES = st.sampled_from(
    [
        "claude-code-agents",
        "claude-code-tui",
        "codex-subagents",
        "codex-compact",
        "gemini-cli-tui",
        "gemini-cli-subagents",
        "gemini-cli-auto",
        "hermes-agents",
        "opencode-subagents",
        "litellm-sdk",
        "litellm-claude-code",
        "openai-sdk",
        "claude-code-faults",
        "mcp-json",
        "mcp-sse",
    ]
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), name=NAMES)
def test_neither_order_nor_pauses_change_the_answer(captured: dict[str, list[Call]], data: st.DataObject, name: str):
    calls = captured[name]
    expected = at_once(calls)
    steps = [(one, early) for one in calls for early in (True, False)]
    order = data.draw(st.permutations(range(len(steps))))
    pauses = data.draw(st.sets(st.integers(0, len(steps)), max_size=6))
    teller, told = Teller(PROFILES), Told()
    whole: set[str] = set()
    for place, step in enumerate(order):
        one, early = steps[step]
        if not early:
            whole.add(one.id)
        teller.put(one if one.id in whole else begun(one))
        if place in pauses:
            told.take(teller.tell(one.t_request_end_us))
    told.take(teller.tell(last_moment(calls), final=True))
    assert told == expected


def test_as_it_happens_and_at_once_are_the_same(captured: dict[str, list[Call]]):
    for calls in captured.values():
        moments = [(one.t_request_end_us, 0, one.id, begun(one)) for one in calls]
        moments += [(one.t_end_us, 1, one.id, one) for one in calls if one.t_end_us]
        moments += [(last_moment(calls), 2, one.id, one) for one in calls if not one.t_end_us]
        teller, told = Teller(PROFILES), Told()
        for now, _, _, one in sorted(moments, key=lambda moment: moment[:3]):
            teller.put(one)
            told.take(teller.tell(now))
        told.take(teller.tell(last_moment(calls), final=True))
        assert told == at_once(calls)


def test_nothing_new_is_not_told_again():
    teller = Teller(PROFILES)
    one = call("a", 0, user("x"))
    teller.put(one)
    teller.tell(T0 + 200_000)
    teller.put(one)
    story = teller.tell(T0 + 300_000)
    assert not (story.parts or story.turns or story.sessions or story.tools)
    assert not (story.gone_turns or story.gone_sessions or story.gone_tools)


def test_a_late_call_takes_back_what_was_told_without_it():
    teller, told = Teller(PROFILES), Told()
    first, use = user("x"), says("", uses("t1"))
    teller.put(call("b", 300, first, use, result("t1")))
    told.take(teller.tell(T0 + 400_000))
    (guessed,) = told.turns
    teller.put(call("a", 0, first, answer=use))
    story = teller.tell(T0 + 500_000)
    told.take(story)
    assert story.gone_turns == [guessed]
    assert told.only.calls == ("a", "b")
    assert len(told.sessions) == 1


def chat(rounds: int, session: str | None = None, every: int = 1000, start: int = 0) -> list[Call]:
    """One conversation, a prompt and a tool in turn, the last 60 messages sent with each call."""
    headers = {"x-session-id": session} if session else {}
    history, calls = [user("prompt 0")], []
    for n in range(rounds):
        answer = says(f"answer {n}", uses(f"{session}-{n}")) if n % 2 == 0 else says(f"answer {n}")
        calls.append(call(f"{session}{n:05d}", start + n * every, *history, answer=answer, headers=headers))
        history = [*history, answer, result(f"{session}-{n}") if n % 2 == 0 else user(f"prompt {n}")][-60:]
    return calls


def test_what_is_long_silent_is_forgotten_and_its_sums_stay():
    teller, told = Teller(PROFILES), Told()
    for one in chat(20, "s"):
        teller.put(one)
    told.take(teller.tell(T0 + HOUR * 1000))
    before = told.sessions["s"]
    teller.tell(T0 + HOUR * 1000 + 2 * FORGET_US)
    assert not teller._nodes
    assert len(teller._placer.ledger.states) == len(teller._placer.ledger.asks) == 0
    teller.put(call("late", 60 * HOUR, user("again"), headers={"x-session-id": "s"}))
    told.take(teller.tell(T0 + 60 * HOUR * 1000, final=True))
    after = told.sessions["s"]
    assert (after.turns, after.calls) == (before.turns + 1, before.calls + 1)
    assert (after.t_start_us, after.input_tokens) == (before.t_start_us, 210)
    assert len(told.turns) == before.turns + 1


def test_the_number_of_calls_held_is_bounded():
    teller, told = Teller(PROFILES, held=100), Told()
    for n in range(1000):
        teller.put(call(f"c{n:04d}", n * 50, user(f"question {n}")))
        if n % 10 == 9:
            told.take(teller.tell(T0 + n * 50_000 + 100_000))
        assert len(teller._nodes) <= 130
    told.take(teller.tell(T0 + HOUR * 1000, final=True))
    assert len(told.turns) == len(told.sessions) == 1000
    assert all(turn.status == "complete" for turn in told.turns.values())


def test_a_long_session_with_many_tells_does_not_slow_down():
    calls = chat(2400, "s")
    teller = Teller(PROFILES)
    took = []
    for start in range(0, len(calls), 400):
        before = time.process_time()
        for one in calls[start : start + 400]:
            teller.put(begun(one))
            teller.put(one)
            if int(one.id[1:]) % 20 == 0:
                teller.tell(one.t_request_end_us)
        took.append(time.process_time() - before)
    assert took[-1] < 4 * took[1] + 0.2
