"""Calls that a proxy made of others count once. Shapes as in the captures litellm-claude-code and litellm-sdk."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.agents import Teller
from heron_tui.agents.links import FORGET_US
from heron_tui.model.call import Call
from heron_tui.model.flow import Process
from heron_tui.model.turn import Leg, Part

from .build import PROFILES, T0, Told, begun, call, message, result, says, system, tell, user, uses

SAID = {"user-agent": "claude-cli/2.1", "x-claude-code-session-id": "sid"}
IDS = {"metadata.user_id": '{"session_id":"sid"}'}
BILLING = "x-anthropic-billing-header: cc_version=1; cc_entrypoint=cli;"
PROXY: dict[str, Any] = {"client": "10.0.0.2:5000", "server": "10.0.0.3:80", "host": "up", "took": 50}
ASK, USE = user("one"), says("", uses("t1"))


def leg(id: str) -> Leg:
    return Leg(call=id, flow=f"f{id}", client="10.0.0.2:5000", server="10.0.0.3:80", role="upstream")


def seen(part: Part) -> tuple[Leg, ...]:
    """Where its legs were seen."""
    return tuple(replace(one, model=None, overhead_us=None, of=None) for one in part.legs)


def loop() -> list[Call]:
    """Two calls of a turn, each on two legs; the proxy passes the body's session id on."""
    sent: dict[str, Any] = {"ids": IDS, "system": BILLING}
    return [
        call("o1", 0, ASK, answer=USE, headers=SAID, **sent),
        call("i1", 20, ASK, answer=USE, **sent, **PROXY),
        call("o2", 300, ASK, USE, result("t1"), headers=SAID, **sent),
        call("i2", 320, ASK, USE, result("t1"), answer=says("Done o2."), **sent, **PROXY),
    ]


def test_a_call_on_two_legs_counts_once():
    told = tell(*loop())
    assert told.only.calls == ("o1", "o2")
    (session,) = told.sessions.values()
    assert (session.id, session.calls, session.input_tokens, session.turns) == ("sid", 2, 20, 1)
    assert (told.only.input_tokens, told.only.tools) == (20, 1)
    assert [tool.call for tool in told.tools.values()] == ["o1"]
    assert [seen(told.parts[id]) for id in ("o1", "o2", "i1", "i2")] == [(leg("i1"),), (leg("i2"),), (), ()]
    inner = told.parts["i2"]
    assert (inner.leg_of, inner.session, inner.turn, inner.agent) == ("o2", "sid", None, "claude-code")
    assert told.parts["o2"].leg_of is None


def test_a_leg_tells_the_proxy_s_model_and_time():
    """The client's call takes 100 ms, the leg 50 ms of them, at another model."""
    told = tell(call("o", 0, ASK, model="alias"), call("i", 20, ASK, answer=says("Done o."), model="real", **PROXY))
    [one] = told.parts["o"].legs
    assert (one.model, one.overhead_us) == ("real", 50_000)
    waiting = begun(call("o", 0, ASK))
    told = tell(waiting, call("i", 20, ASK, answer=says("Done o."), **PROXY))
    assert [one.overhead_us for one in told.parts["o"].legs] == [None]


def test_the_same_bytes_before_and_behind_nat_count_once():
    """A container's call on its bridge and on the way out: 120 us apart, to the same server."""
    behind: dict[str, Any] = {"client": "10.0.0.9:6000"}
    shift = 120
    for more in ({"response_id": "r1"}, {"outcome": "error"}):
        first = call("o", 0, ASK, answer=None if "outcome" in more else says("Yes."), **more)
        second = call("m", 0, ASK, answer=None if "outcome" in more else says("Yes."), **more, **behind)
        second.t_request_us += shift
        assert second.t_end_us
        second.t_end_us += shift
        told = tell(first, second)
        assert told.only.calls == ("o",)
        assert [(one.call, one.role) for one in told.parts["o"].legs] == [("m", "mirror")]


def test_two_answers_at_the_same_moments_are_two_calls():
    one, two = says("Yes."), says("Yes.")
    told = tell(
        call("a", 0, ASK, answer=one, response_id="r1"),
        call("b", 0, ASK, answer=two, response_id="r2", client="10.0.0.9:6000"),
    )
    assert len(told.turns) == 2


def test_attempts_of_the_proxy_are_legs_of_one_call():
    told = tell(
        call("o", 0, ASK, took=2000),
        call("i1", 20, ASK, outcome="error", **PROXY),
        call("i2", 1000, ASK, answer=says("Done o."), **PROXY),
    )
    assert told.only.calls == ("o",)
    assert seen(told.parts["o"]) == (leg("i1"), leg("i2"))
    assert (told.parts["i2"].attempt, told.parts["i2"].retry_of) == (2, "i1")
    assert (told.parts["o"].attempt, told.parts["o"].retry_of) == (1, None)


def test_attempts_of_the_client_have_legs_of_their_own():
    told = tell(
        call("o1", 0, ASK, outcome="error"),
        call("i1", 20, ASK, outcome="error", **PROXY),
        call("o2", 1000, ASK),
        call("i2", 1020, ASK, answer=says("Done o2."), **PROXY),
    )
    assert told.only.calls == ("o1", "o2")
    assert (told.parts["o2"].retry_of, told.parts["i2"].retry_of) == ("o1", None)
    assert [seen(told.parts[id]) for id in ("o1", "o2")] == [(leg("i1"),), (leg("i2"),)]


def test_a_leg_in_another_api_is_known_by_the_last_words():
    """Responses has an item for each tool call where Anthropic has one message."""
    use, both = says("I look", uses("t1")), says("ok")
    told = tell(
        call("o1", 0, ASK, answer=use, headers=SAID),
        call("o2", 300, ASK, use, result("t1"), answer=both, headers=SAID),
        call("o3", 600, ASK, use, result("t1"), both, user("two"), headers=SAID, answer=says("Yes.")),
        call(
            "i3",
            620,
            ASK,
            says("I look"),
            message("assistant", calls=(uses("t1"),)),
            result("t1"),
            both,
            user("two"),
            answer=says("Yes. "),
            **PROXY,
        ),
    )
    assert told.sessions["sid"].calls == 3
    assert told.parts["i3"].leg_of == "o3"
    assert told.prompts == ["one", "two"]


def test_proxies_behind_one_another():
    inmost = PROXY | {"client": "10.0.0.3:5000", "server": "10.0.0.4:80", "host": "last", "took": 20}
    done = says("Done o.")
    told = tell(call("o", 0, ASK), call("p", 20, ASK, answer=done, **PROXY), call("q", 30, ASK, answer=done, **inmost))
    assert told.only.calls == ("o",)
    assert [(one.call, one.of) for one in told.parts["o"].legs] == [("p", "o"), ("q", "p")]
    assert [told.parts[id].leg_of for id in ("p", "q")] == ["o", "o"]


def test_a_proxy_may_go_on_when_its_client_is_gone():
    told = tell(
        call("o", 0, ASK, answer=says("Do"), outcome="aborted"),
        call("i", 20, ASK, **PROXY | {"took": 500}),
    )
    assert told.only.calls == ("o",)
    assert told.parts["i"].leg_of == "o"


LOCAL: dict[str, Any] = {"client": "127.0.0.1:5000", "server": "127.0.0.1:4000", "host": "127.0.0.1:4000"}
BEHIND: dict[str, Any] = {"client": "127.0.0.1:6000", "server": "127.0.0.1:8080", "host": "127.0.0.1:8080"}
HTTPX = {"user-agent": "litellm/1.108"}


def left(id: str, at: int, **more: Any) -> Call:
    """A call whose client goes away after 100 ms, with nothing of an answer."""
    return replace(call(id, at, ASK, outcome="aborted", **more), status=None, t_response_us=None)


class TestAProxyThatBeginsWhenItsClientIsGone:
    """As LiteLLM does on a slow host, which reads on after its client has hung up."""

    @pytest.mark.parametrize("before", [SAID, {"user-agent": "OpenAI/Python"}])
    def test_its_call_is_a_leg(self, before: dict[str, str]):
        told = tell(
            left("o", 0, headers=before, ids=IDS if before is SAID else None, **LOCAL),
            call("i", 600, ASK, answer=USE, headers=HTTPX, ids=IDS if before is SAID else None, **BEHIND),
        )
        assert told.only.calls == ("o",)
        assert (told.parts["i"].leg_of, told.tools) == ("o", {})
        assert [one.overhead_us for one in told.parts["o"].legs] == [None]
        assert tell(left("o", 0), call("i", 600, ASK, **PROXY)).only.calls == ("o",)

    def test_in_one_session_it_may_be_long_after(self):
        told = tell(
            left("o", 0, headers=SAID, **LOCAL),
            call("i", 19_000, ASK, headers=HTTPX, ids=IDS, system=BILLING, **BEHIND),
        )
        assert told.only.calls == ("o",)
        told = tell(left("o", 0, **LOCAL), call("i", 19_000, ASK, headers=HTTPX, **BEHIND))
        assert len(told.turns) == 2

    def test_its_attempts_are_legs_too_and_nothing_behind_the_one_that_held(self):
        told = tell(
            left("o", 0),
            call("i1", 300, ASK, outcome="error", **PROXY),
            call("i2", 500, ASK, **PROXY),
            call("b", 800, ASK, **PROXY | {"client": "10.0.0.7:5000"}),
        )
        assert [one.call for one in told.parts["o"].legs] == ["i1", "i2"]
        assert told.parts["b"].leg_of is None

    def test_each_attempt_of_the_client_has_its_own(self):
        told = tell(
            left("o1", 0),
            call("o2", 200, ASK, answer=says("Two."), took=2000),
            call("i1", 300, ASK, answer=says("One."), **PROXY),
            call("i2", 400, ASK, answer=says("Two."), **PROXY),
        )
        assert [told.parts[id].leg_of for id in ("i1", "i2")] == ["o1", "o2"]

    def test_a_client_that_asks_elsewhere_is_no_proxy(self):
        """It gives up a server and asks another one of the same machine: it is the same program."""
        for more in ({"headers": SAID}, {}):
            told = tell(left("a", 0, **more, **LOCAL), call("b", 200, ASK, **more, **BEHIND))
            assert told.parts["b"].leg_of is None

    def test_equal_prompts_of_other_agents(self):
        """Another session, another history, an answer that had begun, a call long after."""
        other = {**SAID, "x-claude-code-session-id": "other"}
        for one, two in (
            (left("a", 0, headers=SAID), call("b", 200, ASK, headers=other, **PROXY)),
            (left("a", 0), call("b", 200, system("no"), user("zero"), says("0"), ASK, **PROXY)),
            (call("a", 0, ASK, answer=says("Do"), outcome="aborted"), call("b", 200, ASK, **PROXY)),
            (call("a", 0, ASK, outcome="error"), call("b", 200, ASK, **PROXY)),
            (left("a", 0), call("b", 2_200, ASK, **PROXY)),
        ):
            assert tell(one, two).parts["b"].leg_of is None


def test_parallel_calls_through_a_proxy_have_a_leg_each():
    """All ask the same, and all but the tool ids of the answers is the same."""
    answers = [says("", uses(f"t{n}")) for n in range(3)]
    told = tell(
        *[call(f"o{n}", n, ASK, answer=answers[n], took=400 - 100 * n) for n in range(3)],
        *[call(f"i{n}", 30 - n, ASK, answer=answers[n], **PROXY | {"took": 300 - 100 * n}) for n in range(3)],
    )
    assert [turn.calls for turn in told.in_order] == [("o0",), ("o1",), ("o2",)]
    assert [told.parts[f"i{n}"].leg_of for n in range(3)] == ["o0", "o1", "o2"]


def test_parallel_calls_with_equal_answers_have_a_leg_each():
    told = tell(
        *[call(f"o{n}", n, ASK, answer=says("Yes.")) for n in range(3)],
        *[call(f"i{n}", 30 + n, ASK, answer=says("Yes."), **PROXY) for n in range(3)],
    )
    assert [len(told.parts[f"o{n}"].legs) for n in range(3)] == [1, 1, 1]


class TestNoLegs:
    def test_the_same_asked_at_once_of_one_server(self):
        told = tell(*[call(f"c{n}", n, ASK, took=400 - 50 * n, answer=says("Yes.")) for n in range(4)])
        assert len(told.turns) == 4

    def test_other_addresses_of_the_same_host(self):
        """A program that asks the same several times at once, of a host with several addresses."""
        one, two = says("", uses("t1")), says("", uses("t2"))
        told = tell(
            call("a", 0, ASK, answer=one, took=400),
            call("b", 20, ASK, answer=two, server="10.0.0.3:443"),
            call("d", 300, ASK, two, result("t2"), server="10.0.0.4:443"),
            call("c", 600, ASK, one, result("t1")),
        )
        assert [turn.calls for turn in told.in_order] == [("a", "c"), ("b", "d")]

    def test_two_providers_asked_the_same(self):
        """Each conversation is whole."""
        one, two = says("", uses("t1")), says("", uses("t2"))
        other: dict[str, Any] = {"server": "10.0.9.9:443", "host": "other.example"}
        told = tell(
            call("a", 0, ASK, answer=one, took=400),
            call("b", 20, ASK, answer=two, **other),
            call("d", 300, ASK, two, result("t2"), **other),
            call("c", 600, ASK, one, result("t1")),
        )
        assert [turn.calls for turn in told.in_order] == [("a", "c"), ("b", "d")]

    def test_two_servers_of_one_machine_asked_by_one_process(self):
        """On loopback all addresses are the same."""
        local: dict[str, Any] = {"client": "127.0.0.1:5000", "answer": says("Yes.")}
        calls = [
            call("a", 0, ASK, took=400, server="127.0.0.1:8000", host="127.0.0.1:8000", **local),
            call("b", 20, ASK, server="127.0.0.1:9000", host="127.0.0.1:9000", **local),
        ]
        assert len(tell(*calls).turns) == 1
        assert len(tell(*[replace(one, process=Process(7, "py", "/bin/py")) for one in calls]).turns) == 2

    def test_another_answer(self):
        told = tell(call("a", 0, ASK, answer=says("Yes.")), call("b", 20, ASK, answer=says("No."), **PROXY))
        assert len(told.turns) == 2

    def test_what_ends_after_the_other(self):
        told = tell(call("a", 0, ASK, answer=says("Yes.")), call("b", 80, ASK, answer=says("Yes."), **PROXY))
        assert len(told.turns) == 2


def test_legs_of_a_side_call_follow_it_into_its_session():
    """A side call without session goes to the turn whose prompt it quotes."""
    title = {"headers": {"user-agent": "opencode/1.18.33"}, "system": "You are a title generator.", "tools": ()}
    quote = user("Generate a title for this conversation:", "one")
    told = tell(
        call("s", 0, quote, **title),
        call("si", 10, quote, answer=says("Done s."), **title | PROXY),
        call("o", 40, ASK, headers={"user-agent": "opencode/1.18.33", "x-session-id": "sid"}),
    )
    assert told.parts["s"].auxiliary == told.parts["si"].auxiliary == "title"
    assert told.parts["s"].session == told.parts["si"].session
    assert seen(told.parts["s"]) == (leg("si"),)
    assert sum(session.calls for session in told.sessions.values()) == 2


def test_what_looked_like_a_leg_is_taken_back_with_its_tools():
    """Until its answer is whole, a call may be another's leg."""
    outer, inner = call("a", 0, ASK, took=400, answer=says("No.")), call("b", 20, ASK, answer=USE, **PROXY)
    teller, told = Teller(PROFILES), Told()
    for one in (begun(outer), inner):
        teller.put(one)
    told.take(teller.tell(T0 + 200_000))
    assert told.only.calls == ("a",)
    assert not told.tools
    teller.put(outer)
    told.take(teller.tell(T0 + 500_000, final=True))
    assert [turn.calls for turn in told.in_order] == [("a",), ("b",)]
    assert [tool.call for tool in told.tools.values()] == ["b"]
    assert seen(told.parts["a"]) == ()
    assert told == tell(outer, inner)


def test_legs_are_forgotten_with_their_calls():
    teller, told = Teller(PROFILES), Told()
    for one in loop():
        teller.put(one)
    told.take(teller.tell(T0 + 1_000_000))
    teller.tell(T0 + 2 * FORGET_US)
    assert not teller._nodes
    assert len(teller._placer.ledger.legs) == len(teller._placer.ledger.words) == 0
    teller.put(call("late", 50 * 3600 * 1000, user("again"), headers=SAID))
    told.take(teller.tell(T0 + 50 * 3600 * 1_000_000, final=True))
    assert told.sessions["sid"].calls == 3


def mixed() -> list[Call]:
    """Legs of every kind at once: parallel ones, attempts, side calls, two proxies."""
    inmost = PROXY | {"client": "10.0.0.3:5000", "server": "10.0.0.4:80", "host": "last", "took": 20}
    title = {"headers": {"user-agent": "opencode/1.18.33"}, "system": "You are a title generator.", "tools": ()}
    return [
        *loop(),
        *[call(f"p{n}", 1000 + n, user("same"), answer=says("", uses(f"p{n}")), took=400 - 90 * n) for n in range(3)],
        *[
            call(f"q{n}", 1030 - n, user("same"), answer=says("", uses(f"p{n}")), **PROXY | {"took": 300 - 90 * n})
            for n in range(3)
        ],
        *[
            call(f"r{n}", 1040 - n, user("same"), answer=says("", uses(f"p{n}")), **inmost | {"took": 250 - 90 * n})
            for n in range(3)
        ],
        call("a", 2000, user("try"), took=2000),
        call("a1", 2020, user("try"), outcome="error", **PROXY),
        call("a2", 3000, user("try"), answer=says("Done a."), **PROXY),
        call("s", 5000, user("Title:", "quoted"), **title),
        call("si", 5010, user("Title:", "quoted"), answer=says("Done s."), **title | PROXY),
        call("o", 5050, user("quoted"), headers={"user-agent": "opencode/1.18.33", "x-session-id": "z"}),
        left("l", 5500),
        call("l1", 5700, ASK, outcome="error", **PROXY),
        call("l2", 5900, ASK, answer=says("Done l."), **PROXY),
        call("x", 6000, user("else"), system("no"), answer=says("Yes.")),
        call("y", 6020, user("else"), system("no"), answer=says("No."), **PROXY),
    ]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_neither_order_nor_pauses_change_the_legs(data: st.DataObject):
    calls = mixed()
    expected = tell(*calls)
    steps = data.draw(st.permutations([(place, early) for place in range(len(calls)) for early in (True, False)]))
    pauses = data.draw(st.sets(st.integers(0, len(steps)), max_size=8))
    teller, told = Teller(PROFILES), Told()
    whole: set[int] = set()
    for at, (place, early) in enumerate(steps):
        if not early:
            whole.add(place)
        teller.put(calls[place] if place in whole else begun(calls[place]))
        if at in pauses:
            told.take(teller.tell(calls[place].t_request_end_us))
    told.take(teller.tell(max(one.t_end_us or 0 for one in calls), final=True))
    assert told == expected


def test_every_leg_of_the_mixture():
    told = tell(*mixed())
    counted = {id for id, part in told.parts.items() if part.leg_of is None}
    assert counted == {"o1", "o2", "p0", "p1", "p2", "a", "s", "o", "l", "x", "y"}
    legs = {id: [one.call for one in told.parts[id].legs] for id in counted if told.parts[id].legs}
    assert legs == {
        "o1": ["i1"],
        "o2": ["i2"],
        "p0": ["q0", "r0"],
        "p1": ["q1", "r1"],
        "p2": ["q2", "r2"],
        "a": ["a1", "a2"],
        "s": ["si"],
        "l": ["l1", "l2"],
    }


def test_behind_a_hole_a_call_may_have_ended_later_than_its_leg():
    """As through LiteLLM: the capture lacks the end of the client's answer, and has that of the leg."""
    outer, inner = call("o", 0, ASK, answer=USE, took=15, outcome="unknown"), call("i", 20, ASK, answer=USE, **PROXY)
    outer.lossy = True
    told = tell(outer, inner)
    assert told.parts["i"].leg_of == "o"
    whole = tell(call("o", 0, ASK, answer=USE, took=15), inner)
    assert whole.parts["i"].leg_of is None
