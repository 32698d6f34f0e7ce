"""Tool calls and their results."""

import pytest

from heron_tui.model.call import ToolCall

from .build import T0, call, message, result, says, tell, user, uses

ASK = user("x")


def test_a_tool_lasts_from_the_answer_to_the_request_with_its_result():
    use = says("", uses("t1", "Read", path="/a"))
    tool = tell(
        call("a", 0, ASK, answer=use),
        call("b", 350, ASK, use, result("t1", size=7, error=True)),
    ).tools["t1"]
    assert (tool.name, tool.call, tool.result_call, tool.arguments) == ("Read", "a", "b", {"path": "/a"})
    assert (tool.t_start_us, tool.t_end_us, tool.duration_us) == (T0 + 100_000, T0 + 350_000, 250_000)
    assert (tool.error, tool.result_bytes) == (True, 7)


def test_a_tool_without_result_has_no_end():
    tool = tell(call("a", 0, ASK, answer=says("", uses("t1")))).tools["t1"]
    assert (tool.t_end_us, tool.duration_us, tool.result_call, tool.error) == (None, None, None, None)


@pytest.mark.parametrize(
    ("asked", "sent"), [("call_12ab", "call12ab"), ("toolu_9", "toolu9"), ("call_7", "toolu_7"), ("fc-x", "fcx")]
)
def test_ids_that_proxies_rewrite(asked: str, sent: str):
    told = tell(
        call("a", 0, ASK, answer=says("", uses(asked))),
        call("b", 300, ASK, says("", uses(sent)), result(sent)),
    )
    assert told.tools[asked].result_call == "b"
    assert told.only.calls == ("a", "b")


def test_results_in_another_order_and_in_a_later_request():
    use, more = says("", uses("t1"), uses("t2")), says("", uses("t3"))
    told = tell(
        call("a", 0, ASK, answer=use),
        call("b", 300, ASK, use, result("t2"), answer=more),
        call("c", 600, ASK, use, result("t2"), more, result("t3"), result("t1")),
    )
    assert {id: tool.result_call for id, tool in told.tools.items()} == {"t1": "c", "t2": "b", "t3": "c"}


def test_where_there_are_no_ids_name_and_order_decide():
    use = says("", uses("", "run", n=1), uses("", "read"), uses("", "run", n=2))
    again = says("", uses("", "run", n=3))
    both = message(
        "user",
        results=tuple(
            r
            for name, size in (("run", 1), ("run", 2), ("read", 3))
            for r in result("", name=name, size=size).tool_results
        ),
    )
    told = tell(
        call("a", 0, ASK, answer=use),
        call("b", 300, ASK, use, both, answer=again),
        call("c", 600, ASK, use, both, again, result("", name="run", size=4)),
    )
    sizes = {(tool.call, tool.name, tool.arguments.get("n")): tool.result_bytes for tool in told.tools.values()}
    assert sizes == {("a", "run", 1): 1, ("a", "read", None): 3, ("a", "run", 2): 2, ("b", "run", 3): 4}


def test_a_client_that_drops_the_ids_it_was_given():
    use = says("", uses("id-1", "run"))
    told = tell(call("a", 0, ASK, answer=use), call("b", 300, ASK, use, result("", name="run")))
    assert told.tools["id-1"].result_call == "b"


def test_ids_used_again_belong_to_the_latest_call():
    one, two = says("", uses("call_0", n=1)), says("", uses("call_0", n=2))
    told = tell(
        call("a", 0, ASK, answer=one),
        call("b", 300, ASK, one, result("call_0", size=1), answer=two),
        call("c", 600, ASK, one, result("call_0", size=1), two, result("call_0", size=2)),
    )
    assert {tool.arguments["n"]: (tool.result_call, tool.result_bytes) for tool in told.tools.values()} == {
        1: ("b", 1),
        2: ("c", 2),
    }
    assert told.only.tools == 2


@pytest.mark.parametrize(
    ("tool", "server"),
    [
        (uses("t", "mcp__github__list_issues"), "github"),
        (uses("t", "mcp__plugin_a_b__go"), "plugin_a_b"),
        (uses("t", "Bash"), None),
        (ToolCall("t", "list", {}, "", "mcp__codex_tui"), "codex_tui"),
        (ToolCall("t", "spawn_agent", {}, "", "multi_agent_v1"), None),
    ],
)
def test_mcp_servers(tool: ToolCall, server: str | None):
    assert tell(call("a", 0, ASK, answer=says("", tool))).tools["t"].mcp_server == server


def test_a_result_sent_while_the_answer_still_comes_took_no_time():
    use = says("", uses("t1"))
    told = tell(call("a", 0, ASK, answer=use, took=500), call("b", 300, ASK, use, result("t1")))
    assert told.tools["t1"].duration_us == 0
    assert told.only.tool_us == 0


def test_an_answer_with_the_same_id_again_and_again():
    told = tell(call("a", 0, user("x"), answer=says("", *[uses("t1", "f", n=n) for n in range(5)])))
    assert len({tool.id for tool in told.tools.values()}) == 5
    assert "t1" in {tool.id for tool in told.tools.values()}
