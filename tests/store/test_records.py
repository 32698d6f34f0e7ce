"""Records have exactly the names of the contract, cut in lists and whole otherwise."""

import math
from collections.abc import Callable

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.model.call import CallResponse
from heron_tui.model.finding import Finding
from heron_tui.model.flow import Process
from heron_tui.model.turn import Leg, Story
from heron_tui.store.reader import Reader
from heron_tui.store.where import Where
from heron_tui.store.writer import Writer
from tests.store import made

Read = Callable[[], Reader]

CONTRACT = {
    "call": """id n source flow http_stream turn session agent subagent auxiliary wire_api operation provider transport
        tls method host path client server process request_model response_model streaming status outcome error_type
        finish attempt retry_of t_request_us t_request_end_us t_response_us t_first_token_us t_end_us ttft_us e2e_us
        tpot_us input_tokens output_tokens cache_read_tokens cache_write_tokens reasoning_tokens tokens_estimated usage
        response_id messages tools_offered tool_calls tool_results text thinking request_encoding response_encoding legs
        evidence""",
    "turn": """id n session agent status t_start_us t_end_us prompt answer finish calls main_calls subagents tools
        models input_tokens output_tokens cache_read_tokens model_us tool_us idle_us findings""",
    "session": "id agent t_start_us t_end_us turns calls cwd input_tokens output_tokens cache_read_tokens",
    "tool": """id name call result_call turn subagent arguments error t_start_us t_end_us duration_us result_bytes
        mcp_server""",
    "flow": """id client server process tls protocol t_start_us t_end_us packets bytes_client bytes_server exchanges
        calls gaps lost_bytes""",
    "exchange": "id flow http_stream method host path status request_headers response_headers call",
    "finding": "code severity t_us scope ref text",
}


def fill(writer: Writer) -> None:
    writer.put_source(made.source())
    writer.put_flows([made.flow(0, process=Process(7, "claude", "/bin/claude"))])
    writer.put_exchange(made.request(), made.response(), made.end(body=b"{}"), [], [], "c1")
    writer.put_calls([made.call()])
    agent = made.subagent("a1", ["c9"])
    writer.put_story(
        Story(
            parts=[made.part("c1")],
            turns=[made.turn(subagents=(agent,))],
            sessions=[made.session()],
            tools=[made.tool(arguments={"command": "c" * 500})],
        )
    )
    writer.put_findings([Finding("call.error", "error", made.T0, "call", "c1", "it failed", 3)])
    writer.commit()


@pytest.mark.parametrize("kind", CONTRACT)
def test_has_all_fields_of_the_contract_in_their_order(writer: Writer, read: Read, kind: str) -> None:
    fill(writer)
    (record,) = read().rows(kind, 0, 10)
    names = CONTRACT[kind].split()
    assert [name for name in record if name in names] == names


def test_tells_a_call_as_the_wire_showed_it(writer: Writer, read: Read) -> None:
    fill(writer)
    record = read().get("call", "c1")
    assert record is not None
    expected = {
        "n": 1,
        "turn": "u1",
        "session": "z1",
        "agent": "claude-code",
        "attempt": 1,
        "retry_of": None,
        "streaming": True,
        "tokens_estimated": False,
        "process": None,
        "ttft_us": 200_000,
        "e2e_us": 900_000,
        "tpot_us": 100_000,
        "usage": {"input_tokens": 3},
        "tools_offered": ["Bash"],
        "tool_results": [{"id": "t0", "error": False}],
        "tool_calls": [{"id": "t1", "name": "Bash", "arguments": {"command": "c" * 500}, "namespace": None}],
        "text": "t" * 500,
        "messages": 1,
        "evidence": {"request": [1, 2], "response": [3, 9]},
    }
    assert {name: record[name] for name in expected} == expected


def test_tells_a_call_s_legs_and_measures_it_once(writer: Writer, read: Read) -> None:
    fill(writer)
    writer.put_calls([made.call("c2", "x2")])
    legs = (Leg("c2", "f2", "10.0.0.2:5000", "10.0.0.3:80", model="m", overhead_us=7),)
    writer.put_story(Story(parts=[made.part("c1", legs=legs), made.part("c2", None, leg_of="c1")]))
    writer.commit()
    outer, inner = sorted(read().rows("call", 0, 10), key=lambda call: call["id"])
    upstream = {"call": "c2", "flow": "f2", "client": "10.0.0.2:5000", "server": "10.0.0.3:80", "role": "upstream"}
    upstream |= {"model": "m", "overhead_us": 7, "of": None}
    assert (outer["legs"], outer["leg_of"]) == ([upstream], None)
    assert (inner["legs"], inner["leg_of"], inner["turn"]) == ([], "c1", None)
    measures = read().metrics()
    assert measures is not None
    assert measures.started == 1


def test_cuts_long_texts_in_lists(writer: Writer, read: Read) -> None:
    fill(writer)
    reader = read()
    (record,) = reader.rows("call", 0, 1)
    assert record["text"] == "t" * 200 + "…"
    assert record["tool_calls"][0]["arguments"]["command"] == "c" * 200 + "…"
    assert record["thinking"] == "why"
    assert reader.rows("tool", 0, 1)[0]["arguments"]["command"] == "c" * 200 + "…"
    assert reader.rows("turn", 0, 1)[0]["prompt"] == "p" * 200 + "…"
    (whole,) = reader.rows("turn", 0, 1, full=True)
    assert whole["prompt"] == "p" * 300
    assert whole["subagents"] == [{"id": "a1", "name": "name of a1", "calls": ["c9"], "parent_tool": None}]


def test_counts_what_flows_carried_and_finds_what_is_wrong_in_turns(writer: Writer, read: Read) -> None:
    fill(writer)
    (flow,) = read().rows("flow", 0, 1)
    assert (flow["exchanges"], flow["calls"]) == (1, 1)
    assert flow["process"] == {"pid": 7, "comm": "claude", "exe": "/bin/claude"}
    assert read().rows("turn", 0, 1)[0]["findings"] == ["call.error"]


def test_an_answer_that_is_no_stream_has_its_head_for_a_first_token(writer: Writer, read: Read) -> None:
    said = CallResponse(model="m", ended=True, text="yes")
    writer.put_calls([made.call(response=said), made.call("c2", response=said, outcome="error", status=429)])
    writer.commit()
    whole, refused = read().rows("call", 0, 2)
    assert (whole["ttft_us"], whole["t_first_token_us"], whole["tpot_us"]) == (100_000, None, None)
    assert refused["ttft_us"] is None


def test_numbers_calls_and_turns_by_time_whatever_the_order_they_came_in(writer: Writer, read: Read) -> None:
    for seconds in ((5, 3), (9,), (1, 7)):
        calls = [made.call(f"c{second}", f"x{second}", made.T0 + second * 10**6) for second in seconds]
        turns = [made.turn(f"u{second}", made.T0 + second * 10**6) for second in seconds]
        writer.put_calls(calls)
        writer.put_story(Story(turns=turns))
        writer.commit()
    reader = read()
    for kind in ("call", "turn"):
        rows = reader.rows(kind, 0, 10)
        assert [(row["id"][1:], row["n"]) for row in rows] == [("1", 1), ("3", 2), ("5", 3), ("7", 4), ("9", 5)]
        assert reader.rows(kind, 0, 10, where=Where(f"{kind}.n > ?", (3,)))[0]["n"] == 4
    writer.put_story(Story(gone_turns=["u3"], turns=[made.turn("u9", made.T0)]))
    writer.commit()
    assert [(row["id"], row["n"]) for row in reader.rows("turn", 0, 10)] == [
        ("u9", 1),
        ("u1", 2),
        ("u5", 3),
        ("u7", 4),
    ]


def test_a_call_put_again_keeps_what_it_was_part_of(writer: Writer, read: Read) -> None:
    fill(writer)
    writer.put_calls([made.call(outcome="truncated")])
    writer.commit()
    (record,) = read().rows("call", 0, 5)
    assert (record["outcome"], record["turn"], record["n"]) == ("truncated", "u1", 1)


def test_orders_by_any_plain_field_with_unknown_values_last(writer: Writer, read: Read) -> None:
    statuses = {"c1": 500, "c2": None, "c3": 200}
    writer.put_calls([made.call(id, f"x{id}", made.T0 + n, status=s) for n, (id, s) in enumerate(statuses.items())])
    writer.commit()
    reader = read()
    assert [row["id"] for row in reader.rows("call", 0, 9, order="status")] == ["c3", "c1", "c2"]
    assert [row["id"] for row in reader.rows("call", 0, 9, order="-status")] == ["c1", "c3", "c2"]
    assert [row["id"] for row in reader.rows("call", 0, 9, order="-t_request_us")] == ["c3", "c2", "c1"]
    assert reader.position("call", "c2", order="status") == 2
    assert reader.position("call", "c3", order="-t_request_us") == 0
    assert reader.position("call", "none") is None
    with pytest.raises(UsageError, match="cannot be ordered by 'usage'"):
        reader.rows("call", 0, 9, order="usage")


def test_a_turned_flow_is_told_the_right_way_round(writer: Writer, read: Read) -> None:
    writer.put_source(made.source())
    writer.put_flows([made.flow(0, turned=True, bytes_client=5, bytes_server=9)])
    writer.put_packets(*made.packets(2))
    writer.commit()
    (flow,) = read().rows("flow", 0, 1)
    assert (flow["client"], flow["bytes_client"]) == ("10.9.0.1:80", 9)
    assert [row.side for row in read().packets(0, 2)] == [1, 0]


def test_holds_texts_and_numbers_that_no_file_should_have_to_hold(writer: Writer, read: Read) -> None:
    said = CallResponse(text="half \ud83d", usage={"n": 1 << 90, "s": "\udc00"}, finish="\udcff")
    writer.put_calls([made.call(response=said, status=1 << 70)])
    writer.commit()
    record = read().get("call", "c1")
    assert record is not None
    assert (record["text"], record["usage"]["s"], record["finish"]) == ("half ?", "?", "?")
    assert record["status"] == record["usage"]["n"] == (1 << 63) - 1
    assert math.isclose(record["tpot_us"] or 0, 0)
