"""Tool calls of models and the calls to MCP servers that carry them out.

The captures are of a client and a server of the `mcp` package (2.3.0) over loopback, beside a model's API: streamable
HTTP answered by JSON and by server-sent events, and the older HTTP+SSE.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from heron_tui.model.call import Call, CallRequest, ToolCall

from .build import Told, call, result, says, tell, user, uses
from .reading import read
from .test_teller import at_once

AGENTS = Path(__file__).resolve().parents[1] / "captures" / "agents"


def runs(id: str, at: int, name: str, client: str = "10.0.0.1:6000", **arguments: object) -> Call:
    """A `tools/call` of an MCP server."""
    asked = CallRequest("mcp", "tools/call", None, False, tool=ToolCall("1", name, arguments))
    return replace(call(id, at, client=client, answer=says("ok")), request=asked)


def mcp_calls(told: Told) -> dict[str, str | None]:
    return {tool.id: tool.mcp_call for tool in told.tools.values()}


@pytest.mark.parametrize("form", ["json", "http", "sse"])
def test_captures_of_a_real_client(form: str, tmp_path: Path):
    calls = sorted(read(AGENTS / f"mcp-{form}.pcap.gz", tmp_path).calls, key=lambda one: one.t_request_us)
    mcp = [one for one in calls if one.request.wire_api == "mcp"]
    operations = ["initialize", "notifications/initialized", "tools/list", "tools/call", "tools/call", "tools/call"]
    assert [one.request.operation for one in mcp] == operations
    assert not any(one.is_chat for one in mcp)
    ran = {one.id: (one.request.tool.name, one.request.tool.arguments) for one in mcp if one.request.tool}
    told = at_once(calls)
    tied = [(tool.id, *ran[tool.mcp_call]) for tool in told.tools.values() if tool.mcp_call]
    assert sorted(tied) == [
        ("call_1", "forecast", {"city": "Oslo", "days": 2}),
        ("call_2", "forecast", {"city": "Rome", "days": 1}),
        ("call_3", "broken", {"why": "no data"}),
    ]
    assert told.only.main_calls == 3 and len(told.only.calls) == 3
    assert {told.parts[one.id].auxiliary for one in mcp} == {"mcp"}
    if form != "sse":
        texts = [one.response.text for one in mcp if one.request.tool]
        assert texts == ["Oslo: rain for 2 days", "Rome: rain for 1 days", "Error executing tool broken"]
        assert [one.outcome for one in mcp if one.request.tool] == ["ok", "ok", "error"]
        for tool in told.tools.values():
            one = next(one for one in mcp if one.id == tool.mcp_call)
            assert tool.t_start_us <= one.t_request_us < one.t_end_us <= tool.t_end_us


@pytest.mark.parametrize("name", ["get", "mcp__s__get", "s_get", "s.get", "s-get"])
def test_agents_put_the_server_before_the_name(name: str):
    use = says("", uses("t1", name, a=1, b=[2]))
    assert mcp_calls(tell(call("c", 0, user("x"), answer=use), runs("m", 200, "get", b=[2], a=1))) == {"t1": "m"}


@pytest.mark.parametrize(
    "ran",
    [
        runs("m", 200, "get", a=2),
        runs("m", 200, "et", a=1),
        runs("m", 200, "other", a=1),
        runs("m", -5, "get", a=1),
        runs("m", 500, "get", a=1),
    ],
    ids=["arguments", "part of a name", "name", "before it was asked for", "behind its result"],
)
def test_what_does_not_fit_is_not_tied(ran: Call):
    first, use = user("x"), says("", uses("t1", "mcp__s__get", a=1))
    told = tell(call("c", 0, first, answer=use), call("d", 400, first, use, result("t1")), ran)
    assert mcp_calls(told) == {"t1": None}


def test_equal_calls_are_tied_one_to_one():
    first = user("x")
    use = says("", uses("t1", "s__get", a=1), uses("t2", "s__get", a=1))
    told = tell(call("c", 0, first, answer=use), runs("m", 200, "get", a=1), runs("n", 210, "get", a=1))
    assert mcp_calls(told) == {"t1": "m", "t2": "n"}


def test_the_machine_decides_between_two_agents():
    use = says("", uses("t1", "s__get", a=1))
    other = says("", uses("t2", "s__get", a=1))
    told = tell(
        call("c", 0, user("x"), answer=use, client="10.0.0.1:5000"),
        call("d", 10, user("y"), answer=other, client="10.0.0.9:5000"),
        runs("m", 200, "get", client="10.0.0.1:6000", a=1),
    )
    assert mcp_calls(told) == {"t1": "m", "t2": None}
