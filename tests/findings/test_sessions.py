"""Findings over several calls: caches, windows, loops, storms, tools, turns without an end."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.model.call import Call, Message, Piece, Tokens
from tests.agents.build import begun, call, message, result, says, user, uses
from tests.findings.watching import Watching, codes, found, headers, only


def used(one: Call, input: int, cached: int | None = None, pieces: tuple[Piece, ...] = ()) -> Call:
    one.response = replace(one.response, tokens=Tokens(input=input, output=5, cache_read=cached))
    one.request = replace(one.request, pieces=pieces)
    return one


def talk(*prompts: str) -> list[tuple[Message, ...]]:
    """Histories of a conversation that grows by one prompt and one answer at a time."""
    history: tuple[Message, ...] = ()
    grown = []
    for prompt in prompts:
        history += (user(prompt),)
        grown.append(history)
        history += (says(f"answer to {prompt}"),)
    return grown


def said(id: str, at: int, history: tuple[Message, ...], **more) -> Call:
    return call(id, at, *history, answer=says(f"answer to {history[-1].text}"), headers=headers(), **more)


TOOLS = (Piece("tool", "Bash", 1, 900), Piece("tool", "Read", 2, 800))
SYSTEM = (Piece("system", "1", 3, 5_000),)


def test_a_cache_that_grows_is_whole():
    one, two, three = talk("a", "b", "c")
    calls = [
        used(said("1", 0, one), 9000, 0),
        used(said("2", 1000, two), 9100, 9000),
        used(said("3", 2000, three), 9200, 9100),
    ]
    assert found(*calls) == []


def test_a_message_that_was_rewritten_breaks_the_cache():
    one, two = talk("a", "b")
    changed = (user("a, but other"), *two[1:])
    [broken] = found(used(said("1", 0, one), 9000, 8000, SYSTEM), used(said("2", 1000, changed), 9100, 0, SYSTEM))
    assert (broken.code, broken.severity, broken.ref) == ("cache.broken", "warning", "2")
    assert broken.text == (
        "cached tokens fell from 8,000 to 0 of 9,100: the prompt differs from message 1 on: "
        "user “a, but other”, before it was user “a”"
    )


def test_a_message_that_was_cut_out_breaks_the_cache():
    one, two, three = talk("a", "b", "c")
    [broken] = found(
        used(said("2", 0, two), 9000, 8000, SYSTEM), used(said("3", 1000, one + three[3:]), 9100, 100, SYSTEM)
    )
    assert "differs from message 2 on" in broken.text


def test_a_tool_that_changed_breaks_the_cache():
    one, two = talk("a", "b")
    more = (*TOOLS, Piece("tool", "mcp__db__query", 9, 100))
    [broken] = found(used(said("1", 0, one), 9000, 8000, TOOLS), used(said("2", 1000, two), 9100, 0, more))
    assert broken.text.endswith("1 tool added: mcp__db__query")
    other = (TOOLS[0], Piece("tool", "Read", 7, 810))
    [broken] = found(used(said("1", 0, one), 9000, 8000, TOOLS), used(said("2", 1000, two), 9100, 0, other))
    assert broken.text.endswith("tool Read was rewritten (800 → 810 bytes)")


def test_a_system_block_that_changed_breaks_the_cache():
    one, two = talk("a", "b")
    other = (Piece("system", "1", 4, 5_001),)
    [broken] = found(used(said("1", 0, one), 9000, 8000, SYSTEM), used(said("2", 1000, two), 9100, 0, other))
    assert broken.text.endswith("system block 1 was rewritten (5,000 → 5,001 bytes)")


def test_a_cache_that_expired_is_a_note():
    one, two = talk("a", "b")
    [broken] = found(used(said("1", 0, one), 9000, 8000), used(said("2", 400_000, two), 9100, 0))
    assert (broken.code, broken.severity) == ("cache.broken", "note")
    assert "the cache had expired" in broken.text


def test_a_cache_that_the_provider_lost_is_a_note():
    one, two = talk("a", "b")
    [broken] = found(used(said("1", 0, one), 9000, 8000), used(said("2", 1000, two), 9100, 0))
    assert (broken.severity, "the provider did not find it" in broken.text) == ("note", True)


def test_small_prompts_are_not_cached():
    one, two = talk("a", "b")
    assert found(used(said("1", 0, one), 900, 800), used(said("2", 1000, two), 1000, 0)) == []


def test_a_sub_agent_has_its_own_cache():
    one, two = talk("a", "b")
    sub = call("s", 500, user("task"), headers=headers(**{"x-claude-code-agent-id": "agent1"}))
    calls = [used(said("1", 0, one), 9000, 8000), used(sub, 5000, 0), used(said("2", 1000, two), 9100, 9000)]
    assert codes(found(*calls)) == []


def test_another_model_has_its_own_cache():
    one, two = talk("a", "b")
    calls = [used(said("1", 0, one, model="m-1"), 9000, 8000), used(said("2", 1000, two, model="m-2"), 9100, 0)]
    assert only("cache.broken", found(*calls)) == []


def test_a_window_that_fills_up_is_told_at_each_level_once():
    one, two, three, four = talk("a", "b", "c", "d")
    fills = [(one, 70_000), (two, 81_000), (three, 85_000), (four, 96_000)]
    calls = [used(said(str(n), n * 1000, history), tokens) for n, (history, tokens) in enumerate(fills)]
    findings = found(*calls, window=100_000)
    assert [(one.code, one.severity, one.ref) for one in findings] == [
        ("context.near_limit", "note", "1"),
        ("context.near_limit", "error", "3"),
    ]
    assert findings[0].text.startswith("81,000 of 100,000 tokens (81%) of the window are used: ")
    assert "user " in findings[0].text


def test_a_window_that_is_not_known_cannot_fill_up():
    [history] = talk("a")
    assert found(used(said("1", 0, history), 99_000), window=None) == []
    assert found(used(said("1", 0, history), 120_000), window=100_000) == []  # the table is wrong then


def looping(times: int, *, other: bool = False) -> list[Call]:
    history: tuple[Message, ...] = (user("go"),)
    calls = []
    for n in range(times):
        asks = says("", uses(f"t{n}", "Bash", command=f"ls {n if other else ''}"))
        calls.append(call(f"c{n}", n * 1000, *history, answer=asks, headers=headers()))
        history += (asks, result(f"t{n}"))
    return [*calls, call("end", times * 1000, *history, headers=headers())]


def test_the_same_tool_call_three_times_is_a_loop():
    [one] = found(*looping(3))
    assert (one.code, one.severity, one.scope) == ("turn.loop", "warning", "turn")
    assert one.text.startswith("the agent ran Bash 3 times with the same arguments within 2.0 s, 45 tokens")
    assert found(*looping(2)) == []
    assert found(*looping(5, other=True)) == []


def test_three_attempts_are_a_storm():
    attempts = [call(id, n * 1000, user("x"), outcome="error") for n, id in enumerate("abc")]
    findings = found(*attempts, call("d", 3000, user("x")))
    [one] = only("call.retry_storm", findings)
    assert (one.severity, one.ref) == ("warning", "a")
    assert one.text.startswith("4 attempts of the same request within 3.1 s (500); the last one succeeded")
    [one] = only("call.retry_storm", found(*attempts))
    assert (one.severity, "none worked" in one.text) == ("error", True)
    assert only("call.retry_storm", found(attempts[0], call("b", 1000, user("x")))) == []


def test_a_storm_grows_with_its_attempts():
    watching = Watching()
    for n, id in enumerate("abcde"):
        watching.put(call(id, n * 1000, user("x"), outcome="error"))
        watching.tell(n * 1000 + 200)
    [one] = [one for one in watching.found if one.code == "call.retry_storm"]
    assert one.text.startswith("5 attempts")


def test_tools_that_fail_or_take_long():
    asks = says("", uses("t1", "Bash", command="make"))
    first = call("a", 0, user("go"), answer=asks, headers=headers())
    failed = call("b", 1000, user("go"), asks, result("t1", error=True), headers=headers())
    [one] = found(first, failed)
    assert (one.code, one.scope, one.text) == ("tool.error", "tool", 'Bash failed: {"command":"make"}')
    slow = call("b", 70_000, user("go"), asks, result("t1"), headers=headers())
    [one] = found(first, slow)
    assert (one.code, one.severity) == ("tool.slow", "note")
    assert one.text.startswith("Bash took 1 min 9 s")
    assert found(first, call("b", 1000, user("go"), asks, result("t1"), headers=headers())) == []


def test_a_sub_agent_is_no_slow_tool():
    asks = says("", uses("t1", "Agent", prompt="look into it", description="look"))
    calls = [
        call("a", 0, user("go"), answer=asks, headers=headers()),
        call("s", 1000, user("look into it"), took=90_000, headers=headers(**{"x-claude-code-agent-id": "a1"})),
        call("b", 95_000, user("go"), asks, result("t1"), headers=headers()),
    ]
    assert found(*calls) == []


def test_a_result_that_never_came():
    asks = says("", uses("t1"), uses("t2", "Read", path="x"))
    first = call("a", 0, user("go"), answer=asks, headers=headers())
    [one] = found(first, call("b", 1000, user("go"), asks, result("t1"), headers=headers()))
    assert (one.code, one.text) == ("tool.no_result", "Read was asked for, the agent went on, and no result was sent")


def test_a_result_is_missed_whenever_the_next_call_is_told():
    asks = says("", uses("t1"), uses("t2", "Read", path="x"))
    second = call("b", 1000, user("go"), asks, result("t1"), headers=headers())
    watching = Watching().put(call("a", 0, user("go"), answer=asks, headers=headers()))
    watching.tell(500)
    watching.put(begun(second)).tell(1050)
    assert codes(watching.put(second).tell(2000)) == ["tool.no_result"]


def test_a_turn_without_an_answer():
    asks = says("", uses("t1"))
    [one] = found(call("a", 0, user("go"), answer=asks, headers=headers()))
    assert (one.code, one.severity) == ("turn.no_final", "warning")
    assert one.text == "no final answer: its last answer asked for more (finish tool_use), and nothing came"
    [one] = found(call("a", 0, user("go"), answer=asks, headers=headers()), at_ms=500)
    assert (one.severity, one.text) == ("note", "no final answer: the capture ends after an answer that asks for more")


def test_a_finding_that_no_longer_holds_goes():
    asks = says("", uses("t1"))
    watching = Watching().put(call("a", 0, user("go"), answer=asks, headers=headers()))
    assert codes(watching.tell(3_000_000)) == ["turn.no_final"]
    watching.put(call("b", 1000, user("go"), asks, result("t1"), headers=headers()))
    assert codes(watching.tell(3_000_001)) == []


def story() -> list[Call]:
    """Calls with most kinds of findings."""
    one, two, three = talk("a", "b", "c")
    return [
        used(said("1", 0, one), 9000, 8000, TOOLS),
        used(said("2", 1000, two), 9100, 0, SYSTEM + TOOLS),
        used(said("3", 2000, (user("other"), *three[1:])), 95_000, 20, SYSTEM + TOOLS),
        *[replace(one, id=f"l{one.id}", t_request_us=one.t_request_us + 9_000_000) for one in looping(4)],
        *[call(f"r{n}", 30_000 + n * 1000, user("x"), outcome="error") for n in range(4)],
        call("m", 40_000, message("user", "hello", results=result("zz", error=True).tool_results)),
    ]


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(len(story()))), st.sets(st.integers(0, 12)))
def test_order_of_arrival_does_not_change_the_findings(order, told_after):
    calls = story()
    watching = Watching(100_000)
    for place, n in enumerate(order):
        watching.put(calls[n])
        if place in told_after:
            watching.tell(60_000)
    assert watching.tell(60_000, final=True) == set(found(*calls, at_ms=60_000, window=100_000))
